"""What `runs/` holds of each run, and the files that a manifest lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, NamedTuple

from storage import keys
from storage.record import Json
from storage.stores.store import Store

_KEY: Final = re.compile(r"runs/(?P<day>\d{4}/\d\d/\d\d)/(?P<run>[^/.]+)\.(?P<kind>json|recovered\.json|started\.json)")


class RunObject(NamedTuple):
    """day: YYYY-MM-DD, in its key. kind: `json` (the manifest), `recovered.json` or `started.json`, which sort in this order.

    modified: seconds since 1970 by the clock of the place.
    """

    key: str
    run: str
    day: str
    kind: str
    modified: float


def list_runs(store: Store, since: date | None) -> Iterator[RunObject]:
    """Manifests, notes of recovery and start markers, by day and run. since: of runs that began then or later (UTC)."""
    for found in store.listing("runs/", start_after=f"runs/{since:%Y/%m/%d}/" if since else ""):
        if (name := _KEY.fullmatch(found.key)) and keys.run_started(name["run"]) is not None:
            yield RunObject(found.key, name["run"], name["day"].replace("/", "-"), name["kind"], found.modified)


def listed_keys(manifest: Json, read: Callable[[str], bytes]) -> Iterator[str]:
    """The keys of the objects that a manifest lists, by itself or in parts. read: gives the bytes of a part."""
    yield from (file["key"] for file in manifest.get("files", ()))
    for part in manifest.get("file_parts", ()):
        yield from (json.loads(line)["key"] for line in read(part["key"]).splitlines())
