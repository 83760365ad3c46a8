"""Rows that are sorted in memory or on disk come out the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.testing.traced_memory import traced_memory
from storage.disk_sort import sorted_rows


class _Row(NamedTuple):
    name: str
    number: int


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(_Row, st.text(), st.integers(-(2**62), 2**62)), max_size=30))
def test_the_order_is_pythons(monkeypatch: pytest.MonkeyPatch, rows: list[_Row]) -> None:
    for most in (1, 7, 1_000):
        monkeypatch.setattr("storage.disk_sort.IN_MEMORY", most)
        found = list(sorted_rows(rows, "name TEXT, number INTEGER", _Row._make))
        assert found == sorted(rows)
        assert all(isinstance(each, _Row) for each in found)


@pytest.mark.slow
def test_many_rows_take_the_memory_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.disk_sort.IN_MEMORY", 1_000)

    def rows(number: int) -> Iterator[_Row]:
        return (_Row(f"{each * 7_919 % number:0100}", each) for each in range(number))

    def sort(number: int) -> None:
        assert sum(1 for _ in sorted_rows(rows(number), "name TEXT, number INTEGER", _Row._make)) == number

    peaks = [traced_memory(partial(sort, number)).peak for number in (1_000, 5_000)]
    assert peaks[1] < 1.1 * peaks[0]
