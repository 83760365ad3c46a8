"""Following the change log: everything announced, once from each cursor, nothing missed however writers behave.

A cursor (`storage.queries.feed_position`) says what was read. What appears later, under whatever key, has a later time at the
place (the bucket's or the file system's clock, one for all writers) or is found among the segments of the last MARGIN.

Cost: a listing of the last three days (a request per 1,000 segments), a second one when there is something new, a GET for each
new segment. Where segments of more than a week have one time (an archive that was copied or restored), runs/ is listed once, and
the days before the last week whose runs have ended are closed: nothing is written there any more. An archive that is followed
while it is being copied must be copied in the order of its keys, as the tools for S3 do, or runs/ last.
A cursor that was made on a copy of later times is put back to the time that its last segment has here: none is missed, some
events may come twice.
A writer whose clock is wrong by more than two days and who was never heard of could be overlooked: S3 refuses writers whose
clock is off by a quarter of an hour.

Order: by the time of the place. Two events of one address are in the order of their ledger numbers, also when two runs
wrote them: a second listing finds what came before anything the first one saw.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final

from storage import keys
from storage.queries.event_order import ChangeSegment, Group, groups, in_order
from storage.queries.feed_position import MARGIN, Position, ReadSketch, earlier
from storage.record import Json
from storage.stores.run_listing import list_runs
from storage.stores.store import Store
from storage.temporary import temporary_database

_TABLES: Final = """
CREATE TABLE segment (key TEXT PRIMARY KEY, modified REAL, run TEXT, n INTEGER, day TEXT, read INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE ended (run TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_UNREAD: Final = "SELECT key, modified, day FROM segment WHERE NOT read ORDER BY modified, key"
_IN_ORDER: Final = "SELECT key, modified, day FROM segment ORDER BY modified, key"
_OPEN_DAYS: Final = timedelta(days=7)
"""Days of keys that stay open while segments of theirs are in the window, whether their runs have ended or not."""


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the log. position: of a reader that has read it."""

    event: Json
    position: Position

    @property
    def cursor(self) -> str:
        """An opaque text: `Archive.changes(after=…)` gives what follows this event. Made when it is asked for (50 µs)."""
        return self.position.cursor()


def follow(store: Store, after: str | None = None, since: date | None = None) -> Iterator[Change]:
    """Every event that the reader with this cursor has not seen and that was announced by now. Damaged: no cursor, no event.

    since: without a cursor, begin with what was written on this day (UTC, by the writers' clocks) instead of the first.
    """
    position = Position.parse(after) if after else Position(first_day=since)
    with closing(temporary_database(_TABLES)) as database:
        survey = _Survey(store, database, position)
        survey.list_segments()
        latest = survey.latest_unread()
        if latest is None:
            return
        survey.list_endings(latest)
        survey.list_segments(until=latest)  # finds what was written before anything that the first listing saw
        yield from _Reading(store, database, survey.position).changes()


def latest(store: Store) -> str:
    """The cursor of a reader that has read everything announced by now; reads none of it. Two listings of the log."""
    position = Position()
    with closing(temporary_database(_TABLES)) as database:
        survey = _Survey(store, database, position)
        survey.list_segments()
        if (last := survey.latest_unread()) is not None:
            survey.list_endings(last)
            survey.list_segments(until=last)
        return _Reading(store, database, position).skipped().cursor()


class _Survey:
    """Finds out which segments there are, and which of them were not read."""

    def __init__(self, store: Store, database: sqlite3.Connection, position: Position) -> None:
        self._store, self._database, self.position = store, database, position
        self._dated: float | None = None
        """The time here of the last segment that was read, where it is earlier than at the place of the cursor."""

    def list_segments(self, until: float = float("inf")) -> None:
        """List the log from the position's first day on; of what is not noted yet, note what is dated up to `until`."""
        self._note(until)
        if self._dated is not None:  # a copy of the place of the cursor, with other times
            self.position = replace(self.position, at=(self._dated, self.position.at[1]))
            self._dated = None
            self._note(until)
        self._tell_read_from_unread()

    def _note(self, until: float) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT OR IGNORE INTO segment (key, modified, run, n, day) VALUES (?, ?, ?, ?, ?)", self._listed(until)
        )
        self._database.execute("COMMIT")

    def latest_unread(self) -> float | None:
        """The time of the latest unread segment, None if all are read."""
        (latest,) = self._database.execute("SELECT max(modified) FROM segment WHERE NOT read").fetchone()
        return None if latest is None else float(latest)

    def list_endings(self, latest: float) -> None:
        """Note which runs have ended, if segments in the window before `latest` have keys of long before."""
        query = "SELECT DISTINCT run FROM segment WHERE modified >= ? AND day < ?"
        old = self._database.execute(query, (latest - MARGIN, _open_since(self._database, latest)))
        started = [at for (run,) in old if (at := keys.run_started(run)) is not None]
        if not started:
            return
        endings = ((each.run,) for each in list_runs(self._store, min(started).date()) if each.kind != "started.json")
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO ended VALUES (?)", endings)
        self._database.execute("COMMIT")

    def _listed(self, until: float) -> Iterator[tuple[str, float, str, int, str]]:
        for found in self._store.listing("changes/", start_after=self.position.start_after()):
            if found.key == self.position.at[1] and found.modified < self.position.at[0]:
                self._dated = found.modified
            parts = keys.changes_parts(found.key)
            if parts is not None and self.position.window <= found.modified <= until:
                yield (found.key, found.modified, *parts)

    def _tell_read_from_unread(self) -> None:
        if self.position.old is not None:
            rows = self._database.execute("SELECT key, run, n FROM segment").fetchall()
            read = [(key,) for key, run, n in rows if self.position.old.has(run, n)]
            self._database.executemany("UPDATE segment SET read = 1 WHERE key = ?", read)
            return
        self._database.execute("UPDATE segment SET read = 1 WHERE (modified, key) <= (?, ?)", self.position.at)
        late = ReadSketch(self.position.read).missing(self._listed_before)
        self._database.executemany("UPDATE segment SET read = 0 WHERE key = ?", ((key,) for key in late))

    def _listed_before(self) -> Iterator[str]:
        """The keys of the segments that are not after the position."""
        rows = self._database.execute("SELECT key FROM segment WHERE (modified, key) <= (?, ?)", self.position.at)
        return (key for (key,) in rows)


class _Reading:
    """Reads the unread segments in order, and keeps the position as it goes."""

    def __init__(self, store: Store, database: sqlite3.Connection, position: Position) -> None:
        self._store, self._database = store, database
        self._at, self._first_day, self._within = position.at, position.first_day, position.within
        self._sketch = ReadSketch()
        for (key,) in database.execute("SELECT key FROM segment WHERE read"):
            self._sketch.toggle(key)
        self._leaving = database.execute(_IN_ORDER)
        self._next_leaving: ChangeSegment | None = self._fetch_leaving()
        (self._left,) = database.execute("SELECT count(*) FROM segment WHERE NOT read").fetchone()

    def changes(self) -> Iterator[Change]:
        """The events of the unread segments."""
        rows = map(ChangeSegment._make, self._database.execute(_UNREAD))
        for _, of_one_time in groupby(rows, lambda segment: segment.modified):
            for group in groups(self._store, of_one_time):
                yield from self._events(group)

    def skipped(self) -> Position:
        """The position after all unread segments."""
        for row in self._database.execute(_UNREAD):
            self._add([ChangeSegment._make(row)])
        return self._position()

    def _events(self, group: Group) -> Iterator[Change]:
        """The events of a group. Of several segments the cursor stays before all of them until the last one is read."""
        lines = in_order([line for each in group.values() for line in each])
        before = self._position()
        positions = [before] * len(lines)
        if len(group) == 1:
            (key,) = (segment.key for segment in group)
            read = self._within[1] if self._within and self._within[0] == key else 0
            lines = [line for line in lines if line[0] > read]
            positions = [before.inside(key, number) for number, _ in lines]
        self._add(group)
        for position, (_, event) in zip([*positions[: len(lines) - 1], self._position()], lines, strict=False):
            yield Change(event, position)

    def _position(self) -> Position:
        return Position(self._at, self._first_day, tuple(self._sketch.sums), self._within)

    def _add(self, segments: Iterable[ChangeSegment]) -> None:
        """The segments are read."""
        for segment in segments:
            if self._within and self._within[0] == segment.key:
                self._within = None
            self._sketch.toggle(segment.key)
            self._at = max(self._at, (segment.modified, segment.key))
            self._left -= 1
        while self._next_leaving and self._next_leaving.modified < self._at[0] - MARGIN:
            self._sketch.toggle(self._next_leaving.key)
            self._next_leaving = self._fetch_leaving()
        if not self._left:
            self._close_days()

    def _close_days(self) -> None:
        """All is read: from now on only days are listed in which something may still be written."""
        window = self._at[0] - MARGIN
        (oldest,) = self._database.execute(
            "SELECT min(day) FROM segment WHERE modified >= ? AND (day >= ? OR run NOT IN (SELECT run FROM ended))",
            (window, _open_since(self._database, self._at[0])),
        ).fetchone()
        today = _day(window)
        first = min(today, date.fromisoformat(oldest)) if oldest else today
        self._first_day = max(earlier(first), self._first_day or date.min)
        closed = self._database.execute(
            "SELECT key FROM segment WHERE modified >= ? AND day < ?", (window, self._first_day.isoformat())
        )
        for (key,) in closed:
            self._sketch.toggle(key)

    def _fetch_leaving(self) -> ChangeSegment | None:
        row = self._leaving.fetchone()
        return ChangeSegment(*row) if row else None


def _open_since(database: sqlite3.Connection, latest: float) -> str:
    """The day (YYYY-MM-DD) before which days are closed when their runs have ended, by the last day of the window's keys: all
    writers' clocks may be behind that of the place.
    """
    (last,) = database.execute("SELECT max(day) FROM segment WHERE modified >= ?", (latest - MARGIN,)).fetchone()
    return (min(_day(latest), date.fromisoformat(last or "9999-12-31")) - _OPEN_DAYS).isoformat()


def _day(seconds: float) -> date:
    """The day (UTC) of a time of the place."""
    return datetime.fromtimestamp(max(seconds, _OPEN_DAYS.total_seconds()), UTC).date()
