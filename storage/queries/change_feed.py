"""Following the change log: everything announced, once from each cursor, nothing missed however writers behave.

Keys alone do not tell what is new. Segments of runs that overlap sort by run, clocks of writers differ, a slow writer's
segment appears late under an early key. So a cursor does not point at a key: it holds a watermark in the time of the
*place* (the bucket's or the file system's clock, one for all writers), and of the runs that wrote within MARGIN before it
which of their segments are read. What appears later, under whatever key, is either of a later time or an unread number.

Cost: a listing of the last days (a request per 1,000 segments), a second one when there is something new, a GET for each new
segment. A writer whose clock is wrong by more than a day, and who was never heard of, could be overlooked: S3 refuses
writers whose clock is off by a quarter of an hour.

Order: by the time of the place. Two events of one address are in the order of their ledger numbers, also when two runs
wrote them: a second listing finds what came before anything the first one saw.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.record import Json
from storage.stores.store import Store
from storage.temporary import temporary_database

MARGIN: Final = 3600.0
"""Seconds by which a segment may be dated before it can be seen: longer than any single write takes with its retries."""
_DAY: Final = timedelta(days=1)
_MARK: Final = "c1"
_Line = tuple[int, Json]  # number in its segment from 1, event


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the log; `cursor`, an opaque text, asks `Archive.changes(after=…)` for what follows it."""

    cursor: str
    event: Json


