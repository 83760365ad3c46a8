"""What can go wrong with a queue. Each message is one line and names the queue, the event or the setting.

QueueError               base: the queue did not do what was asked; what was accepted before stays accepted
├── BadQueue             the URI names no queue, or something that is none, or one without what we rely on
├── QueueUnavailable     it cannot be reached or refuses us: credentials, region, time-outs, a lock held for ever
├── QueueFull            it takes no more: disk, memory, quota
├── NotDurable           the server would forget accepted events when it restarts
├── BadEvent             no CloudEvent, too large, or a group or key that no queue takes; a fault of the caller
└── LeaseLost            the lease ended and the event is to be given, or was given, to another
"""

# ruff: noqa: N818 - the names say what happened; all of them are QueueErrors
from __future__ import annotations


class QueueError(Exception):
    """The queue did not do what was asked. A put that raises may be made again: a repeat is coalesced."""


class BadQueue(QueueError):
    """The URI names no queue that could be used."""


class QueueUnavailable(QueueError):
    """The queue cannot be reached now, or refuses us."""


class QueueFull(QueueError):
    """The queue takes no more: full disk, memory or quota. Nothing was accepted, nothing is lost."""


class NotDurable(QueueError):
    """The server would forget what it accepted."""


class BadEvent(QueueError):
    """Not an event that a queue takes."""


class LeaseLost(QueueError):
    """The lease ended before this call: the event is waiting again or somebody else works on it."""
