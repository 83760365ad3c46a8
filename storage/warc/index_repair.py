"""The indexes that a killed run did not come to write: made from its WARC files, byte for byte what it would have written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.stores.folders import folders
from storage.stores.store import Store
from storage.warc import cdxj
from storage.warc.segment_writer import CDXJ_TYPE

CLOCK_SLACK: Final = timedelta(days=2)
"""How far back a run's clock may be set while it works, and its files are still found."""


def complete_indexes(store: Store, run_id: str, started: datetime) -> list[str]:
    """Write the CDXJ of each WARC file of a run that has none; their keys. A damaged file is left to `verify`.

    Costs two listings for each outlet and day with captures from CLOCK_SLACK before the run's start on. There is no last day: the
    clock that named the files may have been ahead of ours.
    """
    written: list[str] = []
    for outlet in folders(store, keys.warcs()):
        for day in folders(store, f"{keys.warcs()}{outlet}/", f"captured={started.date() - CLOCK_SLACK}"):
            found = [each.key for each in store.listing(f"{keys.warcs()}{outlet}/{day}/{run_id}-")]
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
