"""The SQL statements of a local queue; each function runs within a transaction of `sqlite_file.QueueFile`."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from itertools import islice, zip_longest
from typing import Any, Final, NamedTuple

from storage import liveness
from storage.queues.queue import Depth, GroupDepth, Lease
from storage.queues.sqlite_schema import damage, digest

_PUT: Final = "INSERT OR IGNORE INTO events (grp, key, event, digest) VALUES (?, ?, ?, ?)"
_GROUPS: Final = """
WITH RECURSIVE g (grp) AS (
  SELECT min(grp) FROM events UNION ALL SELECT (SELECT min(grp) FROM events WHERE grp > g.grp) FROM g WHERE g.grp IS NOT NULL)
SELECT grp FROM g WHERE grp IS NOT NULL"""
_UNAVAILABLE_GROUPS: Final = "SELECT DISTINCT grp FROM events WHERE until IS NOT NULL UNION SELECT grp FROM paused"
_OLDEST_OF_GROUP: Final = "SELECT id, key, event, digest, attempts FROM events WHERE grp = ? ORDER BY id LIMIT ?"
_LEASE: Final = "UPDATE events SET token=?, until=?, machine=?, process=?, attempts=attempts+1 WHERE id=?"
_WITH_EXPIRY: Final = (
    "SELECT id, grp, key, attempts, reason, token, until, machine, process FROM events WHERE until IS NOT NULL ORDER BY id"
)
_COALESCE: Final = "DELETE FROM events WHERE grp=? AND key=? AND token IS NULL AND id<>?"
_REQUEUE: Final = "UPDATE events SET token=NULL, until=?, machine=?, process=NULL, reason=? WHERE id=?"
_FAIL: Final = "UPDATE events SET failures=failures+1 WHERE id=? RETURNING failures"
_MOVE_TO_DEAD: Final = (
    "INSERT INTO dead (grp, key, event, digest, attempts, reason, at)"
    " SELECT grp, key, event, digest, attempts, ?, ? FROM events WHERE id=?"
)
_LONGEST_SECONDS: Final = 7 * 86_400.0
"""No lease or delay is longer: such a time is damage."""


class Row(NamedTuple):
    """An event that waits to be delivered."""

    group: str
    id: int
    key: str
    event: str
    digest: int
    attempts: int


class _WithExpiry(NamedTuple):
    """An event under a lease (with a token) or a delay (without)."""

    id: int
    group: str
    key: str
    attempts: int
    reason: str | None
    token: str | None
    until: float
    machine: str | None
    process: str | None


def put(db: sqlite3.Connection, group: str, key: str, event: str) -> bool:
    """False: coalesced with the event of its key that waits."""
    return db.execute(_PUT, (group, key, event, digest(group, key, event))).rowcount == 1


def next_in_turn(db: sqlite3.Connection, limit: int, most_groups: int | None) -> list[Row]:
    """The first event of each free group, then the second of each, …: groups can be worked at the same time."""
    unavailable = {group for (group,) in db.execute(_UNAVAILABLE_GROUPS)}
    free = [group for (group,) in db.execute(_GROUPS) if group not in unavailable]
    heads = [[Row(group, *row) for row in db.execute(_OLDEST_OF_GROUP, (group, limit))] for group in free]
    heads.sort(key=lambda rows: rows[0].id)
    return list(islice((row for turn in zip_longest(*heads[:most_groups]) for row in turn if row is not None), limit))


def lease(db: sqlite3.Connection, row: Row, until: float, grant: str) -> Lease:
    """Lease the event. grant: a unique name of the `take`, part of the token."""
    marker, token = liveness.myself(), f"{row.id}/{grant}"
    db.execute(_LEASE, (token, until, marker["machine"], marker["process"], row.id))
    event = _read(row)
    return Lease(event=event, group=row.group, key=row.key, attempt=row.attempts + 1, until=until, token=token)


def expire_leases(db: sqlite3.Connection, now: float, max_attempts: int) -> None:
    """Requeue events whose lease or delay has expired; after the last attempt they are dead letters. The death of a worker is no
    failure of its work.
    """
    boot = _boot(liveness.myself()["machine"])
    for row in (_WithExpiry(*row) for row in db.execute(_WITH_EXPIRY).fetchall()):
        # `until` of an earlier boot was told by a clock that has begun anew since.
        holder: dict[str, object] = {"machine": row.machine, "process": row.process}
        worker_died = row.token is not None and (_boot(row.machine) != boot or liveness.state_of(holder) == "dead")
        if now < row.until < now + _LONGEST_SECONDS and _boot(row.machine) == boot and not worker_died:
            continue
        if row.token is not None and not worker_died and count_failure(db, row.id) >= max_attempts:
            released = f"; released before: {row.reason}" if row.reason else ""
            move_to_dead_letters(db, row.id, f"given {row.attempts} times, and the last worker never answered for it{released}")
            continue
        requeue(db, row.id, row.group, row.key, row.reason, None)


def next_expiry(db: sqlite3.Connection) -> float:
    """When the next lease or delay expires; inf without one."""
    expiry = db.execute("SELECT min(until) FROM events WHERE until IS NOT NULL").fetchone()[0]
    return float("inf") if expiry is None else float(expiry)


def depth(db: sqlite3.Connection) -> Depth:
    """The depth; expired leases count as taken."""
    query = "SELECT grp, sum(token IS NULL), sum(token IS NOT NULL) FROM events GROUP BY grp"
    groups = {row[0]: GroupDepth(row[1], row[2]) for row in db.execute(query)}
    dead = db.execute("SELECT count(*) FROM dead").fetchone()[0]
    waiting, taken = (sum(found[place] for found in groups.values()) for place in (0, 1))
    return Depth(waiting=waiting, taken=taken, dead=dead, groups=groups)


def exists(db: sqlite3.Connection, lease: Lease) -> bool:
    """Whether the event is still in the queue, under whatever lease."""
    return db.execute("SELECT 1 FROM events WHERE id=?", (_event_id(lease),)).fetchone() is not None


def event_under_lease(db: sqlite3.Connection, lease: Lease) -> int | None:
    """The ID of the event if it is still under this lease."""
    event_id = _event_id(lease)
    return event_id if db.execute("SELECT 1 FROM events WHERE id=? AND token=?", (event_id, lease.token)).fetchone() else None


def requeue(db: sqlite3.Connection, event_id: int, group: str, key: str, reason: str | None, until: float | None) -> None:
    """The event waits again, coalesced with what was put under its key meanwhile. until: end of its delay."""
    db.execute(_COALESCE, (group, key, event_id))
    db.execute(_REQUEUE, (until, liveness.myself()["machine"], reason, event_id))


def count_failure(db: sqlite3.Connection, event_id: int) -> int:
    """Count a failure of its work; how many there are by now."""
    return int(db.execute(_FAIL, (event_id,)).fetchone()[0])


def move_to_dead_letters(db: sqlite3.Connection, event_id: int, reason: str) -> None:
    """Move the event from the queue to the dead letters."""
    db.execute(_MOVE_TO_DEAD, (reason, datetime.now(UTC).isoformat(timespec="seconds"), event_id))
    db.execute("DELETE FROM events WHERE id=?", (event_id,))


def _read(row: Row) -> dict[str, Any]:
    if digest(row.group, row.key, row.event) != row.digest:
        raise damage(f"event {row.id} is not what was accepted")
    event: dict[str, Any] = json.loads(row.event)
    return event


def _event_id(lease: Lease) -> int:
    return int(lease.token.partition("/")[0])


def _boot(machine: str | None) -> str:
    return (machine or "").partition("/")[0]
