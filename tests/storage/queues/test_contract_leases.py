"""What every kind of queue promises of what is taken: as long as its lease lasts, nobody else gets it; what fails too often is a
dead letter.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from infra.testing.waiting import LONG
from storage.queues import LeaseLost, Queue
from storage.queues.queue import UNANSWERED
from tests.storage.queues.conftest import Place
from tests.storage.queues.events import drained, keys, one, put, until_depth

SHORT = 1.0
"""Seconds of a lease that a test lets run out (SQS knows whole seconds)."""


def test_what_is_not_acknowledged_in_time_is_given_again_before_what_follows(place: Place) -> None:
    """And its old lease is worth nothing any more."""
    slow, queue = place.open(SHORT), place.open()
    put(queue, "1")
    put(queue, "2")
    old = one(slow)
    again = one(queue)
    assert (again.key, again.attempt) == ("1", 2)
    for late in (lambda: slow.ack(old), lambda: slow.extend(old, 60), lambda: slow.release(old, "late")):
        with pytest.raises(LeaseLost, match="the lease of 1"):
            late()
    queue.ack(again)
    assert drained(queue) == ["2"]


@pytest.mark.slow
def test_a_lease_that_is_extended_lasts(place: Place) -> None:
    """Longer than it would have, and a worker that waits does not get it meanwhile."""
    queue, other = place.open(6), place.open()
    put(queue, "1")
    lease = one(queue)
    extended = queue.extend(lease, 60)
    assert extended.until > lease.until + 50
    assert other.take(1, 7) == []
    queue.ack(extended)
    assert queue.depth().taken == 0


def test_what_is_released_is_given_again_at_once_and_first(queue: Queue) -> None:
    """As its next attempt."""
    put(queue, "1")
    put(queue, "2")
    queue.release(one(queue), "the bucket is not there")
    again, after = queue.take(2)
    assert (again.key, again.attempt) == ("1", 2)
    assert (after.key, after.attempt) == ("2", 1)


@pytest.mark.slow
def test_a_delay_holds_the_whole_group_and_no_other(queue: Queue) -> None:
    """An outlet that asks us to come later is left alone; the event then comes in its old place."""
    put(queue, "a1", "a")
    put(queue, "a2", "a")
    released = time.monotonic()
    queue.release(one(queue), "503, Retry-After: 2", delay_seconds=2)
    put(queue, "b1", "b")
    assert keys(queue.take(10)) == ["b1"]
    taken = queue.take(10, LONG)
    assert keys(taken)[:1] == ["a1"]
    assert time.monotonic() - released > 1.9


def test_a_released_event_stands_for_what_was_put_under_its_key_meanwhile(queue: Queue) -> None:
    """It is still to be done, so it will see the news."""
    put(queue, "x")
    lease = one(queue)
    put(queue, "x")
    queue.release(lease, "again")
    assert keys(queue.take(10)) == ["x"]


def test_after_its_last_attempt_a_released_event_is_dead(queue: Queue, place: Place) -> None:
    """With the reason; its group goes on."""
    put(queue, "poison")
    put(queue, "next")
    for attempt in range(1, place.max_attempts + 1):
        lease = one(queue)
        assert (lease.key, lease.attempt) == ("poison", attempt)
        queue.release(lease, f"reader died\n{attempt} times")
    (letter,) = queue.dead()
    assert (letter.key, letter.group, letter.attempts) == ("poison", "enab_baladi", 3)
    assert letter.event["subject"] == "poison"
    assert letter.reason == "reader died 3 times"
    assert abs((datetime.now(UTC) - letter.at).total_seconds()) < 60
    assert drained(queue) == ["next"]
    until_depth(queue, waiting=0, dead=1)


@pytest.mark.parametrize("kind", ["local", "redis"])
def test_an_event_whose_work_has_not_failed_is_given_again_however_often(queue: Queue, place: Place) -> None:
    """It was stopped, or what came of it could not be kept. SQS counts that all the same."""
    put(queue, "1")
    for attempt in range(1, 3 * place.max_attempts):
        lease = one(queue)
        assert lease.attempt == attempt
        queue.release(lease, "stopped", failed=False)
    until_depth(queue, waiting=1, dead=0)
    for _ in range(place.max_attempts):
        queue.release(one(queue), "its page is not to be had")
    (letter,) = queue.dead()
    assert letter.reason == "its page is not to be had"


@pytest.mark.slow
def test_an_event_that_nobody_ever_answers_for_is_dead(place: Place) -> None:
    """The lease ran out every time. Where a worker that died cannot be told from one that hangs, it takes longer."""
    redis = place.kind == "redis"
    queue = place.open(0.2 if redis else SHORT)
    put(queue, "deadly")
    for attempt in range(1, place.max_attempts * (UNANSWERED if redis else 1) + 1):
        assert one(queue).attempt == attempt
    assert queue.take(1, SHORT + 1) == []
    (letter,) = queue.dead()
    assert letter.key == "deadly"
    assert "never answered" in letter.reason


def test_dead_letters_are_looked_at_without_harm_and_queued_again(queue: Queue, place: Place) -> None:
    """With their attempts forgotten."""
    for key in "abc":
        put(queue, key, key)
        for _ in range(place.max_attempts):
            queue.release(one(queue), "no")
    assert keys(queue.dead()) == list("abc")
    assert sorted(keys(queue.dead())) == list("abc")
    assert queue.redrive(1) == 1
    until_depth(queue, waiting=1, dead=2)
    assert queue.redrive() == 2
    until_depth(queue, waiting=3)
    assert queue.dead() == []
    leases = queue.take(3)
    assert sorted(keys(leases)) == list("abc")
    assert {lease.attempt for lease in leases} == {1}
    assert queue.redrive() == 0


def test_acknowledging_twice_does_no_harm(queue: Queue) -> None:
    """As after an answer that was lost."""
    put(queue, "1")
    lease = one(queue)
    queue.ack(lease)
    queue.ack(lease)
    assert queue.depth().taken == 0
