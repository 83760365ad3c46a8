"""A Parquet file of the articles, sorted by publication, written by DuckDB (extra `sql`).

Sorted, and not partitioned: with the statistics of its row groups, «published in May 2018» reads a few of them (measured on
100,000 articles: 8 ms, against 25 to 786 in partitions by year or month, and 110 s over the JSON objects).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from storage.queries.changed_records import SHOWN, removed_at, shown_at
from storage.record import Json
from storage.tables.errors import TableError
from storage.tables.row import SCHEMA, row
from storage.text.folding import fold

ROW_GROUP: Final = 10_000
ROW_GROUP_BYTES: Final = 16 * 2**20
"""Of a row group before it is compressed: what bounds the memory where texts are long."""
_MEMORY: Final = "800MB"
"""A quarter of it is used; a text of 40 million characters needs it."""
_SETTINGS: Final = ("TimeZone = 'UTC'", "threads = 1", "preserve_insertion_order = false", "enable_progress_bar = false")
"""One thread keeps the order. With DuckDB's own way to preserve it, row groups cannot be bounded by bytes."""
_LEAST_LINE: Final = 2**22
"""DuckDB reads JSON into buffers of twice the longest line."""
_INSTALL: Final = "pip install 'warraq[sql]'"
_KEY: Final = {
    "id": "VARCHAR",
    "content_hash": "VARCHAR",
    "revision": "INTEGER",
    "published": "TIMESTAMPTZ",
    "seen_at": "TIMESTAMPTZ",
    "start": "BIGINT",
    "bytes": "BIGINT",
}
"""What is sorted: of each row what orders it, and where in a file of lines it stands as JSON, without the columns that change."""
_EVENT: Final = {
    "number": "BIGINT",
    "id": "VARCHAR",
    "content_hash": "VARCHAR",
    "shown_at": "TIMESTAMPTZ",
    "gone_at": "TIMESTAMPTZ",
}
_STATE: Final = """
CREATE TABLE state AS
SELECT *, row_number() OVER (PARTITION BY id ORDER BY seen_at DESC, revision DESC) = 1 AS newest FROM (
    SELECT record.* REPLACE (greatest(seen_at, shown.at) AS seen_at), removed.gone_at
    FROM record
    LEFT JOIN (SELECT id, content_hash, max(shown_at) AS at FROM event GROUP BY ALL) AS shown USING (id, content_hash)
    LEFT JOIN (SELECT id, (arg_max({'at': gone_at}, number)).at AS gone_at FROM event GROUP BY id) AS removed USING (id)
)"""
"""What the events say of the rows, as `storage.tables.merge` has it."""
_SORTED: Final = """
SELECT start, bytes, to_json({'newest': newest, 'seen_at': seen_at, 'gone_at': gone_at})
FROM state ORDER BY published NULLS LAST, id, revision"""
_CHANGING_BYTES: Final = 200
"""Of what `_SORTED` has for the end of a line, at most."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for. newest: of each article only the text captured last; contains: in headline or body, in whatever
    spelling of its letters; since, until: first and last day of publication (UTC); fields: columns (none: all).
    """

    newest: bool = False
    ids: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    fields: tuple[str, ...] = field(default=())


def write_parquet(records: Iterable[Json], file: Path, asked: Filter, events: Iterable[Json] = ()) -> int:
    """Write the rows of these records that are asked for; how many. The file stands when it is complete.

    records: all texts of the articles, for `newest` is found among them. events: of the change log, in its order, for `gone_at`
    and for texts that came back.

    Some 200 MB of memory whatever their number and length, a gigabyte at most with giants: DuckDB sorts keys, and whole rows pass
    it one row group at a time, for its sort of whole rows fits into no bounded memory. Temporary files beside the file take twice
    the rows' JSON.

    TableError: DuckDB is not installed, a field is unknown, or DuckDB fails. OSError: no room, or the folder takes no file.
    """
    unknown = [name for name in asked.fields if name not in SCHEMA]
    if unknown:
        raise TableError(f"no column {unknown[0]!r}; there are {', '.join(SCHEMA)}")
    try:
        import duckdb  # noqa: PLC0415  # an extra
    except ImportError:
        raise TableError(f"--format parquet needs DuckDB: {_INSTALL}") from None
    with tempfile.TemporaryDirectory(prefix=".warraq-", dir=file.parent) as name, duckdb.connect() as database:
        folder = Path(name)
        try:
            for setting in (*_SETTINGS, f"memory_limit = '{_MEMORY}'", f"temp_directory = {_quoted(folder / 'spill')}"):
                database.execute(f"SET {setting}")
            unsorted, lines, made = folder / "unsorted.jsonl", folder / "sorted.jsonl", folder / "made.parquet"
            _load(database, "record", _KEY, _keys(map(row, records), unsorted), folder)
            _load(database, "event", _EVENT, _events(events), folder)
            longest = _sort(database, unsorted, lines)
            unsorted.unlink()
            count = _copy(database, lines, longest, made, asked)
        except duckdb.Error as error:  # its text goes on with advice, line by line
            raise TableError(f"{file}: DuckDB: {str(error).partition(chr(10))[0]}") from None
        made.replace(file)
        return count


