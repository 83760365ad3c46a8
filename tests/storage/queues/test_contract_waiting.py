"""What every kind of queue promises to workers that wait for something to come."""

from __future__ import annotations

import threading
import time

from infra.testing.waiting import LONG
from storage.queues import Queue
from tests.storage.queues.conftest import Place
from tests.storage.queues.events import one, put, until_waiting


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
