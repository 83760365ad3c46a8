"""The queue without a broker: one SQLite file, several processes on one machine.

Leases end by the machine's monotonic clock, so a clock that is set never gives an event to two workers. A lease also ends
when the process that took it is dead, or when the machine was started anew: what a killed worker held is given at once.
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
    lost,
    one_line,
    written,
)
from storage.queues.sqlite_file import QueueFile

_LOOK_SECONDS: Final = 0.1
"""How soon an event that another process has put is seen. A look costs 20 µs."""
_FULL_LOOK_SECONDS: Final = 1.0
"""How soon it is seen that a process has died, which changes nothing in the file."""


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
        rows = [(item.group, item.key, written(item)) for item in items]
        accepted = self._file.run(lambda db: [local_rows.put(db, *row) for row in rows])
        self._tell()
        return accepted

    def take(self, limit: int = 1, wait_seconds: float = 0, most_groups: int | None = None) -> list[Lease]:
        deadline = time.monotonic() + wait_seconds
        while not self._closed:
            seen = self._changes, self._file.version()
            leases, due = self._file.run(lambda db: self._take(db, limit, most_groups))
            if leases or not self._wait(deadline, seen, due):
                return leases
        return []

    def extend(self, lease: Lease, seconds: float) -> Lease:
        until = self._clock() + seconds

        def extend(db: sqlite3.Connection) -> None:
            number = local_rows.held(db, lease)
            if number is None:
                raise lost(lease)
            db.execute("UPDATE events SET until=? WHERE id=?", (until, number))

        self._file.run(extend)
        return replace(lease, until=until)

    def ack(self, lease: Lease) -> None:
        """See `Queue.ack`. Done work is taken even after its lease has ended, as long as nobody else has the event."""

        def forget(db: sqlite3.Connection) -> None:
            number = local_rows.held(db, lease)
            if number is not None:
                db.execute("DELETE FROM events WHERE id=?", (number,))
            elif local_rows.stands(db, lease):
                raise lost(lease)

        self._file.run(forget)
        self._tell()

    def release(self, lease: Lease, reason: str, delay_seconds: float = 0, *, failed: bool = True) -> None:
        until = self._clock() + delay_seconds if delay_seconds > 0 else None

        def end(db: sqlite3.Connection) -> None:
            number = local_rows.held(db, lease)
            if number is None:
                raise lost(lease)
            if failed and local_rows.fail(db, number) >= self._max_attempts:
                local_rows.bury(db, number, one_line(reason))
            else:
                local_rows.give_back(db, number, lease.group, lease.key, one_line(reason), until)

        self._file.run(end)
        self._tell()

    def depth(self) -> Depth:
        return self._file.run(self._depth)

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        asked = "SELECT event, grp, key, attempts, reason, at FROM dead ORDER BY id LIMIT ?"
        rows = self._file.run(lambda db: db.execute(asked, (limit,)).fetchall())
        names = ("group", "key", "attempts", "reason")
        return [
            DeadLetter(event=json.loads(row[0]), at=datetime.fromisoformat(row[5]), **dict(zip(names, row[1:5], strict=True)))
            for row in rows
        ]

    def redrive(self, limit: int | None = None) -> int:

        def again(db: sqlite3.Connection) -> int:
            found = db.execute("SELECT id, grp, key, event FROM dead ORDER BY id LIMIT ?", (-1 if limit is None else limit,))
            rows = found.fetchall()
            for row in rows:
                local_rows.put(db, *row[1:])
            db.executemany("DELETE FROM dead WHERE id=?", [row[:1] for row in rows])
            return len(rows)

        count = self._file.run(again)
        self._tell()
        return count

    def pause(self, group: str) -> None:
        row = checked_group(group), datetime.now(UTC).isoformat(timespec="seconds")
        self._file.run(lambda db: db.execute("INSERT OR IGNORE INTO paused (grp, since) VALUES (?, ?)", row))

    def resume(self, group: str) -> bool:
        resumed = self._file.run(lambda db: db.execute("DELETE FROM paused WHERE grp=?", (group,)).rowcount == 1)
        self._tell()
        return resumed

    def paused(self) -> dict[str, datetime]:
        rows = self._file.run(lambda db: db.execute("SELECT grp, since FROM paused ORDER BY grp").fetchall())
        return {group: datetime.fromisoformat(since) for group, since in rows}

    def close(self) -> None:
        self._closed = True
        self._tell()
        self._file.close()

    def _take(self, db: sqlite3.Connection, limit: int, most_groups: int | None) -> tuple[list[Lease], float]:
        """The leases, and when by our clock the next event may be free although nobody changes the file."""
        now, grant = self._clock(), uuid.uuid4().hex
        local_rows.end_leases(db, now, self._max_attempts)
        rows = local_rows.next_in_turn(db, limit, most_groups)
        return [local_rows.lease(db, row, now + self._lease_seconds, grant) for row in rows], local_rows.next_end(db)

    def _depth(self, db: sqlite3.Connection) -> Depth:
        local_rows.end_leases(db, self._clock(), self._max_attempts)
        return local_rows.depth(db)

    def _tell(self) -> None:
        """Wakes this process's waiting takes."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def _wait(self, deadline: float, seen: tuple[int, int], due: float) -> bool:
        """True when it is worth looking again, False when it is too late."""
        full_look = time.monotonic() + _FULL_LOOK_SECONDS
        while not self._closed:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                if self._changes == seen[0]:
                    self._changed.wait(min(left, _LOOK_SECONDS))
            if (self._changes, self._file.version()) != seen or self._clock() >= due or time.monotonic() >= full_look:
                return True
        return False
