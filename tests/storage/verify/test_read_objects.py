"""Objects that are read at once: no more of them than there are readers wait for whoever takes them."""

from __future__ import annotations

import pytest

from storage.verify.read_objects import look_up, read_all
from tests.storage.newsroom import MemoryStore, WrappedStore


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_is_read_ahead_is_bounded_by_the_readers(jobs: int) -> None:
    """Parts of a manifest are large: each of them is a batch of its own."""
    store = WrappedStore(MemoryStore())
    parts = [f"runs/2026/11/30/01910000-0000-7000-8000-000000000000.files-{number}.jsonl" for number in range(20)]
    for key in parts:
        store.create(key, b'{"key":"articles/a.json","sha256":"' + b"0" * 64 + b'","bytes":1}\n')
    taken = 0
    for batch in look_up(store, parts, jobs):
        assert store.calls["get"] <= taken + jobs
        taken += len(batch)
        assert [found.key for found, _ in batch] == parts[taken - 1 : taken]
    assert taken == len(parts)


def test_small_objects_are_read_together() -> None:
    store = MemoryStore()
    for number in range(100):
        store.create(f"urls/enab_baladi/{number:02}/x/1.json", b"{}")
    assert [len(batch) for batch in read_all(store, store.listing("urls/"), 2)] == [32, 32, 32, 4]
