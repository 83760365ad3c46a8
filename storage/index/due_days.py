"""Articles to be visited again that are in no recent file any more, by the day: `state/<outlet>/known/due-<day>.jsonl.gz`.

A file has up to MOST_ROWS rows; a day that has more goes on in `due-<day>.0002.jsonl.gz` and so forth. So a run that adds a row
to a day reads and writes one file of it, and holds the rows of one file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Final

from storage import keys
from storage.index import rows
from storage.index.rows import IndexRow
from storage.index.shards import BROKEN, MOST_ROWS, VERSION, packed, unpacked
from storage.stores.store import Store

_HASH: Final = 16
"""Bytes of a row's hash."""


class DueDays:
    """Of one outlet. files: the names of those there are, `<day>` (YYYY-MM-DD) or `<day>.<number>`. A file of another token
    counts as missing.
    """

    def __init__(self, store: Store, outlet: str, token: str, files: list[str]) -> None:
        self._store, self._outlet, self._token, self.files = store, outlet, token, sorted(files)
        self._added: dict[str, bytearray] = defaultdict(bytearray)

    def first(self) -> datetime | None:
        """When the first of these days begins (UTC), None if there is none."""
        return datetime.combine(_day(self.files[0]), datetime.min.time(), UTC) if self.files else None

    def take(self, today: date) -> Iterator[IndexRow]:
        """The rows that are due by the end of a day, those noted last first; their files are forgotten. One GET a file."""
        due = [name for name in self.files if _day(name) <= today]
        self.files = self.files[len(due) :]
        for name in reversed(due):
            yield from self._read(name)

    def add(self, day: date, hashed: bytes) -> None:
        """The URL of a hash is to be visited on a day (UTC). `write` writes its row: a run may add a hundred thousand of them."""
        self._added[day.isoformat()] += hashed

    def write(self, row_of: Callable[[bytes], IndexRow]) -> None:
        """Write what was added: a GET and a PUT for each day, a PUT for each file more. row_of: gives the row of a hash."""
        for day, added in self._added.items():
            standing = [name for name in self.files if name.startswith(day)]
            number = max(len(standing), 1)
            part = {row.hash: row for row in (self._read(standing[-1]) if standing else ())}
            for place in range(0, len(added), _HASH):
                if len(part) >= MOST_ROWS:
                    self._replace(_name(day, number), part.values())
                    number, part = number + 1, {}
                hashed = bytes(added[place : place + _HASH])
                part[hashed] = row_of(hashed)
            self._replace(_name(day, number), part.values())
        self._added.clear()

    def _read(self, name: str) -> list[IndexRow]:
        try:
            header, *lines = unpacked(self._store.get(self._key(name)) or b"")
            current = (header["version"], header["token"]) == (VERSION, self._token)
            return [rows.from_line(line) for line in lines] if current else []
        except BROKEN:
            return []

    def _replace(self, name: str, due: Iterable[IndexRow]) -> None:
        header = {"version": VERSION, "token": self._token}
        self._store.replace(self._key(name), packed([header, *map(rows.to_line, due)]))
        self.files = sorted({*self.files, name})

    def _key(self, name: str) -> str:
        return keys.state(self._outlet, f"known/due-{name}.jsonl.gz")


def checked(name: str) -> str:
    """The name of a file of a day. ValueError if it is none."""
    day, _, number = name.partition(".")
    return _name(date.fromisoformat(day).isoformat(), int(number or 1))


def _name(day: str, number: int) -> str:
    """The name of a day's file, counted from 1."""
    return day if number == 1 else f"{day}.{number:04}"


def _day(name: str) -> date:
    return date.fromisoformat(name.partition(".")[0])
