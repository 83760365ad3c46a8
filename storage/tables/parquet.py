"""A Parquet file of the articles, sorted by publication, written by DuckDB (extra `sql`).

Sorted, and not partitioned: with the statistics of its row groups, «published in May 2018» reads a few of them (measured on
100,000 articles: 8 ms, against 25 to 786 in partitions by year or month, and 110 s over the JSON objects).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from storage.errors import ArchiveError
from storage.record import Json
from storage.tables.row import SCHEMA, row
from storage.text.folding import fold

ROW_GROUP: Final = 10_000
_INSTALL: Final = "pip install 'warraq[sql]'"


class TableError(ArchiveError):
    """The table cannot be written; the message says what is missing or wrong."""


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


def write_parquet(records: Iterable[Json], file: Path, asked: Filter) -> int:
    """Write the rows of these records that are asked for; how many. TableError: DuckDB is not installed, or a field is unknown.

    records: all texts of the articles, for `newest` is found among them. Memory stays below a gigabyte whatever their number.
    """
    unknown = [name for name in asked.fields if name not in SCHEMA]
    if unknown:
        raise TableError(f"no column {unknown[0]!r}; there are {', '.join(SCHEMA)}")
    try:
        import duckdb  # noqa: PLC0415  # an extra
    except ImportError:
        raise TableError(f"--format parquet needs DuckDB: {_INSTALL}") from None
    with tempfile.TemporaryDirectory(prefix="warraq-") as folder:
        rows = Path(folder) / "rows.jsonl"
        with rows.open("w", encoding="utf-8", errors="replace") as out:
            for record in records:
                out.write(json.dumps(row(record), ensure_ascii=False) + "\n")
        with duckdb.connect(str(Path(folder) / "table.duckdb")) as database:
            for setting in ("memory_limit = '800MB'", "TimeZone = 'UTC'", f"temp_directory = '{folder}/spill'"):
                database.execute(f"SET {setting}")
            return _written(database, rows, file, asked)


def _written(database: Any, rows: Path, file: Path, asked: Filter) -> int:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in SCHEMA.items() if name != "newest")
    read = f"read_json(?, format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = 268435456)"
    last = "row_number() OVER (PARTITION BY id ORDER BY seen_at DESC, revision DESC) = 1"
    database.execute(f"CREATE TABLE found AS SELECT *, {last} AS newest FROM {read}", [str(rows)])  # noqa: S608  # our own words
    clauses, values = _clauses(asked)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    chosen = ", ".join(asked.fields or SCHEMA)
    database.execute(f"CREATE TABLE article AS SELECT * FROM found {where}", values)  # noqa: S608  # our own words
    options = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    target = str(file).replace("'", "''")
    database.execute(f"COPY (SELECT {chosen} FROM article ORDER BY published NULLS LAST, id, revision) TO '{target}' {options}")  # noqa: S608
    return int(database.execute("SELECT count(*) FROM article").fetchone()[0])


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
