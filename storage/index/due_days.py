"""Articles to be visited again that are in no recent file any more, by the day: `state/<outlet>/known/due-<day>.jsonl.gz`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from storage import keys
from storage.index import rows
from storage.index.rows import IndexRow
from storage.index.shards import BROKEN, VERSION, packed, unpacked
from storage.stores.store import Store


class DueDays:
    """Of one outlet. days: those that have a file, YYYY-MM-DD. A file of another token counts as missing."""

    def __init__(self, store: Store, outlet: str, token: str, days: list[str]) -> None:
        self._store, self._outlet, self._token, self.days = store, outlet, token, sorted(days)
        self._added: dict[str, list[bytes]] = defaultdict(list)

    def first(self) -> datetime | None:
        """When the first of these days begins (UTC), None if there is none."""
        return datetime.combine(date.fromisoformat(self.days[0]), datetime.min.time(), UTC) if self.days else None

    def take(self, today: date) -> Iterator[IndexRow]:
        """The rows that are due by the end of a day; their days are forgotten. One GET a day."""
        while self.days and self.days[0] <= today.isoformat():
            yield from self._read(self.days.pop(0))

    def add(self, day: date, hashed: bytes) -> None:
        """The URL of a hash is to be visited on a day (UTC). `write` writes its row: a run may add a hundred thousand of them."""
        self._added[day.isoformat()].append(hashed)

    def write(self, row_of: Callable[[bytes], IndexRow]) -> None:
        """Write what was added: a GET and a PUT for each day. row_of: gives the row of a hash."""
        for day, added in self._added.items():
            known = {row.hash: row for row in (*(self._read(day) if day in self.days else ()), *map(row_of, added))}
            header = {"version": VERSION, "token": self._token}
            self._store.replace(self._key(day), packed([header, *map(rows.to_line, known.values())]))
            self.days = sorted({*self.days, day})
        self._added.clear()

    def _read(self, day: str) -> list[IndexRow]:
        try:
            header, *lines = unpacked(self._store.get(self._key(day)) or b"")
            current = (header["version"], header["token"]) == (VERSION, self._token)
            return [rows.from_line(line) for line in lines] if current else []
        except BROKEN:
            return []

    def _key(self, day: str) -> str:
        return keys.state(self._outlet, f"known/due-{day}.jsonl.gz")
