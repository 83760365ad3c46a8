"""What every kind of queue promises."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from infra.testing.waiting import LONG
from storage.queues import BadEvent, Item, Lease, LeaseLost, Queue
from storage.queues.queue import UNANSWERED
from tests.storage.queues.conftest import Place
from tests.storage.queues.events import drained, event, keys, one, put, until_depth, until_waiting

SHORT = 1.0
"""Seconds of a lease that a test lets run out (SQS knows whole seconds)."""


def test_an_event_comes_back_as_it_was_put(queue: Queue) -> None:
    """Whatever script its text is in, and with its key and group."""
    put_event = event("خبر \u202bعاجل\u202c 𐎀 \ud800")
    assert queue.put(put_event, group="al_jazeera", key="https://www.aljazeera.net/news/خبر?x=1&y=«2»")
    lease = one(queue)
    assert (lease.event, lease.group, lease.attempt) == (put_event, "al_jazeera", 1)
    assert lease.key == "https://www.aljazeera.net/news/خبر?x=1&y=«2»"
    queue.ack(lease)
    assert queue.take() == []


def test_events_of_a_group_come_in_the_order_in_which_they_were_put(queue: Queue) -> None:
    """Whether they are taken one by one or several together."""
    wanted = [f"https://a.example/{n}" for n in range(25)]
    queue.put_all([Item(event(), "a", key) for key in wanted])
    for _ in range(3):
        queue.ack(one(queue))
    assert drained(queue) == wanted[3:]


def test_a_batch_keeps_the_order_and_is_worked_by_one(queue: Queue, place: Place) -> None:
    """Several of a group given together are one worker's; the next is given after the last of them."""
    for n in range(4):
        put(queue, str(n))
    first, second = queue.take(2)
    assert keys([first, second]) == ["0", "1"]
    other = place.open()
    queue.ack(first)
    assert other.take(2) == []
    assert queue.take(2) == []
    queue.ack(second)
    assert keys(other.take(2)) == ["2", "3"]
    other.close()


def test_groups_do_not_wait_for_each_other(queue: Queue) -> None:
    """While one outlet is worked, others are given."""
    put(queue, "a1", "a")
    put(queue, "a2", "a")
    taken = one(queue)
    put(queue, "b1", "b")
    assert taken.key == "a1"
    assert one(queue).key == "b1"
    assert queue.take() == []


def test_a_batch_takes_from_every_free_group(queue: Queue) -> None:
    """So that outlets are worked side by side."""
    for group in "abc":
        put(queue, f"{group}1", group)
    assert sorted(keys(queue.take(3))) == ["a1", "b1", "c1"]


def test_a_worker_can_leave_the_other_groups_to_others(queue: Queue, place: Place) -> None:
    """The group that waits longest, and all that waits of it; of SQS one answer, which moto fills from every group."""
    fill = [("b1", "b"), ("a1", "a"), ("b2", "b"), ("c1", "c")]
    for key, group in fill:
        put(queue, key, group)
    other = place.open()
    first, second = queue.take(10, most_groups=1), other.take(10, most_groups=1)
    other.close()
    if place.kind != "sqs":
        assert (keys(first), keys(second)) == (["b1", "b2"], ["a1"])
        assert keys(queue.take(10, most_groups=2)) == ["c1"]
    else:
        assert sorted(keys(first) + keys(second)) == ["a1", "b1", "b2", "c1"]


def test_an_event_whose_key_waits_is_coalesced(queue: Queue, place: Place) -> None:
    """Once for several; the same key of another group is another event."""
    accepted = [put(queue, "poll:feed") for _ in range(3)]
    put(queue, "poll:feed", "al_jazeera")
    if place.kind != "sqs":  # which cannot tell what waits
        assert accepted == [True, False, False]
    assert keys(queue.take(10)) == ["poll:feed", "poll:feed"]
    assert queue.depth().waiting == 0


def test_an_event_that_is_worked_on_is_queued_once_more(queue: Queue) -> None:
    """News that come during the work are not lost, and coalesce among themselves."""
    put(queue, "x")
    lease = one(queue)
    assert put(queue, "x")
    put(queue, "x")
    assert queue.take() == []
    queue.ack(lease)
    assert keys(queue.take(10)) == ["x"]
    assert put(queue, "x")


def test_news_right_after_the_work_are_not_coalesced_with_it(queue: Queue) -> None:
    """Again and again, within whatever time a server remembers."""
    for _ in range(3):
        assert put(queue, "x")
        queue.ack(one(queue))
    assert queue.take() == []


def test_the_same_event_put_twice_is_given_once(queue: Queue) -> None:
    """A producer whose answer was lost puts it again."""
    same = event("x")
    for _ in range(2):
        queue.put(same, group="a", key="x")
    assert drained(queue, batch=1) == ["x"]


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


