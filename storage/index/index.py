"""What is known about URLs and contents when a run begins, and what it learns.

The ledger (`urls/`) is the authority; this is its index for one run, kept in a temporary file on disk. It begins with
the snapshot that the last run left in `state/<outlet>/known.jsonl.gz` and is brought up to date from a listing of the
ledger the first time a URL is asked for that the snapshot does not have. A snapshot that is lost, stale, broken or of
another archive costs that listing and one GET per URL asked for, no more.

What a later visit needs (address, publication, validators) is remembered of young articles only, so that a snapshot
does not grow with it; the ledger does not have it. Losing it loses the visits to articles that no source names any more.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from storage import keys
from storage.errors import BadKey
from storage.index import rows
from storage.index.rows import Known, KnownArticle, RevisitCandidate, RevisitHints
from storage.ledger import LedgerEntry, read_entry
from storage.record import rfc3339
from storage.stores.store import Store
from storage.temporary import temporary_database

__all__ = ["BROKEN", "SNAPSHOT", "ArchiveIndex", "Known", "KnownArticle", "RevisitCandidate", "RevisitHints"]

SURVEY_KEYS: Final = 50_000
"""How much of an outlet's ledger is listed at once (50 requests of a bucket); beyond it, shard by shard as needed."""
SNAPSHOT: Final = "known.jsonl.gz"
BROKEN: Final = (OSError, EOFError, zlib.error, StopIteration, ValueError, TypeError, KeyError, sqlite3.Error, BadKey)
"""What reading a snapshot raises that was cut, overwritten or made by another program."""


