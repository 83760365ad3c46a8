"""What one run tells the next of the runs: `state/runs/recovery.json`, {since, swept, applied: {since, runs}, writers}.

since: no run that began on an earlier day has to be looked after. swept: when a run was completed that may yet live, by its id.
applied: of which runs the rows in `state/` have the ledger entries (`storage.run.applied_runs`). writers: by outlet, the run that
replaced its rows last. Read when a run begins and written when it leaves rows, so that the poll of one article pays a request for
each. An earlier Warraq had `applied` in a file of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from storage import keys
from storage.record import to_bytes
from storage.stores.json_objects import find_json
from storage.stores.store import Store

NOTE: Final = keys.state("runs", "recovery.json")
APPLIED_BEFORE: Final = keys.state("runs", "applied.json")
FIRST_YEAR: Final = 1990
_BROKEN: Final = (ValueError, TypeError, KeyError, AttributeError)


class RunsNote:
    """The note of one run; empty until it is read. applied: None where nobody knows. What no run can have written is as if it
    were lost.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.since: date | None = None
        self.swept: dict[str, str] = {}
        self.applied_since = ""
        self.applied: set[str] | None = None
        self.writers: dict[str, str] = {}

    def read(self, now: datetime) -> None:
        """Take it as it stands. One GET; ArchiveError."""
        found = find_json(self._store, NOTE)
        note = found or {}
        self.since, self.swept = _recovery(note, now)
        self.writers = _writers(note)
        # Without the note, what an older Warraq left beside it may be as old as that.
        applied = find_json(self._store, APPLIED_BEFORE) if found and "applied" not in found else note.get("applied")
        self.applied_since, self.applied = _applied(applied)

    def write(self) -> None:
        """Replace it. One PUT; ArchiveError."""
        applied = None if self.applied is None else {"since": self.applied_since, "runs": sorted(self.applied)}
        since = self.since.isoformat() if self.since else None
        note = {"since": since, "swept": self.swept, "applied": applied, "writers": self.writers}
        self._store.replace(NOTE, to_bytes(note))


def _recovery(note: dict[str, Any], now: datetime) -> tuple[date | None, dict[str, str]]:
    try:
        since = date.fromisoformat(note["since"])
        possible = FIRST_YEAR <= since.year <= now.year + 1
        return since if possible else None, {str(run): str(at) for run, at in note["swept"].items()}
    except _BROKEN:
        return None, {}


def _applied(note: Any) -> tuple[str, set[str] | None]:
    try:
        return date.fromisoformat(note["since"]).isoformat(), {str(run) for run in note["runs"]}
    except _BROKEN:
        return "", None


def _writers(note: dict[str, Any]) -> dict[str, str]:
    try:
        return {str(outlet): str(run) for outlet, run in note["writers"].items()}
    except _BROKEN:
        return {}
