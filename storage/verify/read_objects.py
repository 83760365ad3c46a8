"""Many objects, read at once by several threads, with what each of them says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from storage.batched import batched
from storage.parallel_map import parallel_map
from storage.stores.store import Store, Stored
from storage.verify.object_rows import ObjectRows
from storage.verify.objects import read

Batch = list[tuple[Stored, ObjectRows]]

_OBJECTS: Final = 32
_BYTES: Final = 1 << 20
"""A batch is read by one thread: so many objects, or fewer if they are large. A WARC file is one alone."""


def read_all(store: Store, listed: Iterable[Stored], jobs: int) -> Iterator[Batch]:
    """Read objects, `jobs` at a time. No more batches are under way, so memory is bounded by them: what a megabyte of manifests
    lists takes two and a half.
    """

    def read_batch(batch: list[Stored]) -> Batch:
        return [(found, read(store, found)) for found in batch]

    batches = batched(listed, _OBJECTS, lambda found: found.size, _BYTES)
    return map(read_batch, batches) if jobs == 1 else parallel_map(read_batch, batches, jobs)


def look_up(store: Store, keys: Iterable[str], jobs: int) -> Iterator[Batch]:
    """The same for objects that somebody named: those that are not there are left out."""
    # How large they are is not known; but a manifest or a part of one may list thousands of objects, and is a batch alone.
    named = (Stored(key, _BYTES if key.startswith("runs/") else 0, 0.0) for key in keys)
    for batch in read_all(store, named, jobs):
        yield [
            (found._replace(size=object_rows.bytes), object_rows) for found, object_rows in batch if not object_rows.is_missing
        ]
