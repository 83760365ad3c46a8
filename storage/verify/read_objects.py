"""Many objects, read at once by several threads, with what each of them says."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from storage.stores.store import Store, Stored
from storage.verify.objects import read
from storage.verify.pass_database import ObjectRows

Batch = list[tuple[Stored, ObjectRows]]

_OBJECTS: Final = 32
_BYTES: Final = 1 << 20
"""A batch is read by one thread: so many objects, or fewer if they are large. A WARC file is one alone."""


def read_all(store: Store, listed: Iterable[Stored], jobs: int) -> Iterator[Batch]:
    """Read objects, `jobs` at a time; at most twice as many batches are under way, so memory is bounded by them."""
    if jobs == 1:
        for batch in _batches(listed):
            yield _read(store, batch)
        return
    pool = ThreadPoolExecutor(jobs, "verify")
    try:
        under_way: deque[Future[Batch]] = deque()
        for batch in _batches(listed):
            under_way.append(pool.submit(_read, store, batch))
            if len(under_way) >= 2 * jobs:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def look_up(store: Store, keys: Iterable[str], jobs: int) -> Iterator[Batch]:
    """The same for objects that somebody named: those that are not there are left out."""
    for batch in read_all(store, (Stored(key, 0, 0.0) for key in keys), jobs):
        yield [(found._replace(size=object_rows.bytes), object_rows) for found, object_rows in batch if object_rows.sha256]


def _read(store: Store, batch: list[Stored]) -> Batch:
    return [(found, read(store, found)) for found in batch]


def _batches(listed: Iterable[Stored]) -> Iterator[list[Stored]]:
    batch: list[Stored] = []
    size = 0
    for found in listed:
        batch.append(found)
        size += found.size
        if len(batch) >= _OBJECTS or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
