"""Shards of the index: a row is found where it was put, however shards were split and whichever depth is remembered."""

from __future__ import annotations

import random

import pytest

from infra.bench.stores import MeteredStore
from storage.index.rows import IndexRow, of_entry
from storage.index.shards import Shards
from tests.storage.index.test_large_index import NOON, OUTLET, entry
from tests.storage.newsroom import MemoryStore


def rows(*numbers: int) -> list[IndexRow]:
    return [of_entry(*entry(number, NOON)) for number in numbers]


def put(shards: Shards, changed: list[IndexRow]) -> None:
    for shard, part in shards.parted(changed):
        shards.write(shard.prefix, {row.hash: row for row in (*(shard.rows or ()), *part)}.values())


@pytest.mark.parametrize("seed", range(5))
def test_a_row_is_found_at_whatever_depth_it_lies(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards are split while others have no row yet, and the depth that is remembered is that of any of them."""
    monkeypatch.setattr("storage.index.shards.MOST_ROWS", 4)
    chance, store = random.Random(seed), MemoryStore()
    put_so_far: dict[bytes, IndexRow] = {}
    for at in range(0, 120, 6):
        shards = Shards(store, OUTLET, "token", depth=chance.randrange(1, 6), least_depth=1)
        put(shards, new := rows(*range(at, at + 6)))
        put_so_far |= {row.hash: row for row in new}
        for row in put_so_far.values():
            shards = Shards(store, OUTLET, "token", depth=chance.randrange(1, 6), least_depth=1)
            shard = shards.find(row.hash)
            assert row in (shard.rows or ())
            assert shard.first <= row.hash <= shard.last


def test_a_shard_without_rows_costs_one_request() -> None:
    """Nothing lies above the depth at which shards were begun. Of an index that does not say it, every level is asked."""
    for least, requests in ((3, 1), (None, 4)):
        store = MeteredStore(MemoryStore())
        assert Shards(store, OUTLET, "token", 3, least).find(rows(1)[0].hash).rows == []
        assert store.requests.total() == requests
