"""Queues of events: a local one without a broker, SQS, Redis Streams. What each of them promises: `storage.queues.queue`."""

from __future__ import annotations

from storage.queues.errors import (
    BadEvent,
    BadQueue,
    LeaseLost,
    NotDurable,
    QueueError,
    QueueFull,
    QueueUnavailable,
)
from storage.queues.opening import open_queue
from storage.queues.queue import DeadLetter, Depth, Event, GroupDepth, Item, Lease, Queue

__all__ = [
    "BadEvent",
    "BadQueue",
    "DeadLetter",
    "Depth",
    "Event",
    "GroupDepth",
    "Item",
    "Lease",
    "LeaseLost",
    "NotDurable",
    "Queue",
    "QueueError",
    "QueueFull",
    "QueueUnavailable",
    "open_queue",
]
