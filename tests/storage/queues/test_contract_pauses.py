"""What every kind of queue promises of groups that are paused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.testing.waiting import LONG
from storage.queues import BadEvent, Lease, Queue
from tests.storage.queues.conftest import Place
from tests.storage.queues.events import drained, one, put, until_depth


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
