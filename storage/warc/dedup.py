"""Payloads that a run has written, by SHA-256: a repeated one becomes a `revisit` (WARC 1.1 §6.7) of the record that has it.

In a temporary SQLite file, so that memory does not grow with the crawl.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from storage.temporary import temporary_database
from storage.warc.records import Original


class PayloadIndex:
    """Thread-safe. `sha256:<hex>` of a payload → the record that holds it, once that record is durable."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = temporary_database(
            "CREATE TABLE payload (digest BLOB PRIMARY KEY, record TEXT, url TEXT, at TEXT) WITHOUT ROWID"
        )

    def holder(self, digest: str) -> Original | None:
        """The record that holds the payload; None if the run has written none."""
        with self._lock:
            row = self._database.execute("SELECT record, url, at FROM payload WHERE digest = ?", (_key(digest),)).fetchone()
        return Original(row[0], row[1], datetime.fromisoformat(row[2])) if row else None

    def learn(self, found: Iterable[tuple[str, Original]]) -> None:
        """Adds durable records by the digest of their payload. The first record of a payload is kept, later ones are ignored."""
        rows = [(_key(digest), each.record_id, each.url, each.at.isoformat()) for digest, each in found]
        with self._lock:
            self._database.executemany("INSERT OR IGNORE INTO payload VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Removes the temporary file."""
        with self._lock:
            self._database.close()


def _key(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))
