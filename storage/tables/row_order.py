"""The order of the rows of a table, and what the change log says of them, on disk: a row is known by where its line stands.

Of an article's rows that one is the newest whose page showed it last, as `storage.tables.merge` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from storage.queries.changed_records import SHOWN, removed_at, shown_at
from storage.record import Json, instant, micros, moment, rfc3339
from storage.temporary import temporary_database

_TABLES: Final = """
CREATE TABLE line (
    start INTEGER PRIMARY KEY, bytes INTEGER, id TEXT, content TEXT, revision INTEGER, published INTEGER, seen_at INTEGER
);
CREATE TABLE shown (id TEXT, content TEXT, at INTEGER, PRIMARY KEY (id, content)) WITHOUT ROWID;
CREATE TABLE last (id TEXT PRIMARY KEY, gone_at INTEGER) WITHOUT ROWID;
"""
"""Times are microseconds since 1970. shown: when a text was seen last; last: what the last event says of an article's page."""
_SHOWN: Final = "INSERT INTO shown VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)"
_ORDERED: Final = """
SELECT start, bytes, row_number() OVER (PARTITION BY id ORDER BY seen DESC, revision DESC) = 1, seen, gone_at FROM (
    SELECT line.*, max(seen_at, coalesce(shown.at, seen_at)) AS seen, gone_at
    FROM line LEFT JOIN shown USING (id, content) LEFT JOIN last USING (id))
ORDER BY published IS NULL, published, id, revision"""


class PlacedLine(NamedTuple):
    """start, bytes: where a row's line stands; changing: the columns of `storage.tables.row.CHANGING`."""

    start: int
    bytes: int
    changing: Json


class RowOrder:
    """Of one table. Close it."""

    def __init__(self) -> None:
        self._database = temporary_database(_TABLES)
        self.close = self._database.close

    def add(self, lines: Iterable[tuple[Json, int, int]]) -> None:
        """Rows (`storage.tables.row.row`), each with the start of its line in a file and the length of it, in bytes."""
        rows = (
            (start, size, _utf8(row["id"]), _utf8(row["content_hash"]), row["revision"], *map(_micros, _times(row)))
            for row, start, size in lines
        )
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def add_events(self, events: Iterable[Json]) -> None:
        """Events of the change log, in its order."""
        self._database.execute("BEGIN")
        for event in events:
            shown = shown_at(event) if event["type"] in SHOWN else None
            if shown or event["type"] == "article.gone":
                id_ = _utf8(event["subject"])
                gone = None if shown else _micros(removed_at(event))
                self._database.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (id_, gone))
                if shown:
                    self._database.execute(_SHOWN, (id_, _utf8(event["data"]["content_hash"]), micros(shown)))
        self._database.execute("COMMIT")

    def longest(self) -> int:
        """Bytes of the longest line."""
        return int(self._database.execute("SELECT coalesce(max(bytes), 0) FROM line").fetchone()[0])

    def __iter__(self) -> Iterator[PlacedLine]:
        """The lines by publication, those without at the end, then by article and revision."""
        for start, size, newest, seen_at, gone_at in self._database.execute(_ORDERED):
            changing = {"newest": bool(newest), "seen_at": _stamp(seen_at), "gone_at": _stamp(gone_at)}
            yield PlacedLine(start, size, changing)


def _times(row: Json) -> tuple[str | None, str | None]:
    return row["published"], row["seen_at"]


def _micros(stamp: str | None) -> int | None:
    at = moment(stamp) if stamp else None
    return micros(at) if at else None


def _stamp(at: int | None) -> str | None:
    return None if at is None else rfc3339(instant(at))


def _utf8(text: object) -> str:
    """A lone surrogate has no UTF-8 and becomes "?"."""
    return str(text).encode(errors="replace").decode()
