"""The captures of a site by article, from the indexes of one or more web archives. On disk: indexes have millions of lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from storage.temporary import temporary_database

if TYPE_CHECKING:
    from extractors import Location, Outlet
    from extractors.article import Via

OTHERS: Final = "an address of another site"
IMPOSSIBLE: Final = "captured before its article can have appeared"
EARLY: Final = timedelta(days=30)
"""A capture may be so much older than the day in an article's address, or than its number allows: a draft, a changed date."""

_TABLE = """
CREATE TABLE capture (
    canonical TEXT, timestamp TEXT, original TEXT, length INTEGER, digest TEXT, via TEXT, cut INTEGER, file TEXT, first INTEGER
);
CREATE TABLE missed (canonical TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE UNIQUE INDEX once ON capture (canonical, digest, CASE WHEN digest = '' THEN timestamp ELSE '' END);
"""
_GROUPED = """
SELECT canonical, timestamp, original, length, digest, via, cut, file, first FROM capture ORDER BY canonical, timestamp
"""
# Of captures with one digest the oldest stays: it is nearest to publication, and the others have nothing to add.
_ADD = """
INSERT INTO capture VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET timestamp = excluded.timestamp,
    original = excluded.original, length = excluded.length, via = excluded.via, cut = excluded.cut, file = excluded.file,
    first = excluded.first
WHERE (excluded.cut, excluded.timestamp) < (cut, timestamp)
"""
_MISSING = """
SELECT count(*), min(canonical) FROM missed WHERE canonical NOT IN (SELECT canonical FROM capture)
"""
PAGES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class Captured:
    """One line of an index. timestamp: 14 digits, UTC; length: bytes of the archive's compressed record, 0 = not known;
    digest: SHA-1 of the payload in base32, "" = not known; cut: the archive stored the page in part; file, first: where
    the record begins, for archives that are read as WARC files.
    """

    timestamp: str
    original: str
    length: int = 0
    digest: str = ""
    via: Via = "wayback"
    cut: bool = False
    file: str | None = None
    first: int = 0

    @property
    def at(self) -> datetime:
        return moment(self.timestamp) or datetime.min.replace(tzinfo=UTC)


class Captures:
    """One outlet's captures. `lines` counts what was added, before equal digests were laid together."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._database = temporary_database(_TABLE)
        self.lines = 0

    def add(self, captures: Iterable[Captured]) -> Counter[str]:
        """Takes in the captures of addresses that are the outlet's; how many it does not, by reason."""
        rows, left_out = [], Counter[str]()
        for each in captures:
            place = self._outlet.locate(each.original)
            if place is None or _is_impossible(self._outlet, place, each):
                left_out[OTHERS if place is None else IMPOSSIBLE] += 1
                continue
            self.lines += 1
            columns = (each.timestamp, each.original, each.length, each.digest, each.via, each.cut, each.file, each.first)
            rows.append((place.url, *columns))
        self._database.execute("BEGIN")
        self._database.executemany(_ADD, rows)
        self._database.execute("COMMIT")
        return left_out

    def miss(self, addresses: Iterable[str]) -> None:
        """Takes note of addresses whose rows in an index cannot be used."""
        places = (self._outlet.locate(address) for address in addresses)
        rows = [(place.url,) for place in places if place is not None and place.is_article]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO missed VALUES (?)", rows)
        self._database.execute("COMMIT")

    def missing(self) -> tuple[int, str]:
        """How many articles have no row that can be used, and the address of one."""
        row = self._database.execute(_MISSING).fetchone()
        return int(row[0]), str(row[1] or "")

    def grouped(self) -> Iterator[tuple[str, list[Captured]]]:
        """(canonical address, its captures oldest first), one address at a time; five forms of one address are one."""
        self._database.execute("CREATE INDEX IF NOT EXISTS by_address ON capture (canonical, timestamp)")
        group: list[Captured] = []
        current: str | None = None
        for canonical, *columns in self._database.execute(_GROUPED):
            if current is not None and canonical != current:
                yield current, group
                group = []
            current = canonical
            timestamp, original, length, digest, via, cut, file, first = columns
            group.append(Captured(timestamp, original, length, digest, via, bool(cut), file, first))
        if current is not None:
            yield current, group

    def close(self) -> None:
        """Frees the temporary file."""
        self._database.close()


def first_day(outlet: Outlet, place: Location) -> date | None:
    """The first day on which the article can have appeared, as its address and its number tell."""
    if place.date is not None:
        return date.fromisoformat(place.date)
    return outlet.period(place.native_id)[0]


def _is_impossible(outlet: Outlet, place: Location, capture: Captured) -> bool:
    """Whether the capture is from long before its article: of another site on the same domain, or wrongly dated."""
    first = first_day(outlet, place) if place.is_article else None
    return first is not None and capture.at.date() < first - EARLY


def moment(timestamp: str) -> datetime | None:
    """The instant that 14 digits name (UTC), None if they name none."""
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if len(timestamp) == 14 else None
    except ValueError:
        return None
