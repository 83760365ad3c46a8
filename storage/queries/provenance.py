"""Which article was kept from which raw capture: the articles of an archive by WARC file, for re-reading.

One listing and one GET per article, by several threads; the findings lie in a temporary file on disk.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from itertools import groupby
from typing import Final

from storage import keys
from storage.errors import BadKey
from storage.parallel_map import parallel_map
from storage.queries.articles import article_keys
from storage.record import Json, Pointer
from storage.stores.store import Store
from storage.temporary import temporary_database

THREADS: Final = 16
_AHEAD: Final = 256
_POINTER: Final = tuple(field.name for field in fields(Pointer))
_TABLE: Final = """
CREATE TABLE origin (
    outlet TEXT, file TEXT, offset INTEGER, length INTEGER, record_id TEXT, digest TEXT, article TEXT PRIMARY KEY, chosen INTEGER
) WITHOUT ROWID;
"""
_ORDERED: Final = """
SELECT article, file, offset, length, record_id, digest FROM origin
WHERE outlet = ? AND chosen ORDER BY file = '', file, offset, article
"""
_BY_DIGEST: Final = "CREATE INDEX by_digest ON origin (digest) WHERE digest != ''"
_SAME_PAYLOAD: Final = """
SELECT file, offset, length, record_id, digest FROM origin WHERE digest = ? AND digest != '' AND record_id != ?
ORDER BY file, offset LIMIT 3
"""
"""Only a query that says so itself is known to fit an index of digests that are not empty."""


class Provenance:
    """The articles of some outlets, published in a span of days. Free it with `close`.

    Where the day of publication is unknown, the day of capture (UTC) stands for it. unreadable: {article, reason} of what
    stands under articles/ and is no article record.
    """

    def __init__(
        self, store: Store, outlets: Iterable[str] | None = None, since: date | None = None, until: date | None = None
    ) -> None:
        self._store = store
        self._since, self._until = since.isoformat() if since else "", until.isoformat() if until else "9999"
        self._database = temporary_database(_TABLE)
        self._lock = threading.Lock()
        self._unreadable: list[Json] = []
        prefixes = [keys.articles(outlet) for outlet in outlets] if outlets is not None else [keys.articles()]
        found = (key for prefix in prefixes for key in article_keys(store, prefix))
        deque(parallel_map(self._look, found, THREADS, _AHEAD), maxlen=0)
        self._database.execute(_BY_DIGEST)
        self.unreadable = sorted(self._unreadable, key=lambda each: str(each["article"]))

    def __len__(self) -> int:
        """How many articles there are to read again, those without raw bytes included."""
        with self._lock:
            return int(self._database.execute("SELECT count(*) FROM origin WHERE chosen").fetchone()[0])

    def shares(self, size: int) -> Iterator[tuple[str, list[Json]]]:
        """(outlet, the articles of some of its WARC files: {article, warc, same} each), by outlet, file and place in the file.

        warc: the pointer, or None without raw bytes; same: pointers to captures with the same payload, where there are such:
        the article's own may be a `revisit`, which holds none.

        Files next to each other are put together until there are `size` articles, since a crawl at a polite pace leaves many
        small ones; no file is in two shares. Articles without raw capture come last, at most `size` at once.
        """
        for (outlet,) in self._database.execute("SELECT DISTINCT outlet FROM origin WHERE chosen ORDER BY outlet").fetchall():
            share: list[Json] = []
            for file, rows in groupby(self._database.execute(_ORDERED, (outlet,)), lambda row: str(row[1])):
                for row in rows:
                    if not file and len(share) >= size:
                        yield outlet, share
                        share = []
                    share.append({"article": row[0], **(self._place(row[1:]) if file else {"warc": None})})
                if len(share) >= size:
                    yield outlet, share
                    share = []
            if share:
                yield outlet, share

    def _place(self, row: tuple[object, ...]) -> Json:
        same = self._database.execute(_SAME_PAYLOAD, (row[4], row[3])).fetchall()
        others = [dict(zip(_POINTER, other, strict=True)) for other in same]
        return {"warc": dict(zip(_POINTER, row, strict=True)), **({"same": others} if others else {})}

    def close(self) -> None:
        """Free the temporary file."""
        self._database.close()

    def _look(self, key: str) -> None:
        try:
            row = self._row(key, self._store.get(key) or b"")
        except (ValueError, TypeError, KeyError, BadKey) as error:
            with self._lock:
                self._unreadable.append({"article": key, "reason": f"is no article record ({error!r})"[:300]})
            return
        with self._lock:
            self._database.execute("INSERT INTO origin VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _row(self, key: str, data: bytes) -> tuple[object, ...]:
        kept: Json = json.loads(data)
        day = (kept["date_published"] or kept["capture"]["fetched_at"])[:10]
        chosen = self._since <= day <= self._until
        outlet = keys.checked_slug(kept["outlet"])
        warc = kept["capture"]["warc"]
        if warc is None:
            return (outlet, "", 0, 0, "", "", key, chosen)
        pointer = Pointer(**warc)
        keys.checked_key(pointer.file)
        return (outlet, pointer.file, pointer.offset, pointer.length, pointer.record_id, pointer.payload_digest, key, chosen)
