"""Rows of a table in a temporary file until they are committed: before that, little is asked of them."""

from __future__ import annotations

import os
import pickle
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from storage.record import Json, moment
from storage.tables.errors import TableError


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What is asked of a row (`storage.tables.row`) before it is written. characters: of its body."""

    id: str
    content_hash: str
    revision: int
    seen_at: datetime | None
    published: str | None
    characters: int
    _file: StoredRows = field(repr=False, compare=False)
    _start: int
    _size: int

    def read(self) -> Json:
        """The whole row."""
        return self._file.read(self._start, self._size)


class StoredRows:
    """Those of one batch, in a nameless file. Use as a context. TableError: there is no place for it."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise _no_place(error) from error
        self._end = 0
        self._columns: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # no room for what nobody reads any more
            self._file.close()

    def add(self, row: Json) -> StoredRow:
        """Puts a row at the end. All have the same columns. KeyError, TypeError, ValueError: it is none."""
        name, seen_at, characters = (str(row["id"]), str(row["content_hash"])), moment(row["seen_at"]), len(row["body"])
        revision = int(row["revision"])
        self._columns = tuple(row)
        try:
            start, size = self._end, self._file.write(pickle.dumps(tuple(row.values()), pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise _no_place(error) from error
        self._end += size
        return StoredRow(*name, revision, seen_at, row["published"], characters, self, start, size)

    def written(self) -> None:
        """Call it between the last `add` and `StoredRow.read`."""
        try:
            self._file.flush()
        except OSError as error:
            raise _no_place(error) from error

    def read(self, start: int, size: int) -> Json:
        """See `StoredRow.read`."""
        values = pickle.loads(os.pread(self._file.fileno(), size, start))  # noqa: S301 - our own bytes
        return dict(zip(self._columns, values, strict=True))

    def clear(self) -> None:
        """Forgets all of them."""
        self._file.seek(0)
        self._file.truncate()
        self._end = 0


def _no_place(error: OSError) -> TableError:
    reason = f"rows wait here until they are committed: {error.strerror} (TMPDIR names another place)"
    return TableError(f"{tempfile.gettempdir()}: {reason}")
