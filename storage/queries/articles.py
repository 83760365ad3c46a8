"""The kept articles in the order of their keys: outlet, day of capture, id. Only those that may match the days are read.

An article cannot be captured before it is published, so for articles published since a day only the days of capture from then
on are listed: that of a capture of a web archive is the day it was fetched, later still. Readers of pages refuse dates of
publication more than a day after the capture (two by the outlet's zone); TOLERANCE is one day more, for clocks that are off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Final

from storage import keys
from storage.record import Json
from storage.stores.ask_ahead import ask_ahead
from storage.stores.folders import folders
from storage.stores.json_objects import read_article
from storage.stores.store import Store

TOLERANCE: Final = timedelta(days=3)


def published(store: Store, outlet: str | None, since: date | None, until: date | None) -> Iterator[Json]:
    """The records of articles published from one day to another, both inclusive; None: of all days.

    Where the day of publication is unknown, the day of capture (UTC) stands for it. Damaged names a record that cannot be read.
    """
    return (record for record in candidates(store, outlet, since) if is_published(record, since, until))


def candidates(store: Store, outlet: str | None, since: date | None) -> Iterator[Json]:
    """The records of articles that may have been published since a day: all that were captured since (less TOLERANCE)."""
    return _records(store, _listed(store, outlet, since))


def is_published(record: Json, since: date | None, until: date | None) -> bool:
    """Whether the article was published in these days (as `published` takes them)."""
    day = (record["date_published"] or record["capture"]["fetched_at"])[:10]
    return (since is None or day >= since.isoformat()) and (until is None or day <= until.isoformat())


def outlets(store: Store) -> Iterator[str]:
    """The outlets that have articles; one request each."""
    names = (name.removeprefix("outlet=") for name in folders(store, keys.articles()) if name.startswith("outlet="))
    return filter(keys.is_slug, names)


def article_keys(store: Store, prefix: str, start_after: str = "") -> Iterator[str]:
    """The keys of the articles under a prefix, sorted. What else lies there is no article: `verify` names it."""
    return (each.key for each in store.listing(prefix, start_after) if keys.article_parts(each.key) is not None)


def _listed(store: Store, outlet: str | None, since: date | None) -> Iterator[str]:
    if since is None:
        yield from article_keys(store, keys.articles(outlet))
        return
    first = since - TOLERANCE if since - date.min > TOLERANCE else date.min
    for each in [outlet] if outlet is not None else outlets(store):
        prefix = keys.articles(each)
        yield from article_keys(store, prefix, f"{prefix}captured={first}")


def _records(store: Store, wanted: Iterable[str]) -> Iterator[Json]:
    return ask_ahead(store, partial(read_article, store), wanted)
