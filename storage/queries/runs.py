"""The manifests of runs, the newest first, without listing all runs that ever were."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from storage import keys
from storage.errors import BadKey
from storage.record import Json
from storage.stores.json_objects import find_json
from storage.stores.run_listing import list_runs
from storage.stores.store import Store

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
    manifests = (_manifest(store, key) for key in reversed(found[-limit:]))
    return [manifest for manifest in manifests if manifest is not None]


def find_run(store: Store, run_id: str) -> Json | None:
    """The manifest of a run, None if there is none (it may not have ended). BadKey: this is no run's id."""
    started = keys.run_started(run_id)
    if started is None or not re.fullmatch(r"[0-9a-f-]{36}", run_id):
        raise BadKey(f"{run_id!r} is no run's id")
    return _manifest(store, keys.run(run_id, started))


def _manifest(store: Store, key: str) -> Json | None:
    """The manifest under a key; None if there is none that can be read, or it is of another run: `verify` names it."""
    found = find_json(store, key) or {}
    counts = all(isinstance(found.get(name), dict) for name in ("fates", "outlets"))
    named = all(isinstance(found.get(name), str) for name in ("run_id", "started_at", "finished_at"))
    whole = counts and named and isinstance(found.get("discovered"), int)
    return found if whole and key.endswith(f"/{found['run_id']}.json") else None


def _manifest_keys(store: Store, last: date, days: int | None, before: str | None) -> list[str]:
    found: list[str] = []
    for each in list_runs(store, None if days is None else last - timedelta(days=days)):
        if each.day > last.isoformat():
            break
        if each.kind == "json" and (before is None or each.run < before):
            found.append(each.key)
    return found
