"""Events for the tests of queues, and waiting for them with a deadline."""

from __future__ import annotations

import itertools
import sys
import threading
import traceback
from typing import Any

from infra.testing.waiting import LONG, until
from storage.queues import Lease, Queue

_numbers = itertools.count()
_WAITS = {"_wait_for_change", "_waiting_take", "_receive"}
"""Functions in which it is then: of the queue on SQLite, on Redis, on SQS."""


def event(text: str = "") -> dict[str, Any]:
    """A CloudEvent as a poll or a submitter makes it; each has another id."""
    return {
        "specversion": "1.0",
        "id": f"{next(_numbers)}",
        "source": "/warraq/test",
        "type": "url.submitted",
        "subject": text,
        "data": {"note": f"عنبلدي «{text}» ١٢"},
    }


def put(queue: Queue, key: str, group: str = "enab_baladi") -> bool:
    """An event that carries its key as its subject."""
    return queue.put(event(key), group=group, key=key)


def keys(leases: list[Lease]) -> list[str]:
    return [lease.key for lease in leases]


def one(queue: Queue, wait_seconds: float = LONG) -> Lease:
    """The one event there is to be had."""
    (lease,) = queue.take(1, wait_seconds)
    return lease


def drained(queue: Queue, batch: int = 10) -> list[str]:
    """Keys in the order in which they are given, until none is to be had."""
    found = []
    while leases := queue.take(batch, 0):
        for lease in leases:
            found.append(lease.key)
            queue.ack(lease)
    return found


def until_depth(queue: Queue, *, waiting: int, taken: int = 0, dead: int = 0) -> None:
    """Waits until the queue says so."""

    def told() -> tuple[int, int, int]:
        depth = queue.depth()
        return depth.waiting, depth.taken, depth.dead

    until(lambda: told() == (waiting, taken, dead), told)


def until_waiting(worker: threading.Thread) -> None:
    """Waits until a thread has asked for events and waits for one to come."""

    def at() -> set[str]:
        frame = sys._current_frames().get(worker.ident or 0)
        return {each.f_code.co_name for each, _ in traceback.walk_stack(frame)} if frame else set()

    until(lambda: at() & _WAITS, at)
