"""The history of an article: what its URL showed, and when, in the order of the captures."""

from __future__ import annotations

import gzip
import io
import json
from typing import Final

from storage import keys, ledger
from storage.index.index import BROKEN, SNAPSHOT
from storage.ledger import LED_TO, LedgerEntry
from storage.stores.json_objects import read_json
from storage.stores.store import Store

_SEARCHED: Final = 50_000_000
"""Bytes of a snapshot, unpacked, that are searched for an id: some 300,000 URLs."""


def by_moment(store: Store, outlet: str, url: str) -> list[LedgerEntry]:
    """The ledger of a canonical URL in the order of the moments at which it showed what an entry says; empty if it has none.

    A URL that only led to another gives the history of that one. One listing and a GET for each entry. Damaged names an
    entry that cannot be read.
    """
    entries = ledger.chain(store, outlet, keys.url_hash(url))
    if entries and all(entry.is_alias for entry in entries):
        target = (entries[-1].reason or "").removeprefix(LED_TO)
        entries = ledger.chain(store, outlet, keys.url_hash(target))
    return sorted(entries, key=lambda entry: (entry.seen_at, entry.n))


def place_of(store: Store, article_id: str) -> tuple[str, str] | None:
    """(outlet, canonical URL) of an article's id (`<outlet>:<native id>`); None if the archive has no such article.

    There is no index of ids. The snapshot in state/ mostly knows it: one GET of some 50 bytes for each URL of the outlet.
    Where it does not, the outlet's article keys are listed, which begin with the native id: a request for every 1,000.
    """
    outlet, _, native = article_id.partition(":")
    key = _in_snapshot(store, keys.checked_slug(outlet), article_id) or _among_articles(store, outlet, article_id, native)
    if key is None:
        return None
    kept = read_json(store, key)
    return kept["outlet"], kept["url"]


def _in_snapshot(store: Store, outlet: str, article_id: str) -> str | None:
    """Key of an article with this id; None also for a snapshot that cannot be read."""
    data = store.get(keys.state(outlet, SNAPSHOT))
    wanted, read = json.dumps(article_id, ensure_ascii=False).encode(errors="replace"), 0
    try:
        for line in gzip.GzipFile(fileobj=io.BytesIO(data or b"")):
            read += len(line)
            if read > _SEARCHED:
                return None
            if wanted in line and (key := _key_in(store, json.loads(line), article_id)):
                return key
    except BROKEN:
        return None
    return None


def _key_in(store: Store, row: object, article_id: str) -> str | None:
    """The article of a snapshot's row, if it is this id's and stands; a text held by another URL is filed under that one's id."""
    if not isinstance(row, list) or len(row) < 7 or row[6] != article_id or not isinstance(row[5], str):
        return None
    key = keys.checked_key(row[5])
    stands = key.startswith("articles/") and store.stat(key) is not None
    return key if stands and read_json(store, key)["id"] == article_id else None


def _among_articles(store: Store, outlet: str, article_id: str, native: str) -> str | None:
    names = (f"{native}.", f"{keys.url_hash(article_id)[:16]}.")
    for found in store.listing(keys.articles(outlet)):
        if found.key.rpartition("/")[2].startswith(names) and read_json(store, found.key)["id"] == article_id:
            return found.key
    return None
