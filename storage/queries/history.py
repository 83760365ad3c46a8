"""The history of an article: what its URL showed, and when, in the order of the captures."""

from __future__ import annotations

from itertools import islice
from typing import Final

from storage import keys, ledger
from storage.index import recent_file
from storage.index.shards import BROKEN
from storage.ledger import LED_TO, LedgerEntry
from storage.queries.by_id import key_of
from storage.stores.json_objects import find_json, read_article
from storage.stores.store import Store

_SEARCHED: Final = 300_000
"""Rows that are searched for an id, in a file of an earlier version, which has all."""


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

    The recent file in state/ may know it, else the index of ids (`storage.queries.by_id`) does.
    """
    outlet = keys.checked_slug(article_id.partition(":")[0])
    key = _in_recent_file(store, outlet, article_id) or key_of(store, article_id)
    if key is None:
        return None
    kept = read_article(store, key)
    return kept["outlet"], kept["url"]


def _in_recent_file(store: Store, outlet: str, article_id: str) -> str | None:
    """Key of an article with this id among those used lately; None also for a file that cannot be read."""
    try:
        _, recent = recent_file.read(store, outlet, lambda _: False)
        found = [row.article for row, *_ in islice(recent, _SEARCHED) if row.id == article_id and row.article]
    except BROKEN:
        return None
    return next((key for key in found if _holds(store, key, article_id)), None)


def _holds(store: Store, key: str, article_id: str) -> bool:
    """Whether the article stands and is this id's: a text held by another URL is filed under that one's id."""
    return keys.checked_key(key).startswith("articles/") and (find_json(store, key) or {}).get("id") == article_id
