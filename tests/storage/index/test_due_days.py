"""The files of days on which visits are due: a day with many rows costs a run no more than one with few."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bench.stores import MeteredStore
from infra.testing.traced_memory import traced_memory
from storage.index.due_days import DueDays, checked
from storage.index.rows import IndexRow
from storage.index.shards import MOST_ROWS
from tests.storage.newsroom import MemoryStore

OUTLET, DAY = "enab_baladi", date(2026, 11, 30)


def row(number: int, n: int = 1) -> IndexRow:
    """The row of a URL, as n entries of the ledger leave it."""
    hashed = (number * 2_654_435_761 % (1 << 128)).to_bytes(16)
    at, url = "2026-11-29T12:00:00Z", f"https://www.enab_baladi.example/archives/{number}"
    return IndexRow(hashed, n, "kept", None, 1, None, None, at, None, 0, n, None, url, url, 0, "{}")


def added(days: DueDays, numbers: range, day: date = DAY, n: int = 1) -> None:
    """Note rows for a day and write them."""
    of = {row(number).hash: number for number in numbers}
    for hashed in of:
        days.add(day, hashed)
    days.write(lambda hashed: row(of[hashed], n))


def test_a_day_of_many_rows_is_given_back_whole_the_last_that_was_noted_first() -> None:
    store = MemoryStore()
    days = DueDays(store, OUTLET, "t", [])
    added(days, range(2 * MOST_ROWS + 7))
    added(days, range(5), n=2)
    again = DueDays(store, OUTLET, "t", list(map(checked, days.files)))
    rows = list(again.take(DAY))
    assert {each.hash for each in rows} == {row(number).hash for number in range(2 * MOST_ROWS + 7)}
    first = {each.hash: each.n for each in reversed(rows)}
    assert [first[row(number).hash] for number in range(5)] == [2] * 5
    assert again.files == []


def test_a_row_more_costs_a_get_and_a_put_however_many_the_day_has() -> None:
    memory = MemoryStore()
    days = DueDays(memory, OUTLET, "t", [])
    added(days, range(5 * MOST_ROWS + 1))
    store = MeteredStore(memory)
    added(DueDays(store, OUTLET, "t", days.files), range(5 * MOST_ROWS + 1, 5 * MOST_ROWS + 2))
    assert dict(store.requests) == {"GET": 1, "PUT": 1}
    assert store.bytes < 10_000


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows_of_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.index.due_days.MOST_ROWS", 200)

    def note(numbers: dict[bytes, int]) -> None:
        days = DueDays(Disk(), OUTLET, "t", [])
        for hashed in numbers:
            days.add(DAY, hashed)
        days.write(lambda hashed: row(numbers[hashed]))

    rows = ({row(number).hash: number for number in range(files * 200)} for files in (1, 8))
    peaks = [traced_memory(partial(note, numbers)).peak for numbers in rows]
    assert peaks[1] < peaks[0] * 1.5


class Disk(MemoryStore):
    """A store that holds nothing in memory of what is written."""

    def replace(self, key: str, data: bytes) -> None:
        """As if it stood."""


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40)), max_size=6), st.integers(0, 4))
def test_what_is_due_is_told_and_the_rest_is_kept(runs: list[tuple[int, int]], passed: int) -> None:
    """Runs that note rows for some days, each beginning with the files that the one before left."""
    store, files, expected, number = MemoryStore(), [], {}, 0
    for day, count in runs:
        days = DueDays(store, OUTLET, "t", files)
        added(days, range(number, number + count), DAY + timedelta(day))
        expected |= {row(each).hash: day for each in range(number, number + count)}
        number, files = number + count, days.files
    days = DueDays(store, OUTLET, "t", files)
    assert {each.hash for each in days.take(DAY + timedelta(passed))} == {h for h, day in expected.items() if day <= passed}
    assert {each.hash for each in days.take(DAY + timedelta(9))} == {h for h, day in expected.items() if day > passed}


def test_a_file_that_was_cut_costs_its_rows_only() -> None:
    store = MemoryStore()
    days = DueDays(store, OUTLET, "t", [])
    added(days, range(2 * MOST_ROWS))
    key = f"state/{OUTLET}/known/due-{DAY}.0002.jsonl.gz"
    store.replace(key, (store.get(key) or b"")[:50])
    assert len(list(days.take(DAY))) == MOST_ROWS
