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
from storage.verify.object_rows import ObjectRows

_KEY: Final = re.compile(
    r"generations/(?P<name>[^/]+)/(?:(?P<marker>started|generation)\.json|(?P<lists>shares-\d+\.jsonl)"
    r"|outlet=[^/]+/[^/]+(?P<share>\.share\.json|\.jsonl\.gz)|(?P<plan>plans/[^/]+/outlet=[^/]+/[^/]+\.jsonl\.gz))"
)


def look(object_rows: ObjectRows, data: bytes) -> None:
    """Note what an object of a generation says. A generation counts as a run of the name `generation <name>`."""
    key = _KEY.fullmatch(object_rows.key)
    if key is None:
        object_rows.add_finding("does not belong in a generation")
        return
    run = f"generation {key['name']}"
    if key["marker"]:
        said = json.loads(data)
        _MARKERS[key["marker"]](object_rows, said, run)
        object_rows.compare_form(said, data)
        return
    if key["plan"]:  # of a plan that came second nothing is promised, but it can be read
        for planned in lines_of(object_rows.key, data):
            object_rows.add("used", planned["article"])
        return
    object_rows.run = run
    if key["lists"]:
        for line in data.splitlines():
            object_rows.add_file(json.loads(line))
    elif key["share"] == ".share.json":
        _share(object_rows, json.loads(data))
    else:
        for number, kept in enumerate(lines_of(object_rows.key, data), 1):
            for problem in schema.problems(kept):
                object_rows.add_finding(f"line {number}: {problem}")
            object_rows.add_pointer(kept["capture"])


def _started(object_rows: ObjectRows, started: Json, run: str) -> None:
    if f"generation {started['name']}" != run:
        object_rows.add_finding(f"speaks of generation {started['name']}")
    object_rows.add("run", run, "started", None, None, None)
    for outlet, shares in started["plan"].items():
        for n in range(1, shares + 1):
            object_rows.add("used", keys.generation_share(started["name"], outlet, n, ".jsonl.gz", started["run_id"]))


def _ended(object_rows: ObjectRows, manifest: Json, run: str) -> None:
    if f"generation {manifest['name']}" != run:
        object_rows.add_finding(f"speaks of generation {manifest['name']}")
    if manifest["digest"] != manifest_digest(manifest):
        object_rows.add_finding("its digest is of something else")
    _add_up(object_rows, manifest, manifest["records"])
    object_rows.add("run", run, "manifest", None, manifest["finished_at"], None)
    for listed in (manifest["started"], *manifest["share_lists"]):
        object_rows.add_file(listed)


def _share(object_rows: ObjectRows, share: Json) -> None:
    part = share["part"]
    if part:
        object_rows.add_file(part)
    _add_up(
        object_rows, share | {"originals": len(share["originals"]), "lost": len(share["lost"])}, part["records"] if part else 0
    )
    for key in (*share["originals"], *(each["article"] for each in share["lost"])):
        object_rows.add("used", key)


def _add_up(object_rows: ObjectRows, counts: Json, records: int) -> None:
    if counts["articles"] != records + counts["originals"] + counts["lost"]:
        object_rows.add_finding(f"its records, originals and lost do not add up to {counts['articles']} articles")


_MARKERS: Final = {"started": _started, "generation": _ended}
