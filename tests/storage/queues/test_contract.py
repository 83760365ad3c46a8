"""What every kind of queue promises of what is put: in which order it is given, to whom, how often. Of leases and dead letters:
`test_contract_leases`; of workers that wait: `test_contract_waiting`; of groups that are paused: `test_contract_pauses`.
"""

from __future__ import annotations

import pytest

from storage.queues import BadEvent, Item, Queue
from tests.storage.queues.conftest import Place
from tests.storage.queues.events import drained, event, keys, one, put, until_depth


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


def test_the_depth_tells_waiting_taken_and_dead(queue: Queue, place: Place) -> None:
    """Per group where the queue can."""
    put(queue, "a1", "a")
    put(queue, "a2", "a")
    put(queue, "b1", "b")
    one(queue)
    until_depth(queue, waiting=2, taken=1)
    if place.kind != "sqs":
        assert queue.depth().groups == {"a": (1, 1), "b": (1, 0)}


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