@dataclass(slots=True)
class _Read:
    """What is read of one run: numbers of its segments, its earliest day among keys, when its last one was made."""

    numbers: list[tuple[int, int]] = field(default_factory=list)
    day: str = ""
    modified: float = 0.0

    def has(self, n: int) -> bool:
        return any(first <= n <= last for first, last in self.numbers)

    def add(self, n: int) -> None:
        """One more number. The ranges stay few: a run counts its segments from 1 on."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted([*self.numbers, (n, n)]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self.numbers = merged


@dataclass(slots=True)
class _Position:
    """Where a reader is. within: (segment, lines read of it) when it stopped inside one; begin: the first day it is to read."""

    watermark: float = 0.0
    runs: dict[str, _Read] = field(default_factory=dict)
    within: tuple[str, int] | None = None
    begin: date | None = None

    @classmethod
    def parse(cls, cursor: str) -> _Position:
        mark, _, packed = cursor.partition(".")
        try:
            told = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed if mark == _MARK else "")))
            runs = {
                run: _Read([(int(first), int(last)) for first, last in numbers], str(date.fromisoformat(day)), float(modified))
                for run, (numbers, day, modified) in told["runs"].items()
            }
            within = (keys.checked_key(told["within"][0]), int(told["within"][1])) if told["within"] else None
            begin = date.fromisoformat(told["begin"]) if told["begin"] else None
            return cls(float(told["watermark"]), runs, within, begin)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error, binascii.Error) as error:
            raise Damaged(f"{cursor[:80]!r} is not a cursor of the change log ({error})") from error

    def dump(self) -> str:
        runs = {run: [read.numbers, read.day, read.modified] for run, read in sorted(self.runs.items())}
        begin = self.begin.isoformat() if self.begin else None
        told = {"watermark": self.watermark, "runs": runs, "within": self.within, "begin": begin}
        packed = zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 6)
        return f"{_MARK}." + base64.urlsafe_b64encode(packed).decode()

    def inside(self, key: str, line: int) -> str:
        """The cursor of a reader that has read so many lines of a segment."""
        return _Position(self.watermark, self.runs, (key, line), self.begin).dump()

    def first_day(self) -> str:
        """Prefix of the first day whose keys are looked at."""
        if not self.runs:
            return keys.changes_day(self.begin) if self.begin else ""
        days = [datetime.fromtimestamp(self.watermark - MARGIN, UTC).date()]
        days += [date.fromisoformat(read.day) for read in self.runs.values()]
        return keys.changes_day(max(min(days) - _DAY, self.begin or date.min))

    def has(self, segment: _Segment) -> bool:
        if segment.modified < self.watermark - MARGIN:
            return True
        read = self.runs.get(segment.run)
        return read is not None and read.has(segment.n)

    def add(self, segments: list[_Segment]) -> None:
        self.within = None
        for segment in segments:
            read = self.runs.setdefault(segment.run, _Read(day=segment.day))
            read.add(segment.n)
            read.day = min(read.day, segment.day)
            read.modified = max(read.modified, segment.modified)
            self.watermark = max(self.watermark, segment.modified)
        self.runs = {run: read for run, read in self.runs.items() if read.modified >= self.watermark - MARGIN}


@dataclass(frozen=True, slots=True)
class _Segment:
    key: str
    modified: float
    run: str
    n: int
    day: str


def follow(store: Store, after: str | None = None, since: date | None = None) -> Iterator[Change]:
    """Every event that the reader with this cursor has not seen and that was announced by now. Damaged: no cursor, no event.

    since: without a cursor, begin with what was written on this day (UTC, by the writers' clocks) instead of the first.
    """
    position = _Position.parse(after) if after else _Position(begin=since)
    with closing(temporary_database("CREATE TABLE new (key TEXT PRIMARY KEY, modified REAL) WITHOUT ROWID")) as found:
        latest: float | None = None
        for _ in range(2):  # the second finds what was written before anything that the first one saw
            for unread in _unread(store, position):
                if latest is None or unread.modified <= latest:
                    found.execute("INSERT OR IGNORE INTO new VALUES (?, ?)", (unread.key, unread.modified))
            (latest,) = found.execute("SELECT max(modified) FROM new").fetchone()
            if latest is None:
                return
        rows = found.execute("SELECT key, modified FROM new ORDER BY modified, key")
        for _, together in groupby(rows, lambda row: row[1]):
            for segments in _told_apart(store, [segment for key, at in together if (segment := _segment(key, at))]):
                yield from _told(position, segments)


def _unread(store: Store, position: _Position) -> Iterator[_Segment]:
    for listed in store.listing("changes/", start_after=position.first_day()):
        segment = _segment(listed.key, listed.modified)
        if segment is not None and not position.has(segment):
            yield segment


def _segment(key: str, modified: float) -> _Segment | None:
    named = keys.changes_parts(key)
    return _Segment(key, modified, *named) if named else None


def _told_apart(store: Store, segments: list[_Segment]) -> Iterator[dict[_Segment, list[_Line]]]:
    """Segments of one moment with their lines: one by one, unless two of them tell of the same address."""
    lines = {segment: _lines(store, segment.key) for segment in segments}
    told = Counter(url for each in lines.values() for url in {_url(line) for line in each} - {None})
    if max(told.values(), default=1) == 1:
        yield from ({segment: each} for segment, each in lines.items())
    else:
        yield lines


def _told(position: _Position, segments: dict[_Segment, list[_Line]]) -> Iterator[Change]:
    """The events of segments. Of several segments the cursor stays before all of them until the last one is read."""
    lines = _in_order([line for each in segments.values() for line in each])
    if len(segments) == 1:
        (key,) = (segment.key for segment in segments)
        skip = position.within[1] if position.within and position.within[0] == key else 0
        lines = [line for line in lines if line[0] > skip]
        cursors = [position.inside(key, number) for number, _ in lines[:-1]]
    else:
        cursors = [position.dump()] * (len(lines) - 1)
    position.add(list(segments))
    for cursor, (_, event) in zip([*cursors, position.dump()], lines, strict=False):
        yield Change(cursor, event)


def _lines(store: Store, key: str) -> list[_Line]:
    lines: list[_Line] = []
    for number, line in enumerate((store.get(key) or b"").split(b"\n"), 1):
        if line:
            try:
                lines.append((number, json.loads(line)))
            except ValueError as error:
                raise Damaged(f"{key}: line {number} is not JSON") from error
    return lines


def _in_order(lines: list[_Line]) -> list[_Line]:
    """The events of each address by their ledger numbers, in the places that this address has."""
    places: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        if url := _url(line):
            places.setdefault(url, []).append(place)
    ordered = list(lines)
    for where in places.values():
        for place, line in zip(where, sorted((lines[at] for at in where), key=lambda line: line[1]["data"]["n"]), strict=True):
            ordered[place] = line
    return ordered


def _url(line: _Line) -> str | None:
    url = line[1].get("data", {}).get("url")
    return str(url) if url else None
