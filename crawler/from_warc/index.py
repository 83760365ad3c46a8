"""The index of a crawl of WARC files: each address with its captures, their times and places. On disk: memory does not grow."""

from __future__ import annotations

import os
import tempfile
import threading
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from storage.record import instant, micros
from storage.temporary import temporary_database
from storage.warc.digests import is_stated
from storage.warc.reader import Record

SPILLED: Final = -1
"""File number of records that cannot be read alone where they stand: they are copied into a temporary file."""

_TABLE: Final = """
CREATE TABLE capture (
    n INTEGER PRIMARY KEY, outlet TEXT, url TEXT, at INTEGER, digest BLOB, stated TEXT, status INTEGER,
    file INTEGER, offset INTEGER, length INTEGER, target TEXT, dated INTEGER, refers TEXT, refers_at INTEGER, revisit INTEGER
);
CREATE INDEX of_url ON capture (outlet, url, at);
CREATE INDEX of_payload ON capture (stated) WHERE NOT revisit;
CREATE INDEX of_target ON capture (target, dated) WHERE NOT revisit;
"""
_COLUMNS: Final = "n, at, digest, status, file, offset, length, revisit"
_REFERRED: Final = """
SELECT digest, status, file, offset, length FROM capture
WHERE NOT revisit AND target = ? AND dated BETWEEN ? AND ? + 999999 ORDER BY dated LIMIT 1
"""
_SAME_PAYLOAD: Final = """
SELECT digest, status, file, offset, length FROM capture
WHERE NOT revisit AND stated = ? AND status = 200 ORDER BY abs(at - ?) LIMIT 1
"""
_RESOLVED: Final = "UPDATE capture SET digest = ?, status = ?, file = ?, offset = ?, length = ? WHERE n = ?"


class Place(NamedTuple):
    """A capture: its time, status, SHA-256 of its payload (None: a revisit whose payload is in no file) and place.

    n: number in the order of the files. revisit: the payload is in another record, to which file, offset and length belong.
    """

    n: int
    at: datetime
    digest: bytes | None
    status: int
    file: int
    offset: int
    length: int
    revisit: bool


class WarcIndex:
    """Filled by one thread (`add`, then `resolve`); then safe to read from several."""

    def __init__(self) -> None:
        self._database = temporary_database(_TABLE)
        self._lock = threading.Lock()
        self._spill = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._spilled = 0

    def add(self, outlet: str, url: str, at: datetime, record: Record, file: int, digest: bytes | None) -> None:
        """Adds a capture of the canonical URL.

        at: when it was captured (aware), which for a record of a web archive's replay is not the date of the record; digest: of
        its payload, None for a revisit. Revisits refer to records by the address and the date that stand in these.
        """
        where = (file, record.offset, record.length) if record.length else self._spill_record(record)
        refers, refers_at = record.refers_to or (None, None)
        row = (
            outlet,
            url,
            micros(at),
            digest,
            _digest(record),
            record.status,
            *where,
            record.url,
            micros(record.at),
            refers,
            micros(refers_at) if refers_at else None,
            record.kind == "revisit",
        )
        self._database.execute(f"INSERT INTO capture VALUES (NULL, {', '.join('?' * len(row))})", row)  # noqa: S608

    def has(self, outlet: str, url: str) -> bool:
        """Whether the index has a capture of the address."""
        return bool(
            self._database.execute("SELECT 1 FROM capture WHERE outlet = ? AND url = ? LIMIT 1", (outlet, url)).fetchone()
        )

    def resolve(self) -> None:
        """Finds the record with the payload of each revisit: by the URI and date it refers to, else by the payload's digest."""
        some = "SELECT n, at, stated, refers, refers_at FROM capture WHERE revisit AND n > ? ORDER BY n LIMIT 1000"
        last = 0
        while rows := self._database.execute(some, (last,)).fetchall():
            last = rows[-1][0]
            for n, at, payload_digest, refers, refers_at in rows:
                found = None
                if refers_at is not None:
                    found = self._database.execute(_REFERRED, (refers, refers_at, refers_at)).fetchone()
                if found is None and payload_digest:
                    found = self._database.execute(_SAME_PAYLOAD, (payload_digest, at)).fetchone()
                if found is not None:
                    self._database.execute(_RESOLVED, (*found, n))

    def unresolved(self) -> int:
        """How many revisits have a payload that is in none of the records."""
        row = self._database.execute("SELECT count(*) FROM capture WHERE revisit AND digest IS NULL").fetchone()
        return int(row[0])

    def addresses(self) -> Iterator[tuple[str, str]]:
        """(outlet, canonical URL), ordered by the time of the first capture."""
        asked = "SELECT outlet, url FROM capture GROUP BY outlet, url ORDER BY min(at), min(n)"
        with self._lock:
            rows = self._database.execute(asked)
        while True:
            with self._lock:
                some = rows.fetchmany(100)
            if not some:
                return
            yield from some

    def captures(self, outlet: str, url: str) -> list[Place]:
        """The captures of an address, the oldest first."""
        asked = f"SELECT {_COLUMNS} FROM capture WHERE outlet = ? AND url = ? ORDER BY at, n"  # noqa: S608
        with self._lock:
            rows = self._database.execute(asked, (outlet, url)).fetchall()
        return [_place(row) for row in rows]

    def spilled_record(self, offset: int, length: int) -> bytes:
        """The bytes of a record in the temporary file (`SPILLED`)."""
        return zlib.decompress(os.pread(self._spill.fileno(), length, offset))

    def close(self) -> None:
        """Removes the temporary files."""
        with self._lock:
            self._database.close()
            self._spill.close()

    def _spill_record(self, record: Record) -> tuple[int, int, int]:
        packed = zlib.compress(record.raw, 1)
        offset = self._spilled
        self._spill.write(packed)
        self._spill.flush()
        self._spilled += len(packed)
        return SPILLED, offset, len(packed)


def _digest(record: Record) -> str | None:
    """The payload's digest by which revisits find their original; None where the header states none (`sha1:-`)."""
    text = record.payload_digest or ""
    return text.lower() if is_stated(text) else None


def _place(row: tuple[int, int, bytes | None, int, int, int, int, int]) -> Place:
    n, at, digest, status, file, offset, length, revisit = row
    return Place(n, instant(at), digest, status, file, offset, length, bool(revisit))
