"""The events of an address in the order of their ledger numbers, where segments of several runs have one time at the place.

Within one time, segments are read in the order of their keys. A segment that tells of an earlier entry of an address than one
before it did (its writer's clock is ahead, or the two runs overlapped) is read together with what stands between the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from storage.errors import Damaged
from storage.record import Json
from storage.stores.store import Store

Line = tuple[int, Json]
"""(number in its segment from 1, event)"""
_APART: Final = timedelta(days=3)
"""Days of keys beyond which two segments are not put in order: a whole archive may have one time. Writers' clocks are off by less
than a day.
"""


class ChangeSegment(NamedTuple):
    """A segment of the change log. modified: seconds since 1970 by the clock of the place; day: of its key, YYYY-MM-DD."""

    key: str
    modified: float
    day: str


Group = dict[ChangeSegment, list[Line]]


def groups(store: Store, segments: Iterable[ChangeSegment]) -> Iterator[Group]:
    """Segments of one time, in the order of their keys, with their events: those that have to be read together in one group.

    Memory for the events of four days.
    """
    waiting: list[tuple[int, Group]] = []  # (number of the first segment, group)
    entries: dict[str, list[tuple[int, int]]] = {}  # address: (ledger number, number of its segment)
    for number, segment in enumerate(segments):
        while waiting and _days_before(waiting[0][1], segment):
            _, group = waiting.pop(0)
            _forget(entries, group, waiting[0][0] if waiting else number)
            yield group
        lines = _lines(store, segment.key)
        first, start = number, number
        for url, n in _entries(lines):
            first = min(first, *(at for later, at in entries.get(url, ()) if later > n), number)
            entries.setdefault(url, []).append((n, number))
        group = {segment: lines}
        while start > first:
            start, before = waiting.pop()
            group = before | group
        waiting.append((start, group))
    yield from (group for _, group in waiting)


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


def _days_before(group: Group, segment: ChangeSegment) -> bool:
    return date.fromisoformat(max(each.day for each in group)) + _APART < date.fromisoformat(segment.day)


def _forget(entries: dict[str, list[tuple[int, int]]], group: Group, end: int) -> None:
    """Drop the entries that a group told of: those of segments before number `end`."""
    for url in {url for lines in group.values() for url, _ in _entries(lines)}:
        entries[url] = [entry for entry in entries[url] if entry[1] >= end]
        if not entries[url]:
            del entries[url]


def _entries(lines: list[Line]) -> Iterator[tuple[str, int]]:
    """(address, ledger number) of the events that tell of an address."""
    return ((url, event["data"]["n"]) for _, event in lines if (url := _url(event)))


def _lines(store: Store, key: str) -> list[Line]:
    lines: list[Line] = []
    for number, line in enumerate((store.get(key) or b"").split(b"\n"), 1):
        if line:
            try:
                lines.append((number, json.loads(line)))
            except ValueError as error:
                raise Damaged(f"{key}: line {number} is not JSON") from error
    return lines


def _url(event: Json) -> str | None:
    url = event.get("data", {}).get("url")
    return str(url) if url else None
