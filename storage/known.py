"""What is known about URLs and contents when a run begins, and what it learns.

The ledger (`urls/`) is the authority; this is its index for one run, kept in a temporary file on disk. It begins with
the snapshot that the last run left in `state/<outlet>/known.jsonl.gz` and is brought up to date from a listing of the
ledger the first time a URL is asked for that the snapshot does not have. A snapshot that is lost, stale, broken or of
another archive costs that listing and one GET per URL asked for, no more.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from storage import keys
from storage.errors import BadKey
from storage.ledger import CONTENT, Entry, read_entry
from storage.record import rfc3339
from storage.spill import temporary_database
from storage.store import Store

SURVEY_KEYS: Final = 50_000
"""How much of an outlet's ledger is listed at once (50 requests of a bucket); beyond it, shard by shard as needed."""
SNAPSHOT: Final = "known.jsonl.gz"
_VERSION: Final = 1

_TABLE: Final = """
CREATE TABLE url (
    outlet TEXT, hash BLOB, n INTEGER, fate TEXT, content BLOB, revision INTEGER, article TEXT,
    id TEXT, checked_at TEXT, hint TEXT, listed INTEGER DEFAULT 0, PRIMARY KEY (outlet, hash)
) WITHOUT ROWID;
CREATE INDEX content ON url (content) WHERE content IS NOT NULL;
"""
_SELECT: Final = "SELECT n, fate, content, revision, article, id, checked_at, hint, listed FROM url "
_SNAPSHOT_ROWS: Final = """
SELECT hash, n, fate, content, revision, article, id, checked_at, hint FROM url WHERE outlet = ? AND n > 0
"""
_UPSERT: Final = """
INSERT INTO url (outlet, hash, n, fate, content, revision, article, id, checked_at, hint)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = excluded.n, fate = excluded.fate, content = excluded.content,
    revision = excluded.revision, article = excluded.article, id = excluded.id,
    checked_at = excluded.checked_at, hint = excluded.hint
WHERE excluded.n >= url.n
"""
_LISTED: Final = """
INSERT INTO url (outlet, hash, n, listed) VALUES (?, ?, 0, ?)
ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed)
"""


@dataclass(frozen=True, slots=True)
class Known:
    """The last word on a URL.

    n, fate: number and fate of its last ledger entry (kept · revised · duplicate · not_an_article · gone).
    content_hash, revision, key, id: its last content (also when the URL is gone since), how many contents it had, the
    article that holds the last one, and the URL's own article id; None, 0, None, None if it never had one.
    checked_at: aware; the last look at the URL, as far as state/ knows, at least the last ledger entry.
    hint: what discovery said of the URL at that look (sitemap lastmod, WordPress modified), or None.
    """

    n: int
    fate: str
    content_hash: str | None
    checked_at: datetime
    hint: str | None = None
    revision: int = 0
    key: str | None = None
    id: str | None = None

    @property
    def stands(self) -> bool:
        """The URL shows its last content, as far as is known: the last entry is about content, not `gone`."""
        return self.fate in CONTENT


_BROKEN: Final = (OSError, EOFError, zlib.error, StopIteration, ValueError, TypeError, KeyError, sqlite3.Error, BadKey)
"""What reading a snapshot raises that was cut, overwritten or made by another program."""


