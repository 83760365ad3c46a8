"""Where a reader of the change log is, and the opaque text (cursor) that says so: about 1 KB, however long the log is.

A cursor cannot be a key: segments of runs that overlap sort by run, clocks of writers differ, a slow write appears late under
an early key and an early time. Nor can it name all that was read: a copied archive has one time for all of its segments.
So it holds the place in the order of reading (time at the place, key), and a set sketch of what was read shortly before it:
per bucket the XOR of the fingerprints of the segments. What is listed before the place and was not read is found by solving
which of the listed segments give that XOR: a linear system over GF(2), with one solution while a bucket has few segments.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from storage import keys
from storage.errors import Damaged
from storage.queries.feed_position_1 import Position1

MARGIN: Final = 3600.0
"""Seconds by which a segment may be dated before it can be seen: longer than any single write takes with its retries."""
BUCKETS: Final = 96
_SOLVABLE: Final = 64
"""Segments of a bucket up to which the system is solved: more fingerprints of 64 bits cannot be independent of each other."""
_MARK, _MARK_1 = "c2", "c1"
_BYTES: Final = 8


class ReadSketch:
    """Which segments were read, as an XOR per bucket: adding a key twice takes it out."""

    def __init__(self, sums: Iterable[int] = (0,) * BUCKETS) -> None:
        self.sums = list(sums)

    def toggle(self, key: str) -> None:
        """Add a key, or take it out again."""
        bucket, fingerprint = _fingerprint(key)
        self.sums[bucket] ^= fingerprint

    def missing(self, listed: Callable[[], Iterable[str]]) -> set[str]:
        """Of keys that include all that were added, those that were not added. listed: gives the keys, mostly once.

        If a bucket cannot be solved (three late segments among hundreds), all of its keys: events come twice, none is missed.
        """
        everything = ReadSketch()
        for key in listed():
            everything.toggle(key)
        if everything.sums == self.sums:
            return set()
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for key in listed():
            bucket, fingerprint = _fingerprint(key)
            if everything.sums[bucket] != self.sums[bucket]:
                found[bucket][fingerprint] = key
        late: set[str] = set()
        for bucket, names in found.items():
            unread = _unread(list(names), everything.sums[bucket] ^ self.sums[bucket])
            late |= {names[each] for each in (names if unread is None else unread)}
        return late


_CLOCK_SLACK: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Position:
    """at: (time at the place, key) of the last segment in the order of reading. first_day: keys of earlier days need no listing.

    read: the sums of a `ReadSketch` over the segments that were read, are dated within MARGIN before `at` or later, and have a
    key of first_day or later. within: (segment, lines read of it) when the reader stopped inside one. old: of format 1.
    """

    at: tuple[float, str] = (0.0, "")
    first_day: date | None = None
    read: tuple[int, ...] = (0,) * BUCKETS
    within: tuple[str, int] | None = None
    old: Position1 | None = None

    @classmethod
    def parse(cls, cursor: str) -> Position:
        """The position that a cursor of format 1 or 2 says. Damaged if it is none."""
        mark, _, packed = cursor.partition(".")
        try:
            fields = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed if mark in {_MARK, _MARK_1} else "")))
            within = (keys.checked_key(fields["within"][0]), int(fields["within"][1])) if fields["within"] else None
            if mark == _MARK_1:
                old = Position1.parse(fields)
                # Every segment of that very moment sorts before "~": format 1 says of each whether it was read.
                return cls((old.watermark, "~"), old.first_day(MARGIN), within=within, old=old)
            time, key = fields["at"]
            first_day = date.fromisoformat(fields["first_day"]) if fields["first_day"] else None
            return cls((float(time), str(key)), first_day, _unpacked(fields["read"]), within)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error, binascii.Error) as error:
            raise Damaged(f"{cursor[:80]!r} is not a cursor of the change log ({error})") from error

    def cursor(self) -> str:
        """The text of format 2."""
        fields: dict[str, Any] = {
            "at": self.at,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "within": self.within,
            "read": b"".join(each.to_bytes(_BYTES, "big") for each in self.read).hex(),
        }
        packed = zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 6)
        return f"{_MARK}." + base64.urlsafe_b64encode(packed).decode()

    def inside(self, key: str, lines: int) -> Position:
        """The position of a reader that has read so many lines of a segment."""
        return replace(self, within=(key, lines))

    @property
    def window(self) -> float:
        """What is dated before this was read."""
        return self.at[0] - MARGIN

    def start_after(self) -> str:
        """The key after which the log is listed."""
        return keys.changes_day(self.first_day) if self.first_day else ""


def earlier(day: date) -> date:
    """Two days before, or the first day there is: clocks that are wrong by a day and some hours cross two midnights."""
    return max(day, date.min + _CLOCK_SLACK) - _CLOCK_SLACK


def _fingerprint(key: str) -> tuple[int, int]:
    """(bucket, 64-bit fingerprint) of a key."""
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[_BYTES : 2 * _BYTES]) % BUCKETS, int.from_bytes(digest[:_BYTES])


def _unread(listed: list[int], difference: int) -> set[int] | None:
    """Those of the listed fingerprints whose XOR is the difference; None if that cannot be told."""
    if len(listed) <= _SOLVABLE:
        return _subset(listed, difference)
    present = set(listed)
    if difference in present:
        return {difference}
    pair = next((each for each in listed if each ^ difference in present), None)
    return None if pair is None else {pair, pair ^ difference}


def _subset(vectors: list[int], wanted: int) -> set[int] | None:
    """The vectors whose XOR is `wanted`, by elimination over GF(2); None if there are none, or if they may be others.

    Only of independent vectors is the solution the only one. 32 random ones of 64 bits are not independent once in 2^32, 48 once
    in 2^16.
    """
    pivots: dict[int, tuple[int, int]] = {}  # leading bit: (vector reduced by those before it, which vectors are in it)
    for number, vector in enumerate(vectors):
        value, members = _reduced(vector, 1 << number, pivots)
        if not value:
            return None
        pivots[value.bit_length()] = (value, members)
    value, members = _reduced(wanted, 0, pivots)
    return None if value else {vector for number, vector in enumerate(vectors) if members >> number & 1}


def _reduced(value: int, members: int, pivots: dict[int, tuple[int, int]]) -> tuple[int, int]:
    while value and (pivot := pivots.get(value.bit_length())):
        value, members = value ^ pivot[0], members ^ pivot[1]
    return value, members


def _unpacked(text: str) -> tuple[int, ...]:
    data = bytes.fromhex(text)
    if len(data) != BUCKETS * _BYTES:
        raise ValueError(f"{len(data)} bytes of what was read, not {BUCKETS * _BYTES}")
    return tuple(int.from_bytes(data[at : at + _BYTES]) for at in range(0, len(data), _BYTES))
