"""A queue of events between producers and workers. Three kinds: local (SQLite), SQS, Redis Streams.

What holds for each:

- An event is durable when `put` returns, and stays until it is acknowledged or stands among the dead letters.
- A group (an outlet) has one worker at a time: while a lease of it is valid, no other `take` delivers its events.
- Within a group events are delivered in the order in which they were accepted. An event that was released, or whose lease
  expired, comes first again; a delay holds its whole group (an outlet that answers 503 is left alone, not only one of its URLs).
- An event is delivered at least once. Its work may be done twice after a crash, so it must be idempotent.
- An event whose key waits already is coalesced with the one that waits. None is coalesced with an event under a lease: its
  worker may have looked at the page before the news came.
- A paused group is delivered to nobody until it is resumed, also after a restart; its events stay, and new ones are accepted.
  What is being worked on when the pause comes is the worker's to break off.
- An event goes to the dead letters when its work has failed too often. A worker that dies has not failed: the local queue sees
  that and counts nothing; Redis and SQS see only leases that expire, and allow more of those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from storage.one_line import one_line
from storage.queues.errors import BadEvent, LeaseLost

Event = Mapping[str, Any]
"""A CloudEvents 1.0 JSON object."""

LEASE_SECONDS: Final = 300.0
MAX_ATTEMPTS: Final = 5
UNANSWERED: Final = 4
"""Where a worker that died cannot be told from one that hangs, this many times `MAX_ATTEMPTS` leases may expire."""
MAX_BYTES: Final = 192 * 1024
"""Of one event as JSON: fits every SQS (256 KiB a message) together with its key."""
_MAX_KEY: Final = 2048
_GROUP: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Item(NamedTuple):
    """What `put_all` takes. group: outlet slug. key: what coalesces, such as a canonical URL or `poll:<source>`."""

    event: Event
    group: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """An event that is ours to work on. attempt: number of this delivery, from 1. until: when it expires, by the queue's own
    clock (`time.monotonic()` unless another was passed to it), never later than for the queue itself.
    """

    event: dict[str, Any]
    group: str
    key: str
    attempt: int
    until: float
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event whose work failed too often. attempts: number of deliveries; reason: of the last `release`,
    or that its leases expired.
    """

    event: dict[str, Any]
    group: str
    key: str
    attempts: int
    reason: str
    at: datetime


class GroupDepth(NamedTuple):
    """Events of one group: waiting (held ones included) and taken."""

    waiting: int
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Events waiting, taken and dead. groups: per group where the queue can tell (SQS cannot: empty)."""

    waiting: int
    taken: int
    dead: int
    groups: Mapping[str, GroupDepth] = field(default_factory=dict)


class Queue(Protocol):
    """See the module. Safe to use from several threads, and from several processes if each opens its own.

    Every method may raise QueueError, named for its cause.
    """

    uri: str
    """Without secrets."""

    def put(self, event: Event, *, group: str, key: str) -> bool:
        """Accept an event; durable on return. False: its key was waiting already, and the event that waits stands for it."""
        return self.put_all([Item(event, group, key)])[0]

    def put_all(self, items: Sequence[Item]) -> list[bool]:
        """`put` for many, with fewer round trips. If it raises, some may have been accepted: put them all again."""
        ...

    def take(self, limit: int = 1, wait_seconds: float = 0, most_groups: int | None = None) -> list[Lease]:
        """Up to `limit` events, from as many groups as are free; waits up to `wait_seconds` for the first one.

        most_groups: from no more groups than that, so that others find work too (SQS: those of one answer, mostly one).

        Several of one group come in order and are one worker's: its group is free again when each of them is acknowledged,
        released or expired. With limit=1 there is one lease a group. [] when there is none, or when the queue is closed.
        """
        ...

    def extend(self, lease: Lease, seconds: float) -> Lease:
        """The lease, valid for at least `seconds` from now. To be called well before `until`, for each lease."""
        ...

    def ack(self, lease: Lease) -> None:
        """The work is done and kept: delete the event. Idempotent."""
        ...

    def release(self, lease: Lease, reason: str, delay_seconds: float = 0, *, failed: bool = True) -> None:
        """Return the event to the queue: it and its group wait `delay_seconds`. After too many failures it is a dead letter.

        failed: the work did. False: it was stopped, or its result could not be kept; that is not counted.
        """
        ...

    def depth(self) -> Depth:
        """How many events wait, are taken, are dead."""
        ...

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters, left where they are."""
        ...

    def redrive(self, limit: int | None = None) -> int:
        """Move dead letters back to the queue, oldest first, their attempts counted anew; how many there were."""
        ...

    def pause(self, group: str) -> None:
        """Deliver no more events of a group until it is resumed. Idempotent."""
        ...

    def resume(self, group: str) -> bool:
        """Deliver its events again, in their order; False: it was not paused."""
        ...

    def paused(self) -> dict[str, datetime]:
        """The groups that are paused, and since when (aware, UTC)."""
        ...

    def close(self) -> None:
        """Let waiting `take`s return, deliver no more, close connections. Leases stay valid and can be acknowledged."""
        ...


def serialized(item: Item) -> str:
    """The event as compact JSON in ASCII. BadEvent names what is wrong with event, group or key."""
    event, group, key = item
    checked_group(group)
    if not key or len(key) > _MAX_KEY or _CONTROL.search(key):
        raise BadEvent(f"{key[:200]!r} is no key: 1 to {_MAX_KEY} characters, no control characters")
    for name in ("specversion", "id", "source", "type"):
        if not (isinstance(event.get(name), str) and event[name]):
            raise BadEvent(f"the event for {key} is no CloudEvent: {name!r} is missing")
    if event["specversion"] != "1.0":
        raise BadEvent(f"the event for {key} is of CloudEvents {event['specversion'][:20]!r}, not 1.0")
    try:
        text = json.dumps(dict(event), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadEvent(f"the event for {key} cannot be written as JSON: {one_line(error)}") from error
    if len(text) > MAX_BYTES:
        raise BadEvent(f"the event for {key} has {len(text)} bytes; {MAX_BYTES} are the most")
    return text


def checked_group(group: str) -> str:
    """The group as it is. BadEvent if it is no outlet's slug."""
    if not _GROUP.fullmatch(group):
        raise BadEvent(f"{group!r} is no group: it must be an outlet's slug")
    return group


def lease_lost(lease: Lease) -> LeaseLost:
    """The error of a lease that has expired."""
    return LeaseLost(f"the lease of {lease.key} ({lease.group}) ended before its work was done; extend it in time")
