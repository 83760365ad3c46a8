"""The indexes that a killed run did not come to write: made from its WARC files, byte for byte what it would have written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.stores.store import Store
from storage.warc import cdxj
from storage.warc.segment_writer import CDXJ_TYPE

ASTRAY: Final = timedelta(days=2)
"""How far back a run's clock may be set while it works, and its files are still found."""


def complete_indexes(store: Store, run_id: str, started: datetime) -> list[str]:
    """Write the CDXJ of each WARC file of a run that has none; their keys. A damaged file is left to `verify`.

    Costs two listings for each outlet and day with captures from ASTRAY before the run's start on. There is no last day: the
    clock that named the files may have been ahead of ours.
    """
    written: list[str] = []
    for outlet in _outlets(store):
        for day in _days(store, outlet, started.date() - ASTRAY):
            found = [each.key for each in store.listing(f"{keys.warcs(outlet)}captured={day}/{run_id}-")]
            files = [key for key in found if key.endswith(".warc.gz") and keys.cdxj(key) not in found]
            written += [keys.cdxj(key) for key in files if _index(store, key)]
    return written


def _index(store: Store, key: str) -> bool:
    data = store.get(key)
    try:
        index = cdxj.of_file(data or b"", key)
    except Damaged:
        return False
    store.create(keys.cdxj(key), index, CDXJ_TYPE)
    return True


def _outlets(store: Store) -> Iterator[str]:
    """The outlets that have raw captures; one request each."""
    after = ""
    while found := next(iter(store.listing(keys.warcs(), start_after=after)), None):
        outlet = found.key.removeprefix(keys.warcs()).partition("/")[0]
        yield outlet.removeprefix("outlet=")
        after = f"{keys.warcs()}{outlet}/~"  # sorts after all that an outlet's keys can go on with


def _days(store: Store, outlet: str, first: date) -> Iterator[str]:
    """The days from the first on that have captures of an outlet; one request each."""
    begin = f"{keys.warcs(outlet)}captured="
    after = f"{begin}{first}"
    while found := next(iter(store.listing(begin, start_after=after)), None):
        day = found.key.removeprefix(begin).partition("/")[0]
        yield day
        after = f"{begin}{day}/~"
