"""A Parquet file of the articles, sorted by publication, written by DuckDB (extra `sql`).

Sorted, and not partitioned: with the statistics of its row groups, «published in May 2018» reads a few of them (measured on
100,000 articles: 8 ms, against 25 to 786 in partitions by year or month, and 110 s over the JSON objects).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from storage.record import Json
from storage.tables.errors import TableError
from storage.tables.row import CHANGING, SCHEMA, row
from storage.tables.row_order import RowOrder
from storage.text.folding import fold

ROW_GROUP: Final = 10_000
ROW_GROUP_BYTES: Final = 8 * 2**20
"""Of a row group before it is compressed: what bounds the memory where texts are long."""
_MEMORY: Final = "800MB"
"""A quarter of it is used; a text of 40 million characters needs it."""
_SETTINGS: Final = (
    "TimeZone = 'UTC'",
    "threads = 1",
    "preserve_insertion_order = false",
    "enable_progress_bar = false",
    "allocator_flush_threshold = '1MB'",
    "allocator_bulk_deallocation_flush_threshold = '1MB'",
)
"""One thread keeps the order. With DuckDB's own way to preserve it, row groups cannot be bounded by bytes. Its allocator gives
back what a row group took when that is written; else it keeps some, and the next row groups take more beside it.
"""
_LEAST_LINE: Final = 2**22
"""DuckDB reads JSON into buffers of twice the longest line."""
_INSTALL: Final = "pip install 'warraq[sql]'"
_CHANGING_BYTES: Final = 200
"""Of the columns that stand at the end of a line, at most."""


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

    Some 150 MB of memory whatever their number and length, a gigabyte at most with giants: the order is found on disk
    (`RowOrder`), and rows pass DuckDB one row group at a time, for its sort of whole rows fits into no bounded memory. Temporary
    files beside the file take twice the rows' JSON.

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
            lines, made = folder / "sorted.jsonl", folder / "made.parquet"
            longest = _write_sorted(map(row, records), events, folder / "unsorted.jsonl", lines)
            count = _copy(database, lines, longest, made, asked)
        except duckdb.Error as error:  # its text goes on with advice, line by line
            raise TableError(f"{file}: DuckDB: {str(error).partition(chr(10))[0]}") from None
        made.replace(file)
        return count


def _write_sorted(rows: Iterable[Json], events: Iterable[Json], unsorted: Path, lines: Path) -> int:
    """The whole rows in their order, as a file of lines; the bytes of the longest. unsorted: a file for the meantime."""
    with closing(RowOrder()) as order:
        order.add(_written(rows, unsorted))
        order.add_events(events)
        with unsorted.open("rb") as given, lines.open("wb") as out:
            for each in order:
                given.seek(each.start)
                out.write(given.read(each.bytes)[:-2] + b"," + _line(each.changing)[1:])
        unsorted.unlink()
        return order.longest() + _CHANGING_BYTES


def _written(rows: Iterable[Json], lines: Path) -> Iterator[tuple[Json, int, int]]:
    """Each row with where its line stands in the file: without the columns that change."""
    with lines.open("wb") as out:
        start = 0
        for each in rows:
            size = out.write(_line({name: value for name, value in each.items() if name not in CHANGING}))
            yield each, start, size
            start += size


def _line(value: Json) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode(errors="replace")


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
