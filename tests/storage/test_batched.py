"""Things in groups of so many."""

from __future__ import annotations

from storage.batched import batched


def test_groups_hold_so_many_and_the_last_one_what_is_left() -> None:
    """Nothing gives no group."""
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched("abcd", 2)) == [["a", "b"], ["c", "d"]]
    assert list(batched([], 2)) == []


def test_a_group_is_given_before_the_next_thing_is_asked_for() -> None:
    """What is counted while things are made is known when their group is worked."""
    asked: list[int] = []
    groups = batched((asked.append(number) or number for number in range(10)), 2)  # type: ignore[func-returns-value]
    assert (next(groups), asked) == ([0, 1], [0, 1])