def test_the_depth_tells_waiting_taken_and_dead(queue: Queue, place: Place) -> None:
    """Per group where the queue can."""
    put(queue, "a1", "a")
    put(queue, "a2", "a")
    put(queue, "b1", "b")
    one(queue)
    until_depth(queue, waiting=2, taken=1)
    if place.kind != "sqs":
        assert queue.depth().groups == {"a": (1, 1), "b": (1, 0)}


def test_a_waiting_worker_gets_what_another_puts(queue: Queue, place: Place) -> None:
    """Soon."""
    other, got = place.open(), []
    waiting = threading.Thread(target=lambda: got.append((one(other).key, time.monotonic())))
    waiting.start()
    until_waiting(waiting)
    put(queue, "news")
    accepted = time.monotonic()
    waiting.join(LONG)
    ((key, at),) = got
    assert key == "news"
    assert at - accepted < 10  # not when the wait is over
    other.close()


def test_a_waiting_worker_gets_a_group_as_soon_as_it_is_free(queue: Queue, place: Place) -> None:
    """Not only when something is put."""
    other, got = place.open(), []
    put(queue, "1")
    put(queue, "2")
    lease = one(queue)
    waiting = threading.Thread(target=lambda: got.append(one(other).key))
    waiting.start()
    queue.ack(lease)
    waiting.join(LONG)
    assert got == ["2"]
    other.close()


def test_closing_ends_the_waiting(place: Place) -> None:
    """A service that stops does not wait for work that may never come."""
    queue, got = place.open(), []
    waiting = threading.Thread(target=lambda: got.append(queue.take(1, 600)), daemon=True)
    waiting.start()
    until_waiting(waiting)
    queue.close()
    waiting.join(LONG)
    assert got == [[]]


@pytest.mark.parametrize(
    ("change", "group", "key", "says"),
    [
        ({"id": ""}, "a", "https://x.example/1", "the event for https://x.example/1 is no CloudEvent: 'id' is missing"),
        ({"specversion": "0.3"}, "a", "k", "CloudEvents '0.3'"),
        ({"data": "x" * 200_000}, "a", "https://x.example/1", "the event for https://x.example/1 has 200"),
        ({"data": {1j}}, "a", "k", "cannot be written as JSON"),
        ({"data": float("nan")}, "a", "k", "cannot be written as JSON"),
        ({}, "../a", "k", "'../a' is no group"),
        ({}, "", "k", "'' is no group"),
        ({}, "a", "", "'' is no key"),
        ({}, "a", "a\nb", "is no key"),
        ({}, "a", "x" * 3000, "is no key"),
    ],
)
def test_what_is_no_event_is_refused_in_one_line(
    change: dict[str, object], group: str, key: str, says: str, queue: Queue
) -> None:
    """And nothing is accepted."""
    with pytest.raises(BadEvent) as refusal:
        queue.put_all([Item(event(), "a", "good"), Item(event() | change, group, key)])
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert queue.take() == []


@pytest.mark.slow
def test_a_paused_group_is_given_to_nobody_until_it_is_resumed(
    queue: Queue, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opens the queue, and however often it is asked meanwhile; its events stay, new ones are accepted, and none has
    used up its attempts.
    """
    monkeypatch.setattr("storage.queues.sqs_pauses.HIDDEN_SECONDS", 1)
    monkeypatch.setattr("storage.queues.sqs_pauses._TRUSTED_SECONDS", 0.0)
    for key, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        put(queue, key, group)
    operator = place.open()
    operator.pause("a")
    (since,) = operator.paused().values()
    operator.pause("a")
    operator.close()
    assert queue.paused() == {"a": since}
    assert abs((datetime.now(UTC) - since).total_seconds()) < LONG
    assert drained(queue) == ["b1"]
    put(queue, "a3", "a")
    other = place.open()
    for _ in range(2 * place.max_attempts):
        assert other.take(10, 1.1 if place.kind == "sqs" else 0) == []
    until_depth(other, waiting=3)
    assert other.resume("a")
    assert not other.resume("a")
    assert queue.paused() == {}
    leases = list[Lease]()
    while len(leases) < 3:
        for lease in queue.take(10, LONG):
            leases.append(lease)
            queue.ack(lease)
    assert {lease.key for lease in leases} == {"a1", "a2", "a3"}, leases
    assert max(lease.attempt for lease in leases) <= (2 if place.kind == "sqs" else 1)
    other.close()


def test_a_group_is_paused_while_it_is_worked_on(queue: Queue) -> None:
    """Its lease can be settled; nothing more is given."""
    put(queue, "a1", "a")
    put(queue, "a2", "a")
    lease = one(queue)
    queue.pause("a")
    queue.release(lease, "the outlet is paused", failed=False)
    assert queue.take() == []
    assert queue.depth().dead == 0


def test_no_group_of_such_a_name_can_be_paused(queue: Queue) -> None:
    with pytest.raises(BadEvent):
        queue.pause("../a")
    assert not queue.resume("../a")
