"""The marker that says that a run has begun: `runs/yyyy/mm/dd/<run>.started.json`, its first object."""

from __future__ import annotations

from datetime import datetime

from storage import keys, liveness
from storage.record import rfc3339, to_bytes
from storage.run.manifest import RecordingStore
from storage.run.schemas import publish_schemas


def mark_start(
    store: RecordingStore, run_id: str, started_at: datetime, versions: dict[str, str], *, in_flight: bool, upgrades: bool
) -> None:
    """Write the marker, before any other object: the next run completes this one if it never finishes.

    in_flight: whether it names what it is about to write (`InFlight.keeps`). upgrades: the schemas in the archive do not describe
    what it writes; the new ones are written first.
    """
    key = keys.run(run_id, started_at, ".started.json")
    marker = to_bytes(
        {
            "run_id": run_id,
            "started_at": rfc3339(started_at),
            "versions": versions,
            "in_flight": in_flight,
            **liveness.myself(),
        }
    )
    if upgrades:
        publish_schemas(store.beneath)
    store.beneath.create(key, marker)
    store.note(key, marker)