class Index:
    """Thread-safe. Asks the store only where its methods say so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._database = temporary_database(_TABLE)
        self._loaded: set[str] = set()
        self._surveyed: dict[str, set[str] | Literal["whole"]] = {}
        self._newest: dict[str, str] = {}
        self._changed: set[str] = set()

    def last(self, outlet: str, url: str) -> Known | None:
        """The last word on a URL, None if the ledger has none.

        No request if the snapshot or this run knows; else a listing (once per outlet or shard), at most one GET.
        """
        hashed = keys.url_hash(url)
        with self._lock:
            self._load(outlet)
            row = self._row(outlet, hashed)
            if row is None:
                self._survey(outlet, hashed[:2])
                row = self._row(outlet, hashed)
        if row is None:
            return None
        known, listed = row
        if known is not None and known.n >= listed:
            return known
        entry = read_entry(self._store, outlet, hashed, listed)
        if entry is not None:
            self.learn(entry)
        with self._lock:
            row = self._row(outlet, hashed)
        return row[0] if row else None

    def entries(self, outlet: str, url: str) -> int:
        """How many entries the ledger has for a URL, by a fresh listing; reads none of them."""
        hashed = keys.url_hash(url)
        with self._lock:
            self._load(outlet)
            self._survey(outlet, hashed[:2])
            row = self._row(outlet, hashed)
        return max(row[0].n if row[0] else 0, row[1]) if row else 0

    def learn(self, entry: Entry) -> None:
        """An entry that stands in the ledger."""
        hashed = keys.url_hash(entry.url)
        content = entry.content_hash or entry.previous
        with self._lock:
            self._changed.add(entry.outlet)
            self._newest[entry.outlet] = keys.ledger(entry.outlet, hashed, entry.n)
            self._database.execute(
                _UPSERT,
                (
                    *(entry.outlet, bytes.fromhex(hashed)[:16], entry.n, entry.fate, _packed(content), entry.revision),
                    *(entry.article, entry.id, entry.at, entry.hint),
                ),
            )

    def checked(self, outlet: str, url: str, at: datetime, hint: str | None) -> None:
        """The URL was looked at and nothing is new. Writes no object; the next snapshot tells."""
        with self._lock:
            self._load(outlet)
            self._changed.add(outlet)
            self._database.execute(
                "UPDATE url SET checked_at = ?, hint = coalesce(?, hint) WHERE outlet = ? AND hash = ?",
                (rfc3339(at), hint, outlet, _short(url)),
            )

    def holder(self, content_hash: str) -> str | None:
        """Key of the article with this content, if an entry known here names it; the article is then complete."""
        with self._lock:
            row = self._database.execute(
                "SELECT article FROM url WHERE content = ? AND article IS NOT NULL LIMIT 1", (_packed(content_hash),)
            ).fetchone()
        return row[0] if row else None

    def save(self) -> None:
        """Leave a snapshot of every outlet about which something was learnt. Call after the manifest is written."""
        for outlet in sorted(self._changed & self._newest.keys()):
            # Compressed as it is read from disk: 110 bytes a URL, and never more of it in memory at once.
            gzip_stream = zlib.compressobj(level=1, wbits=31)
            parts = [gzip_stream.compress(line) for line in self._lines(outlet)]
            self._store.replace(keys.state(outlet, SNAPSHOT), b"".join((*parts, gzip_stream.flush())))
        self._changed.clear()

    def close(self) -> None:
        """Free the temporary file."""
        with self._lock:
            self._database.close()

    def _row(self, outlet: str, hashed: str) -> tuple[Known | None, int] | None:
        """(what is known, the highest entry a listing showed)."""
        row = self._database.execute(_SELECT + "WHERE outlet = ? AND hash = ?", (outlet, bytes.fromhex(hashed)[:16])).fetchone()
        if row is None:
            return None
        n, fate, content, revision, article, article_id, checked_at, hint, listed = row
        if not n:
            return None, listed
        digest = f"sha256:{content.hex()}" if content else None
        return Known(n, fate, digest, datetime.fromisoformat(checked_at), hint, revision, article, article_id), listed

    def _load(self, outlet: str) -> None:
        """Take the snapshot in, if there is one that can be read and that speaks of this archive."""
        if outlet in self._loaded:
            return
        data = self._store.get(keys.state(outlet, SNAPSHOT))
        self._loaded.add(outlet)
        try:
            lines = gzip.GzipFile(fileobj=io.BytesIO(data or b""))
            header = json.loads(next(lines))
            # A snapshot copied from another archive would hide URLs for ever: it must name an entry that stands here.
            if header["version"] != _VERSION or self._store.stat(keys.checked_key(header["newest"])) is None:
                return
            self._database.execute("BEGIN")
            self._database.executemany(_UPSERT, (_unpacked(outlet, line) for line in lines))
            self._database.execute("COMMIT")
            self._newest[outlet] = header["newest"]
        except _BROKEN:
            # Broken: forget it whole. With the journal off a ROLLBACK is not defined, so the rows are deleted.
            if self._database.in_transaction:
                self._database.execute("COMMIT")
            self._database.execute("DELETE FROM url WHERE outlet = ?", (outlet,))

    def _lines(self, outlet: str) -> Iterator[bytes]:
        yield _line({"version": _VERSION, "newest": self._newest[outlet]})
        with self._lock:
            for hashed, n, fate, content, *rest in self._database.execute(_SNAPSHOT_ROWS, (outlet,)):
                yield _line([hashed.hex(), n, fate, content.hex() if content else None, *rest])

    def _survey(self, outlet: str, shard: str) -> None:
        """List the outlet's ledger as far as it was not listed in this run: whole if it is small, else the shard."""
        done = self._surveyed.get(outlet)
        if done is None:
            self._surveyed[outlet] = done = self._list_start(outlet)
        if done != "whole" and shard not in done:
            self._note(outlet, (found.key for found in self._store.listing(keys.ledger_shard(outlet, shard))))
            done.add(shard)

    def _list_start(self, outlet: str) -> set[str] | Literal["whole"]:
        """List up to SURVEY_KEYS keys; returns which shards that was, less the one in which the listing stopped."""
        prefix, count, last = keys.ledger_shard(outlet), 0, ""

        def some() -> Iterator[str]:
            nonlocal count, last
            for found in self._store.listing(prefix):
                count, last = count + 1, found.key
                yield last
                if count >= SURVEY_KEYS:
                    return

        self._note(outlet, some())
        if count < SURVEY_KEYS:
            return "whole"
        stopped = last.removeprefix(prefix)[:2]
        return {f"{number:02x}" for number in range(256) if f"{number:02x}" < stopped}

    def _note(self, outlet: str, listed: Iterator[str]) -> None:
        rows = ((outlet, bytes.fromhex(hashed)[:16], n) for hashed, n in map(keys.ledger_parts, listed) if n)
        self._database.execute("BEGIN")
        try:
            self._database.executemany(_LISTED, rows)
        finally:
            self._database.execute("COMMIT")


def _short(url: str) -> bytes:
    return bytes.fromhex(keys.url_hash(url))[:16]


def _packed(content_hash: str | None) -> bytes | None:
    return bytes.fromhex(keys.hex_of(content_hash)) if content_hash else None


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def _unpacked(outlet: str, line: bytes) -> tuple[Any, ...]:
    """A row for _UPSERT. ValueError or TypeError if the line is not what `Index._lines` wrote."""
    hashed, n, fate, digest, revision, article, article_id, checked_at, hint = json.loads(line)
    datetime.fromisoformat(checked_at)
    content = bytes.fromhex(digest) if digest else None
    return outlet, bytes.fromhex(hashed), int(n), fate, content, int(revision), article, article_id, checked_at, hint
