"""The manifests of runs, the newest first, without listing all runs that ever were."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from storage import keys
from storage.errors import BadKey
from storage.record import Json
from storage.stores.json_objects import find_json
from storage.stores.store import Store

_MANIFEST: Final = re.compile(r"runs/(?P<day>\d{4}/\d\d/\d\d)/(?P<id>[0-9a-f-]{36})\.json")
_SPANS: Final = (1, 7, 31, 366)
"""Days that are listed, until there are enough runs in them; then all."""


def newest_runs(store: Store, limit: int, before: str | None = None) -> list[Json]:
    """The manifests of the last runs, the newest first. before: only runs that began before the one of this id."""
    end = keys.run_started(before) if before else None
    last = (end or datetime.now(UTC) + timedelta(days=2)).date()
    found: list[str] = []
    for days in (*_SPANS, None):
        found = _manifest_keys(store, last, days, before)
        if len(found) >= limit:
            break
    manifests = (find_json(store, key) for key in reversed(found[-limit:]))
    return [manifest for manifest in manifests if manifest is not None]


def find_run(store: Store, run_id: str) -> Json | None:
    """The manifest of a run, None if there is none (it may not have ended). BadKey: this is no run's id."""
    started = keys.run_started(run_id)
    if started is None or not re.fullmatch(r"[0-9a-f-]{36}", run_id):
        raise BadKey(f"{run_id!r} is no run's id")
    return find_json(store, keys.run(run_id, started))


def _manifest_keys(store: Store, last: date, days: int | None, before: str | None) -> list[str]:
    first = "" if days is None else f"runs/{last - timedelta(days=days):%Y/%m/%d}/"
    found: list[str] = []
    for stored in store.listing("runs/", start_after=first):
        name = _MANIFEST.fullmatch(stored.key)
        if name is None:
            continue
        if name["day"] > f"{last:%Y/%m/%d}":
            break
        if before is None or name["id"] < before:
            found.append(stored.key)
    return found