def _keys(rows: Iterable[Json], lines: Path) -> Iterator[Json]:
    """The keys of the rows; the rows become lines of the file."""
    with lines.open("wb") as out:
        start = 0
        for each in rows:
            seen_at = each.pop("seen_at")
            size = out.write(_line(each))
            places = {"seen_at": seen_at, "start": start, "bytes": size}
            yield {name: places[name] if name in places else each[name] for name in _KEY}
            start += size


def _events(events: Iterable[Json]) -> Iterator[Json]:
    for number, event in enumerate(events):
        shown = shown_at(event) if event["type"] in SHOWN else None
        if shown or event["type"] == "article.gone":
            gone = None if shown else removed_at(event)
            content = event["data"]["content_hash"]
            yield {"number": number, "id": event["subject"], "content_hash": content, "shown_at": shown, "gone_at": gone}


def _load(database: Any, table: str, columns: dict[str, str], rows: Iterable[Json], folder: Path) -> None:
    """A table of these rows, by way of a file."""
    lines = folder / f"{table}.jsonl"
    with lines.open("wb") as out:
        out.writelines(map(_line, rows))
    database.execute(f"CREATE TABLE {table} AS SELECT * FROM {_read_lines(lines, columns)}")  # noqa: S608  # our own words
    lines.unlink()


def _line(value: Json) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode(errors="replace")


def _sort(database: Any, unsorted: Path, lines: Path) -> int:
    """The whole rows in their order, as a file of lines; the bytes of the longest."""
    database.execute(_STATE)
    longest = database.execute("SELECT max(bytes) FROM state").fetchone()[0] or 0
    found = database.execute(_SORTED)
    with unsorted.open("rb") as rows, lines.open("wb") as out:
        while keys := found.fetchmany(1_000):
            for start, size, changing in keys:
                rows.seek(start)
                out.write(rows.read(size)[:-2] + b"," + changing[1:].encode() + b"\n")
    database.execute("DROP TABLE state; DROP TABLE record; DROP TABLE event")
    return int(longest) + _CHANGING_BYTES


def _copy(database: Any, lines: Path, longest: int, file: Path, asked: Filter) -> int:
    """The rows that are asked for, into the file in the order of the lines."""
    clauses, values = _clauses(asked)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    chosen = ", ".join(asked.fields or SCHEMA)
    rows = f"SELECT {chosen} FROM {_read_lines(lines, SCHEMA, longest)} {where}"  # noqa: S608  # our own words
    options = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, ROW_GROUP_SIZE_BYTES {ROW_GROUP_BYTES})"
    return int(database.execute(f"COPY ({rows}) TO {_quoted(file)} {options}", values).fetchone()[0])


def _read_lines(lines: Path, columns: dict[str, str], longest: int = 0) -> str:
    types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    longest = max(longest, _LEAST_LINE)
    return f"read_json({_quoted(lines)}, format = 'newline_delimited', columns = {{{types}}}, maximum_object_size = {longest})"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _clauses(asked: Filter) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    values: list[Any] = []

    def add(clause: str, value: Any) -> None:
        clauses.append(clause)
        values.append(value)

    if asked.newest:
        clauses.append("newest")
    if asked.ids:
        add("list_contains(?, id)", list(asked.ids))
    for author in asked.authors:
        add("list_contains(authors, ?)", author)
    for text in asked.contains:
        add("contains(search, ?)", fold(text))
    if asked.since:
        add("published >= ?", f"{asked.since}T00:00:00Z")
    if asked.until:
        add("published < ?", f"{asked.until + timedelta(days=1)}T00:00:00Z")
    return clauses, values
