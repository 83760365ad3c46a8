"""The generations of re-read records: layout in `storage.generations`. Looks at nothing but the object."""

from __future__ import annotations

import json
import re
from typing import Final

from storage import keys
from storage.generations import lines_of
from storage.record import Json
from storage.run.manifest import manifest_digest
from storage.verify import schema
from storage.verify.notes import Noted

_KEY: Final = re.compile(
    r"generations/(?P<name>[^/]+)/(?:(?P<marker>started|generation)\.json|(?P<lists>shares-\d+\.jsonl)"
    r"|outlet=[^/]+/[^/]+(?P<share>\.share\.json|\.jsonl\.gz)|(?P<plan>plans/[^/]+/outlet=[^/]+/[^/]+\.jsonl\.gz))"
)


def look(noted: Noted, data: bytes) -> None:
    """Note what an object of a generation says. A generation counts as a run of the name `generation <name>`."""
    key = _KEY.fullmatch(noted.key)
    if key is None:
        noted.find("does not belong in a generation")
        return
    run = f"generation {key['name']}"
    if key["marker"]:
        _MARKERS[key["marker"]](noted, json.loads(data), run)
        return
    if key["plan"]:  # of a plan that came second nothing is promised, but it can be read
        for planned in lines_of(noted.key, data):
            noted.note("used", planned["article"])
        return
    noted.run = run
    if key["lists"]:
        for line in data.splitlines():
            _listed(noted, json.loads(line))
    elif key["share"] == ".share.json":
        _share(noted, json.loads(data))
    else:
        for number, kept in enumerate(lines_of(noted.key, data), 1):
            for problem in schema.problems(kept):
                noted.find(f"line {number}: {problem}")
            noted.point(kept["capture"])


def _started(noted: Noted, started: Json, run: str) -> None:
    if f"generation {started['name']}" != run:
        noted.find(f"speaks of generation {started['name']}")
    noted.note("run", run, "started", None, None, None)
    for outlet, shares in started["plan"].items():
        for n in range(1, shares + 1):
            noted.note("used", keys.generation_share(started["name"], outlet, n, ".jsonl.gz", started["run_id"]))


def _ended(noted: Noted, manifest: Json, run: str) -> None:
    if f"generation {manifest['name']}" != run:
        noted.find(f"speaks of generation {manifest['name']}")
    if manifest["digest"] != manifest_digest(manifest):
        noted.find("its digest is of something else")
    _add_up(noted, manifest, manifest["records"])
    noted.note("run", run, "manifest", None, manifest["finished_at"], None)
    for listed in (manifest["started"], *manifest["share_lists"]):
        _listed(noted, listed)


def _share(noted: Noted, share: Json) -> None:
    part = share["part"]
    if part:
        _listed(noted, part)
    _add_up(noted, share | {"originals": len(share["originals"]), "lost": len(share["lost"])}, part["records"] if part else 0)
    for key in (*share["originals"], *(each["article"] for each in share["lost"])):
        noted.note("used", key)


def _add_up(noted: Noted, counts: Json, records: int) -> None:
    if counts["articles"] != records + counts["originals"] + counts["lost"]:
        noted.find(f"its records, originals and lost do not add up to {counts['articles']} articles")


def _listed(noted: Noted, file: Json) -> None:
    noted.note("file", file["key"], bytes.fromhex(file["sha256"]), file["bytes"])


_MARKERS: Final = {"started": _started, "generation": _ended}
