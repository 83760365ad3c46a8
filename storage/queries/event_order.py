"""The events of an address in the order of their ledger numbers, where segments of several runs have one time at the place.

Within one time, segments are read in the order of their keys. A segment that tells of an earlier entry of an address than one
before it did (its writer's clock is ahead, or the two runs overlapped) is read together with what stands between the two.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import chain, islice
from typing import Final, NamedTuple

from storage.errors import Damaged
from storage.record import Json
from storage.stores.store import Store
from storage.temporary import temporary_database

Line = tuple[int, Json]
"""(number in its segment from 1, event)"""
_APART: Final = timedelta(days=3)
"""Days of keys beyond which two segments are not put in order: a whole archive may have one time. Writers' clocks are off by less
than a day.
"""


_TABLES: Final = """
CREATE TABLE segment (number INTEGER PRIMARY KEY, key TEXT, modified REAL, day TEXT, data BLOB);
CREATE TABLE entry (url BLOB, n INTEGER, number INTEGER, PRIMARY KEY (url, n, number)) WITHOUT ROWID;
"""
"""Segments that wait, and which of them told of which ledger entries."""
_LATER: Final = "SELECT min(number) FROM entry WHERE url = ? AND n > ? AND number >= ?"


class ChangeSegment(NamedTuple):
    """A segment of the change log. modified: seconds since 1970 by the clock of the place; day: of its key, YYYY-MM-DD."""

    key: str
    modified: float
    day: str


Group = dict[ChangeSegment, list[Line]]


def groups(store: Store, segments: Iterable[ChangeSegment]) -> Iterator[Group]:
    """Segments of one time, in the order of their keys, with their events: those that have to be read together in one group.

    Memory for the events of a group; those of four days lie on disk.
    """
    left = iter(segments)
    first = list(islice(left, 2))
    if len(first) == 1:
        yield {segment: _lines(segment.key, store.get(segment.key)) for segment in first}
    elif first:
        with closing(temporary_database(_TABLES)) as database:
            yield from _grouped(store, database, chain(first, left))


def _grouped(store: Store, database: sqlite3.Connection, segments: Iterable[ChangeSegment]) -> Iterator[Group]:
    waiting: deque[tuple[int, str]] = deque()  # groups: (number of the first segment, last day)
    number = -1
    for number, segment in enumerate(segments):
        while waiting and _is_days_before(waiting[0][1], segment.day):
            start, _ = waiting.popleft()
            yield _taken(database, start, waiting[0][0] if waiting else number)
        data = store.get(segment.key) or b""
        database.execute("INSERT INTO segment VALUES (?, ?, ?, ?, ?)", (number, *segment, data))
        first, oldest = number, waiting[0][0] if waiting else number
        for url, n in _entries(_lines(segment.key, data)):
            (later,) = database.execute(_LATER, (_blob(url), n, oldest)).fetchone()
            first = min(first, number if later is None else later)
            database.execute("INSERT OR IGNORE INTO entry VALUES (?, ?, ?)", (_blob(url), n, number))
        start, day = number, segment.day
        while start > first:
            start, earlier = waiting.pop()
            day = max(day, earlier)
        waiting.append((start, day))
    while waiting:
        start, _ = waiting.popleft()
        yield _taken(database, start, waiting[0][0] if waiting else number + 1)


def _taken(database: sqlite3.Connection, start: int, end: int) -> Group:
    """The segments with these numbers, which are dropped."""
    query = "SELECT key, modified, day, data FROM segment WHERE number >= ? AND number < ? ORDER BY number"
    group = {ChangeSegment(*row): _lines(row[0], data) for *row, data in database.execute(query, (start, end))}
    database.execute("DELETE FROM segment WHERE number < ?", (end,))
    return group


def in_order(lines: list[Line]) -> list[Line]:
    """The events of each address by their ledger numbers, in the places that this address has."""
    places: dict[str, list[int]] = {}
    for place, (_, event) in enumerate(lines):
        if url := _url(event):
            places.setdefault(url, []).append(place)
    ordered = list(lines)
    for where in places.values():
        for place, line in zip(where, sorted((lines[at] for at in where), key=lambda line: line[1]["data"]["n"]), strict=True):
            ordered[place] = line
    return ordered


def _is_days_before(day: str, other: str) -> bool:
    return date.fromisoformat(day) + _APART < date.fromisoformat(other)


def _entries(lines: list[Line]) -> Iterator[tuple[str, int]]:
    """(address, ledger number) of the events that tell of an address."""
    return ((url, event["data"]["n"]) for _, event in lines if (url := _url(event)))


def _blob(url: str) -> bytes:
    """A lone surrogate has no UTF-8, and stays apart from any other all the same."""
    return url.encode("utf-8", "surrogatepass")


def _lines(key: str, data: bytes | None) -> list[Line]:
    lines: list[Line] = []
    for number, line in enumerate((data or b"").split(b"\n"), 1):
        if line:
            try:
                event = json.loads(line)
            except ValueError as error:
                raise Damaged(f"{key}: line {number} is not JSON") from error
            if not _is_event(event):
                raise Damaged(f"{key}: line {number} is no event")
            lines.append((number, event))
    return lines


def _is_event(event: object) -> bool:
    """Whether it has what those that follow the log take for granted."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not isinstance(data := event.get("data"), dict):
        return False
    if not event["type"].startswith("article."):
        return True
    texts = (*map(event.get, ("id", "subject", "time")), *map(data.get, ("outlet", "url", "content_hash")))
    return all(isinstance(each, str) for each in texts) and isinstance(data.get("n"), int)


def _url(event: Json) -> str | None:
    url = event.get("data", {}).get("url")
    return str(url) if url else None
