"""The queue without a broker: one SQLite file, several processes on one machine.

Leases expire by the machine's monotonic clock, so setting the clock never delivers an event to two workers. A lease also expires
when its process is dead or the machine was started anew: what a killed worker held is delivered at once.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from storage import liveness
from storage.one_line import one_line
from storage.queues import local_rows
from storage.queues.queue import (
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    DeadLetter,
    Depth,
    Item,
    Lease,
    Queue,
    checked_group,
    lease_lost,
    serialized,
)
from storage.queues.sqlite_file import QueueFile

_POLL_SECONDS: Final = 0.1
"""How soon an event that another process has put is noticed. Each poll costs 20 µs."""
_LIVENESS_SECONDS: Final = 1.0
"""How soon it is noticed that a process has died, which changes nothing in the file."""


class LocalQueue(Queue):
    """A queue in a SQLite file. clock: seconds that all processes of this machine share."""

    def __init__(
        self,
        path: Path,
        *,
        lease_seconds: float = LEASE_SECONDS,
        max_attempts: int = MAX_ATTEMPTS,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.uri = str(path)
        self._file = QueueFile(path)
        self._lease_seconds, self._max_attempts = lease_seconds, max_attempts
        # Without a name of the boot, monotonic time means nothing after the next one.
        self._clock = clock or (time.monotonic if liveness.myself()["machine"] else time.time)
        self._changed = threading.Condition()
        self._changes = 0
        self._closed = False

    def put_all(self, items: Sequence[Item]) -> list[bool]:
        """See `Queue.put_all`. One transaction: all of them or none."""
        rows = [(item.group, item.key, serialized(item)) for item in items]
        accepted = self._file.run(lambda db: [local_rows.put(db, *row) for row in rows])
        self._notify()
        return accepted

    def take(self, limit: int = 1, wait_seconds: float = 0, most_groups: int | None = None) -> list[Lease]:
        deadline = time.monotonic() + wait_seconds
        while not self._closed:
            version = self._changes, self._file.version()
            leases, next_expiry = self._file.run(lambda db: self._take(db, limit, most_groups))
            if leases or not self._wait_for_change(deadline, version, next_expiry):
                return leases
        return []

    def extend(self, lease: Lease, seconds: float) -> Lease:
        until = self._clock() + seconds

        def extend(db: sqlite3.Connection) -> None:
            event_id = local_rows.event_under_lease(db, lease)
            if event_id is None:
                raise lease_lost(lease)
            db.execute("UPDATE events SET until=? WHERE id=?", (until, event_id))

        self._file.run(extend)
        return replace(lease, until=until)

    def ack(self, lease: Lease) -> None:
        """See `Queue.ack`. Accepted even after the lease has expired, as long as nobody else has the event."""

        def delete(db: sqlite3.Connection) -> None:
            event_id = local_rows.event_under_lease(db, lease)
            if event_id is not None:
                db.execute("DELETE FROM events WHERE id=?", (event_id,))
            elif local_rows.exists(db, lease):
                raise lease_lost(lease)

        self._file.run(delete)
        self._notify()

    def release(self, lease: Lease, reason: str, delay_seconds: float = 0, *, failed: bool = True) -> None:
        until = self._clock() + delay_seconds if delay_seconds > 0 else None

        def settle(db: sqlite3.Connection) -> None:
            event_id = local_rows.event_under_lease(db, lease)
            if event_id is None:
                raise lease_lost(lease)
            if failed and local_rows.count_failure(db, event_id) >= self._max_attempts:
                local_rows.move_to_dead_letters(db, event_id, one_line(reason))
            else:
                local_rows.requeue(db, event_id, lease.group, lease.key, one_line(reason), until)

        self._file.run(settle)
        self._notify()

    def depth(self) -> Depth:
        return self._file.run(self._depth)

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        query = "SELECT event, grp, key, attempts, reason, at FROM dead ORDER BY id LIMIT ?"
        rows = self._file.run(lambda db: db.execute(query, (limit,)).fetchall())
        names = ("group", "key", "attempts", "reason")
        return [
            DeadLetter(event=json.loads(row[0]), at=datetime.fromisoformat(row[5]), **dict(zip(names, row[1:5], strict=True)))
            for row in rows
        ]

    def redrive(self, limit: int | None = None) -> int:
        query = "SELECT id, grp, key, event FROM dead ORDER BY id LIMIT ?"

        def move(db: sqlite3.Connection) -> int:
            rows = db.execute(query, (-1 if limit is None else limit,)).fetchall()
            for row in rows:
                local_rows.put(db, *row[1:])
            db.executemany("DELETE FROM dead WHERE id=?", [row[:1] for row in rows])
            return len(rows)

        count = self._file.run(move)
        self._notify()
        return count

    def pause(self, group: str) -> None:
        row = checked_group(group), datetime.now(UTC).isoformat(timespec="seconds")
        self._file.run(lambda db: db.execute("INSERT OR IGNORE INTO paused (grp, since) VALUES (?, ?)", row))

    def resume(self, group: str) -> bool:
        resumed = self._file.run(lambda db: db.execute("DELETE FROM paused WHERE grp=?", (group,)).rowcount == 1)
        self._notify()
        return resumed

    def paused(self) -> dict[str, datetime]:
        rows = self._file.run(lambda db: db.execute("SELECT grp, since FROM paused ORDER BY grp").fetchall())
        return {group: datetime.fromisoformat(since) for group, since in rows}

    def close(self) -> None:
        self._closed = True
        self._notify()
        self._file.close()

    def _take(self, db: sqlite3.Connection, limit: int, most_groups: int | None) -> tuple[list[Lease], float]:
        """The leases, and the time by our clock at which the next lease or delay expires."""
        now, grant = self._clock(), uuid.uuid4().hex
        local_rows.expire_leases(db, now, self._max_attempts)
        rows = local_rows.next_in_turn(db, limit, most_groups)
        return [local_rows.lease(db, row, now + self._lease_seconds, grant) for row in rows], local_rows.next_expiry(db)

    def _depth(self, db: sqlite3.Connection) -> Depth:
        local_rows.expire_leases(db, self._clock(), self._max_attempts)
        return local_rows.depth(db)

    def _notify(self) -> None:
        """Wake the waiting `take`s of this process."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def _wait_for_change(self, deadline: float, version: tuple[int, int], next_expiry: float) -> bool:
        """True when an event may have become free, False when the deadline has passed or the queue is closed."""
        liveness_check = time.monotonic() + _LIVENESS_SECONDS
        while not self._closed:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                if self._changes == version[0]:
                    self._changed.wait(min(left, _POLL_SECONDS))
            changed = (self._changes, self._file.version()) != version
            if changed or self._clock() >= next_expiry or time.monotonic() >= liveness_check:
                return True
        return False
