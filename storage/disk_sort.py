"""Sorting more than fits into a little memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from typing import Any, Final, TypeVar

from storage.temporary import temporary_database

IN_MEMORY: Final = 10_000
"""Rows that are sorted in memory; of more, all are sorted in a temporary file."""
_Row = TypeVar("_Row", bound=tuple[Any, ...])


def sorted_rows(rows: Iterable[_Row], columns: str, make: Callable[[tuple[Any, ...]], _Row]) -> Iterator[_Row]:
    """The rows in their order; all of them are taken before it returns.

    columns: their names and types in SQL (`key TEXT, size INTEGER`); make: a row again from what they held. Text is ordered by
    its characters, as Python orders it.
    """
    left = iter(rows)
    first = list(islice(left, IN_MEMORY))
    if len(first) < IN_MEMORY:
        first.sort()
        return iter(first)
    database = temporary_database(f"CREATE TABLE row ({columns})")
    places = ",".join("?" * (columns.count(",") + 1))
    database.execute("BEGIN")
    database.executemany(f"INSERT INTO row VALUES ({places})", chain(first, left))  # noqa: S608 - question marks
    database.execute("COMMIT")
    return _stored(database, ", ".join(column.split()[0] for column in columns.split(",")), make)


def _stored(database: sqlite3.Connection, names: str, make: Callable[[tuple[Any, ...]], _Row]) -> Iterator[_Row]:
    with closing(database):
        yield from map(make, database.execute(f"SELECT {names} FROM row ORDER BY {names}"))  # noqa: S608 - names from our code
