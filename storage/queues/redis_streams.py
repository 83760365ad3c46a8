"""A queue on a Redis server (7.0 or later, or Valkey): one stream a group, read by a consumer group.

The server's clock alone decides when a lease expires. What a dead worker held is claimed (XAUTOCLAIM) by the next `take` after
that; the stream counts deliveries. An event is as durable as the server's append-only file: with `appendfsync everysec`
(its default) a power cut can lose the last second, a killed server loses nothing; `appendfsync always` loses nothing at all.
A server without that file, or one that evicts keys when its memory is full, is refused.

One file, though long: the contract of a queue on Redis, method by method.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from storage.masking import without_login
from storage.one_line import one_line
from storage.queues import redis_scripts as scripts
from storage.queues.errors import BadQueue, NotDurable, QueueFull, QueueUnavailable
from storage.queues.queue import (
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    UNANSWERED,
    DeadLetter,
    Depth,
    GroupDepth,
    Item,
    Lease,
    Queue,
    checked_group,
    lease_lost,
    serialized,
)

_POLL_SECONDS: Final = 5.0
"""How soon a waiting `take` asks again without news: they may be lost with a connection."""
_CLOSING_SECONDS: Final = 5.0
_FORGOTTEN_MS: Final = 7 * 86_400_000
_BATCH: Final = 500


class RedisQueue(Queue):
    """A queue on a Redis server."""

    def __init__(self, uri: str, *, lease_seconds: float = LEASE_SECONDS, max_attempts: int = MAX_ATTEMPTS) -> None:
        address, self.uri, name, volatile = _parts(uri)
        self._lease_seconds, self._max_attempts = lease_seconds, max_attempts
        self._consumer = f"{socket.gethostname()}-{os.getpid()}"
        self._closed = False
        self._idle, self._waiting = threading.Condition(), 0
        with self._explained():
            self._redis: Any = redis.Redis.from_url(
                address,
                socket_timeout=30,
                socket_connect_timeout=10,
                health_check_interval=30,
                retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), 4),  # each script bears repetition
            )
            self._name: Final = f"{{{name}}}"
            if not volatile:
                self._require_durability()
            self._scripts: Final[dict[str, Any]] = {
                text: self._redis.register_script(text)
                for text in vars(scripts).values()
                if isinstance(text, str) and "KEYS" in text
            }
            self._call(scripts.TIDY, _FORGOTTEN_MS)

    def put_all(self, items: Sequence[Item]) -> list[bool]:
        """See `Queue.put_all`. Pipelined."""
        rows = [(item.group, item.key, serialized(item)) for item in items]
        put, accepted = self._scripts[scripts.PUT], list[bool]()
        with self._explained():
            for start in range(0, len(rows), _BATCH):
                pipeline = self._redis.pipeline(transaction=False)
                for row in rows[start : start + _BATCH]:
                    put(keys=[self._name], args=row, client=pipeline)
                accepted += [answer == 1 for answer in pipeline.execute()]
        return accepted

    def take(self, limit: int = 1, wait_seconds: float = 0, most_groups: int | None = None) -> list[Lease]:
        """See `Queue.take`. Waits for news that the server publishes."""
        if self._closed:
            return []
        leases, _ = self._take(limit, most_groups)
        if leases or wait_seconds <= 0:
            return leases
        with self._idle:
            self._waiting += 1
        try:
            return self._waiting_take(limit, time.monotonic() + wait_seconds, most_groups)
        finally:
            with self._idle:
                self._waiting -= 1
                self._idle.notify_all()

    def _waiting_take(self, limit: int, deadline: float, most_groups: int | None) -> list[Lease]:
        with self._explained(), self._redis.pubsub(ignore_subscribe_messages=True) as news:
            news.subscribe(f"{self._name}:news")
            while not self._closed:
                # Asked once more after the subscription: what came in between was published to nobody.
                leases, due = self._take(limit, most_groups)
                if leases or time.monotonic() >= deadline:
                    return leases
                _wait_for_news(news, min(deadline - time.monotonic(), due, _POLL_SECONDS), lambda: self._closed)
        return []

    def extend(self, lease: Lease, seconds: float) -> Lease:
        """See `Queue.extend`. The leases of a group from one `take` expire together, with the longest."""
        until = time.monotonic() + seconds
        self._run_under_lease(lease, scripts.EXTEND, int(seconds * 1000))
        return replace(lease, until=until)

    def ack(self, lease: Lease) -> None:
        """See `Queue.ack`. Accepted even after the lease has expired, as long as nobody else has the group."""
        self._run_under_lease(lease, scripts.ACK)

    def release(self, lease: Lease, reason: str, delay_seconds: float = 0, *, failed: bool = True) -> None:
        delay = int(delay_seconds * 1000)
        self._run_under_lease(lease, scripts.RELEASE, self._max_attempts, delay, one_line(reason), int(failed))

    def depth(self) -> Depth:
        found, dead = self._call(scripts.DEPTH)
        groups = {group.decode(): GroupDepth(waiting, taken) for group, waiting, taken in found}
        waiting, taken = (sum(depth[place] for depth in groups.values()) for place in (0, 1))
        return Depth(waiting=waiting, taken=taken, dead=dead, groups=groups)

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        with self._explained():
            found = self._redis.xrange(f"{self._name}:dead", count=limit)
        return [
            DeadLetter(
                event=json.loads(fields[b"event"]),
                group=fields[b"group"].decode(),
                key=fields[b"key"].decode(),
                attempts=int(fields[b"attempts"]),
                reason=fields[b"reason"].decode(errors="replace"),
                at=datetime.fromtimestamp(int(number.partition(b"-")[0]) / 1000, UTC),
            )
            for number, fields in found
        ]

    def redrive(self, limit: int | None = None) -> int:
        """See `Queue.redrive`. In steps of 500, so that the server is not held up."""
        count = 0
        while limit is None or count < limit:
            wanted = _BATCH if limit is None else min(_BATCH, limit - count)
            moved = int(self._call(scripts.REDRIVE, wanted))
            count += moved
            if moved < wanted:
                break
        return count

    def pause(self, group: str) -> None:
        self._call(scripts.PAUSE, checked_group(group))

    def resume(self, group: str) -> bool:
        return bool(self._call(scripts.RESUME, group))

    def paused(self) -> dict[str, datetime]:
        with self._explained():
            found = self._redis.hgetall(f"{self._name}:paused")
        return {group.decode(): datetime.fromtimestamp(int(since), UTC) for group, since in sorted(found.items())}

    def close(self) -> None:
        """See `Queue.close`. A waiting take returns within a second."""
        self._closed = True
        with self._idle:  # a take keeps its connection until it returns
            self._idle.wait_for(lambda: not self._waiting, timeout=_CLOSING_SECONDS)
        self._redis.close()

    def _take(self, limit: int, most_groups: int | None) -> tuple[list[Lease], float]:
        """The leases, and the seconds until another group may be free."""
        while True:
            token, asked = uuid.uuid4().hex, time.monotonic()
            arguments = (limit, int(self._lease_seconds * 1000), UNANSWERED * self._max_attempts, token, self._consumer)
            found, buried, due = self._call(scripts.TAKE, *arguments, most_groups or -1)
            if found or not buried:  # behind dead letters there may be living events
                break
        leases = [
            Lease(
                event=json.loads(event),
                group=group.decode(),
                key=key.decode(),
                attempt=attempt,
                until=asked + self._lease_seconds,
                token=f"{token}/{number.decode()}",
            )
            for group, number, event, key, attempt in found
        ]
        return leases, due / 1000 if due >= 0 else _POLL_SECONDS

    def _run_under_lease(self, lease: Lease, script: str, *args: object) -> None:
        token, _, number = lease.token.partition("/")
        if not self._call(script, lease.group, token, number, *args):
            raise lease_lost(lease)

    def _call(self, script: str, *args: object) -> Any:
        with self._explained():
            return self._scripts[script](keys=[self._name], args=args)

    def _require_durability(self) -> None:
        persistence, memory = self._redis.info("persistence"), self._redis.info("memory")
        if not int(persistence.get("aof_enabled", 0)):
            raise NotDurable(
                f"{self.uri}: the server has no append-only file, so a restart would lose accepted events: set there"
                " `appendonly yes` and `appendfsync always` (or everysec); ?volatile=yes accepts it as it is"
            )
        policy = memory.get("maxmemory_policy", "noeviction")
        if str(policy).startswith("allkeys"):
            raise NotDurable(
                f"{self.uri}: the server drops events when its memory is full: set `maxmemory-policy noeviction` there"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (redis.exceptions.OutOfMemoryError, redis.exceptions.ResponseError) as error:
            what = one_line(error)
            if isinstance(error, redis.exceptions.OutOfMemoryError) or what.startswith(("OOM", "MISCONF")):
                raise QueueFull(f"{self.uri}: the server takes no more: {what}") from error
            raise QueueUnavailable(f"{self.uri}: {what}") from error
        except redis.exceptions.AuthenticationError as error:
            raise QueueUnavailable(f"{self.uri}: the server refuses the user or password in the URI") from error
        except (redis.exceptions.RedisError, OSError) as error:
            raise QueueUnavailable(f"{self.uri}: the server does not answer: {one_line(error)}") from error
        except ValueError as error:  # by from_url
            raise BadQueue(f"{self.uri}: not understood by redis-py; quote what is special in user and password") from error


def _parts(uri: str) -> tuple[str, str, str, bool]:
    """The address for redis-py, the address for messages (no password), the queue's name, whether it may be volatile."""
    split = urlsplit(uri)
    query = parse_qsl(split.query, keep_blank_values=True)
    ours = {name: value for name, value in query if name in {"queue", "volatile"}}
    rest = urlencode([(name, value) for name, value in query if name not in ours])
    shown = without_login(uri).partition("?")[0]
    name = ours.get("queue", "warraq")
    if not name.replace("-", "").replace("_", "").isalnum():
        raise BadQueue(f"{shown}: queue={name[:80]!r} is no name: letters, digits, - and _")
    return urlunsplit(split._replace(query=rest)), f"{shown}?queue={name}", name, ours.get("volatile") == "yes"


def _wait_for_news(news: Any, seconds: float, stopped: Callable[[], bool]) -> None:
    """Return at the first message, or after `seconds`."""
    end = time.monotonic() + seconds
    while not stopped() and (left := end - time.monotonic()) > 0:
        if news.get_message(timeout=min(left, 1.0)) is not None:
            return
