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
_LEAST_LINE: Final = 2**22
"""DuckDB reads JSON into buffers of twice the longest line, several a thread."""
_INSTALL: Final = "pip install 'warraq[sql]'"
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
    SELECT record.rowid AS record, id, revision, greatest(seen_at, shown.at) AS seen_at, removed.gone_at
    FROM record
    LEFT JOIN (SELECT id, content_hash, max(shown_at) AS at FROM event GROUP BY ALL) AS shown USING (id, content_hash)
    LEFT JOIN (SELECT id, (arg_max({'at': gone_at}, number)).at AS gone_at FROM event GROUP BY id) AS removed USING (id)
)"""
"""What the events say of the rows, as `storage.tables.merge` has it: without their texts, which are not copied for it."""
_ARTICLE: Final = """
SELECT record.* REPLACE (state.seen_at AS seen_at), state.gone_at, state.newest
FROM record JOIN state ON state.record = record.rowid"""


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
    """Write the rows of these records that are asked for; how many. TableError: DuckDB is not installed, or a field is unknown.

    records: all texts of the articles, for `newest` is found among them. events: of the change log, in its order, for `gone_at`
    and for texts that came back. Memory stays below a gigabyte whatever their number.
    """
    unknown = [name for name in asked.fields if name not in SCHEMA]
    if unknown:
        raise TableError(f"no column {unknown[0]!r}; there are {', '.join(SCHEMA)}")
    try:
        import duckdb  # noqa: PLC0415  # an extra
    except ImportError:
        raise TableError(f"--format parquet needs DuckDB: {_INSTALL}") from None
    with (
        tempfile.TemporaryDirectory(prefix="warraq-") as folder,
        duckdb.connect(str(Path(folder) / "table.duckdb")) as database,
    ):
        for setting in ("memory_limit = '800MB'", "TimeZone = 'UTC'", f"temp_directory = '{folder}/spill'"):
            database.execute(f"SET {setting}")
        columns = {name: kind for name, kind in SCHEMA.items() if name not in ("newest", "gone_at")}
        _load(database, "record", columns, map(row, records), Path(folder))
        _load(database, "event", _EVENT, _events(events), Path(folder))
        return _written(database, file, asked)


def _events(events: Iterable[Json]) -> Iterator[Json]:
    for number, event in enumerate(events):
        shown = shown_at(event) if event["type"] in SHOWN else None
        if shown or event["type"] == "article.gone":
            gone = None if shown else removed_at(event)
            content = event["data"]["content_hash"]
            yield {"number": number, "id": event["subject"], "content_hash": content, "shown_at": shown, "gone_at": gone}


def _load(database: Any, table: str, columns: dict[str, str], rows: Iterable[Json], folder: Path) -> None:
    """A table of these rows, by way of a file."""
    lines, longest = folder / f"{table}.jsonl", _LEAST_LINE
    with lines.open("wb") as out:
        for each in rows:
            longest = max(longest, out.write((json.dumps(each, ensure_ascii=False) + "\n").encode(errors="replace")))
    types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    read = f"read_json(?, format = 'newline_delimited', columns = {{{types}}}, maximum_object_size = {longest})"
    database.execute(f"CREATE TABLE {table} AS SELECT * FROM {read}", [str(lines)])  # noqa: S608  # our own words
    lines.unlink()


def _written(database: Any, file: Path, asked: Filter) -> int:
    database.execute(_STATE)
    clauses, values = _clauses(asked)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    chosen = ", ".join(asked.fields or SCHEMA)
    rows = f"SELECT {chosen} FROM ({_ARTICLE}) {where} ORDER BY published NULLS LAST, id, revision"  # noqa: S608  # our own words
    target = str(file).replace("'", "''")
    options = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    return int(database.execute(f"COPY ({rows}) TO '{target}' {options}", values).fetchone()[0])


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
