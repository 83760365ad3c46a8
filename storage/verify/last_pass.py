"""What the last passes found, left in state/ for `status`: a convenience, which may be lost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from storage import keys
from storage.record import Json, rfc3339, to_bytes
from storage.stores.store import Store

if TYPE_CHECKING:
    from storage.verify.findings import VerifyReport

LAST: Final = keys.state("verify", "last.json")


def note_pass(store: Store, report: VerifyReport, *, share: float | None = None, day: date | None = None) -> None:
    """Remember this pass as the last full one, or, with its share and day, as the last sample. ArchiveError if it cannot be."""
    outcome: Json = {
        "finished_at": rfc3339(datetime.now(UTC).replace(microsecond=0)),
        "objects": report.objects,
        "bytes": report.bytes,
        "damage": report.damage,
        "pending": report.pending,
    }
    if share is None:
        outcome["unfinished"] = len(report.unfinished)
    else:
        outcome |= {"share": share, "day": str(day)}
    store.replace(LAST, to_bytes(last_passes(store) | {"full" if share is None else "sample": outcome}))


def last_passes(store: Store) -> Json:
    """`full` and `sample`: finished_at, objects, bytes, damage, pending (and share, day). None where there was none."""
    try:
        passes = json.loads(store.get(LAST) or b"{}")
    except ValueError:
        passes = {}
    found = passes if isinstance(passes, dict) else {}
    return {name: value if _readable(value := found.get(name)) else None for name in ("full", "sample")}


def _readable(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), int) for name in ("objects", "bytes", "damage", "pending"))