class ArchiveIndex:
    """Thread-safe. Asks the store only where its methods say so."""

    def __init__(self, store: Store, remember_for: timedelta = timedelta()) -> None:
        """remember_for: how long after its publication an article may be visited again."""
        self._store, self._remember_for = store, remember_for
        self._lock = threading.RLock()
        self._database = temporary_database(rows.TABLE)
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
            if entry.older and (known is None or known.standing < (entry.stands or 0)):
                standing = read_entry(self._store, outlet, hashed, entry.stands or 0)
                if standing is not None:
                    self.learn(standing)
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

    def learn(self, entry: LedgerEntry, again: RevisitHints | None = None) -> None:
        """An entry that stands in the ledger. An older one is learnt after the entry that the URL stands at."""
        hashed = keys.url_hash(entry.url)
        where = (entry.outlet, bytes.fromhex(hashed)[:16])
        content = rows.packed(entry.content_hash or entry.previous)
        with self._lock:
            self._changed.add(entry.outlet)
            self._newest[entry.outlet] = keys.ledger(entry.outlet, hashed, entry.n)
            if entry.older:
                row: tuple[Any, ...] = (entry.n, entry.revision, content, entry.article, entry.id, *where, entry.n)
                self._database.execute(rows.OLDER, row)
                return
            self._database.execute(
                rows.UPSERT,
                (
                    *(*where, entry.n, entry.fate, content, entry.revision, entry.article, entry.id, entry.at, entry.hint),
                    *(rows.micros(entry.seen_at), entry.n),
                    rows.micros(entry.seen_at) if entry.unconfirmed else None,
                    *((entry.url, *rows.again_columns(again)) if again else (None,) * 4),
                ),
            )

    def checked(
        self,
        outlet: str,
        url: str,
        at: datetime,
        hint: str | None,
        *,
        moment: datetime | None = None,
        again: RevisitHints | None = None,
    ) -> None:
        """The URL was looked at and nothing is new. Writes no object; the next snapshot tells.

        moment: when it showed what it showed (`at` if not given).
        """
        with self._lock:
            self._load(outlet)
            self._changed.add(outlet)
            address, published, validators = rows.again_columns(again) if again else (None, None, None)
            told = (rfc3339(at), hint, rows.micros(moment or at), address, url if again else None, published, validators)
            self._database.execute(rows.CHECKED, (*told, outlet, rows.short(url)))

    def young(self, outlet: str) -> Iterator[RevisitCandidate]:
        """The articles of an outlet that may have to be visited again, the newest first, as the snapshot knew them."""
        with self._lock:
            self._load(outlet)
            young = self._database.execute(rows.YOUNG, (outlet,)).fetchall()
        for url, address, checked_at, published, gone_since in young:
            yield RevisitCandidate(
                url, address, datetime.fromisoformat(checked_at), rows.instant(published), rows.since(gone_since)
            )

    def standing(self, outlet: str, query: str, *values: object) -> list[KnownArticle]:
        """The articles that a query of `known_rows` gives, as the snapshot and this run know them; asks nothing of the ledger."""
        with self._lock:
            self._load(outlet)
            return [rows.standing(row) for row in self._database.execute(query, (outlet, *values))]

    def holder(self, content_hash: str) -> str | None:
        """Key of the article with this content, if an entry known here names it; the article is then complete."""
        with self._lock:
            row = self._database.execute(
                "SELECT article FROM url WHERE content = ? AND article IS NOT NULL LIMIT 1", (rows.packed(content_hash),)
            ).fetchone()
        return row[0] if row else None

    @property
    def changed(self) -> list[str]:
        """The outlets about which something was learnt: those of which `save` leaves a snapshot."""
        with self._lock:
            return sorted(self._changed & self._newest.keys())

    def save(self, now: datetime) -> None:
        """Leave a snapshot of every outlet about which something was learnt. Call after the manifest is written."""
        for outlet in self.changed:
            # Compressed as it is read from disk: 120 bytes a URL, and never more of it in memory at once.
            gzip_stream = zlib.compressobj(level=1, wbits=31)
            parts = [gzip_stream.compress(line) for line in self._lines(outlet, now)]
            self._store.replace(keys.state(outlet, SNAPSHOT), b"".join((*parts, gzip_stream.flush())))
        self._changed.clear()

    def close(self) -> None:
        """Free the temporary file."""
        with self._lock:
            self._database.close()

    def _row(self, outlet: str, hashed: str) -> tuple[Known | None, int] | None:
        """(what is known, the highest entry a listing showed)."""
        row = self._database.execute(
            rows.SELECT + "WHERE outlet = ? AND hash = ?", (outlet, bytes.fromhex(hashed)[:16])
        ).fetchone()
        return None if row is None else rows.known(row)

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
            if header["version"] != rows.VERSION or self._store.stat(keys.checked_key(header["newest"])) is None:
                return
            self._database.execute("BEGIN")
            self._database.executemany(rows.UPSERT, (rows.from_snapshot(outlet, line) for line in lines))
            self._database.execute("COMMIT")
            self._newest[outlet] = header["newest"]
        except BROKEN:
            # Broken: forget it whole. With the journal off a ROLLBACK is not defined, so the rows are deleted.
            if self._database.in_transaction:
                self._database.execute("COMMIT")
            self._database.execute("DELETE FROM url WHERE outlet = ?", (outlet,))

    def _lines(self, outlet: str, now: datetime) -> Iterator[bytes]:
        yield rows.snapshot_line({"version": rows.VERSION, "newest": self._newest[outlet]})
        with self._lock:
            for hashed, n, fate, content, *rest in self._database.execute(rows.ALL, (outlet,)):
                told, again = rest[:-4], rest[-4:]
                if not self._remembered(told[3], told[7], again[2], now):
                    again = []
                yield rows.snapshot_line([hashed.hex(), n, fate, content.hex() if content else None, *told, *again])

    def _remembered(self, checked_at: str, gone_since: int | None, published: int | None, now: datetime) -> bool:
        """Whether the article may be visited again: a last visit is to come, or a removal is to be confirmed.

        For twice the time at most: what was not to be reached for so long is given up.
        """
        if published is None:
            return False
        last = rows.instant(published) + self._remember_for
        return now < last + self._remember_for and (datetime.fromisoformat(checked_at) < last or gone_since is not None)

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
        found = ((outlet, bytes.fromhex(hashed)[:16], n) for hashed, n in map(keys.ledger_parts, listed) if n)
        self._database.execute("BEGIN")
        try:
            self._database.executemany(rows.LISTED, found)
        finally:
            self._database.execute("COMMIT")
