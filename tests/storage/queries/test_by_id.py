"""The index of ids: finds what the archive has, whoever makes it, wherever a maker stops, at a cost that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.bench.scale import OUTLETS, filled
from infra.bench.stores import MeteredStore
from storage import Archive, Capture
from storage.errors import Damaged, NotWritable
from storage.queries import by_id
from storage.queries.by_id import INDEX, key_of
from tests.storage.newsroom import NOON, MemoryStore, WrappedStore, article, begin, keep_all


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that happens to a large index, happens to a small one."""
    for name, value in {"_SMALL": 3, "MOST_ROWS": 4, "MOST_RECENT": 5, "_LEFT_AFTER": 2}.items():
        monkeypatch.setattr(by_id, name, value)


def found(archive: Archive, number: int, outlet: str = "enab_baladi") -> bool:
    article_id = article(number, outlet=outlet).id
    key = key_of(archive.store, article_id)
    assert key is None or archive.get(key)["id"] == article_id
    return key is not None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("keep"), st.lists(st.integers(0, 60), min_size=1, max_size=9, unique=True)),
        st.tuples(st.just("ask"), st.lists(st.integers(0, 60), min_size=1, max_size=3)),
        st.tuples(st.sampled_from(["lose index", "lose a shard", "restore index", "keep index"]), st.just([0])),
    ),
    max_size=14,
)


A_SHARD_IS_LOST = ("lose a shard", [0])


@settings(max_examples=25)
@given(STEPS)
@example([("keep", [0, 7, 8, 26]), ("ask", [0]), ("keep", [0, 1, 2, 3, 4, 5, 6]), A_SHARD_IS_LOST, ("ask", [1, 26])])
def test_it_finds_what_is_there_and_nothing_else(steps: list[tuple[str, list[int]]]) -> None:
    """Whatever was kept between two questions, and whatever became of its files: lost, or put back as they once were."""
    archive, there, hour = Archive(MemoryStore()), set(), 0
    keep_all(archive, article(1000, outlet="smart"))
    store = archive.store
    assert isinstance(store, MemoryStore)
    kept: bytes | None = None
    for step, numbers in steps:
        if step == "keep":
            hour += 1
            keep_all(archive, *map(article, numbers), at=NOON + timedelta(hours=hour))
            there |= set(numbers)
        elif step == "ask":
            for number in numbers:
                assert found(archive, number) == (number in there)
        elif step == "lose index":
            store.drop(INDEX)
        elif step == "lose a shard":
            store.drop("state/by-id/3")
        elif step == "keep index":
            kept = store.get(INDEX)
        elif kept is not None:
            store.replace(INDEX, kept)
    for number in range(0, 61, 5):
        assert found(archive, number) == (number in there)
    assert found(archive, 1000, "smart")


def test_a_reader_that_may_not_write_finds_it_too() -> None:
    """It lists the outlet's articles."""

    class ReadOnly(WrappedStore):
        def replace(self, key: str, data: bytes) -> None:
            raise NotWritable("no")

    archive = Archive(MemoryStore())
    keep_all(archive, *(article(n) for n in range(20)))
    assert found(Archive(ReadOnly(archive.store)), 7)
    assert not found(Archive(ReadOnly(archive.store)), 70)


def test_two_makers_at_once_leave_an_index_that_finds_all() -> None:
    """One writes its shards while the other is between its own and its index."""
    archive = Archive(MemoryStore())
    keep_all(archive, *(article(n) for n in range(40)))

    class Overtaken(WrappedStore):
        def before(self, call: str, key: str) -> None:
            if (call, key) == ("replace", INDEX) and not self.calls["overtaken"]:
                self.calls["overtaken"] += 1
                keep_all(archive, article(100), at=NOON + timedelta(hours=1))
                assert found(archive, 100)

    assert found(Archive(Overtaken(archive.store)), 7)
    for number in (*range(40), 100):
        assert found(archive, number)
    assert not found(archive, 200)


def test_an_article_that_cannot_be_read_is_named() -> None:
    archive = Archive(MemoryStore())
    keep_all(archive, *(article(n) for n in range(9)))
    key = key_of(archive.store, article(5).id)
    archive.store.objects[key] = (b"{", 0.0)  # type: ignore[attr-defined, index]
    with pytest.raises(Damaged, match="captured="):
        key_of(archive.store, article(5).id)


def test_odd_ids_are_found_by_what_stands_for_them() -> None:
    archive = Archive(MemoryStore())
    odd = replace(article(3), id="enab_baladi:خبر/3?")
    keep_all(archive, odd, *(article(n) for n in range(10, 20)))
    assert archive.get(key_of(archive.store, odd.id) or "")["id"] == odd.id


@pytest.fixture(params=[500, 4_000])
def sized(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Archives of five outlets."""
    monkeypatch.setattr(by_id, "MOST_ROWS", 100)
    return filled(request.param)


@pytest.mark.slow
def test_what_a_history_costs_does_not_grow(sized: Archive) -> None:
    """Recent file, index, shard, article, a listing of the ledger, its entry; one listing more of the log for an unknown id."""
    sized.history(f"{OUTLETS[1]}:999999")  # makes it
    for article_id, most in ((f"{OUTLETS[0]}:5", 8), (f"{OUTLETS[0]}:999999", 7)):
        store = MeteredStore(sized.store)
        assert bool(Archive(store).history(article_id)) == (most == 8)
        assert store.requests.total() <= most, store.by_key


def test_a_crawl_never_writes_it() -> None:
    archive = Archive(MemoryStore())
    keep_all(archive, *(article(n) for n in range(30)))
    run = begin(archive, NOON + timedelta(hours=1))
    run.keep(article(50), Capture(fetched_at=NOON + timedelta(hours=1), status=200))
    run.finish()
    assert archive.store.get(INDEX) is None
