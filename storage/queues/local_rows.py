"""What a local queue does with its rows; each function within a transaction of `sqlite_file.QueueFile`."""

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
_NOT_NOW: Final = "SELECT DISTINCT grp FROM events WHERE until IS NOT NULL UNION SELECT grp FROM paused"
_HEAD: Final = "SELECT id, key, event, digest, attempts FROM events WHERE grp = ? ORDER BY id LIMIT ?"
_TAKE: Final = "UPDATE events SET token=?, until=?, machine=?, process=?, attempts=attempts+1 WHERE id=?"
_UNTIL: Final = (
    "SELECT id, grp, key, attempts, reason, token, until, machine, process FROM events WHERE until IS NOT NULL ORDER BY id"
)
_COALESCE: Final = "DELETE FROM events WHERE grp=? AND key=? AND token IS NULL AND id<>?"
_GIVE_BACK: Final = "UPDATE events SET token=NULL, until=?, machine=?, process=NULL, reason=? WHERE id=?"
_FAIL: Final = "UPDATE events SET failures=failures+1 WHERE id=? RETURNING failures"
_BURY: Final = (
    "INSERT INTO dead (grp, key, event, digest, attempts, reason, at)"
    " SELECT grp, key, event, digest, attempts, ?, ? FROM events WHERE id=?"
)


LONGEST_SECONDS: Final = 7 * 86_400.0


class Row(NamedTuple):
    """An event whose turn it is, as it waited."""

    group: str
    id: int
    key: str
    event: str
    digest: int
    attempts: int


class _Taken(NamedTuple):
    """An event that is leased (token) or held back by a delay (no token)."""

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
    """False: its key waits already."""
    return db.execute(_PUT, (group, key, event, digest(group, key, event))).rowcount == 1


def next_in_turn(db: sqlite3.Connection, limit: int, most_groups: int | None) -> list[Row]:
    """One of each free group, then the second of each, …: what is taken together can be worked side by side."""
    busy = {group for (group,) in db.execute(_NOT_NOW)}
    free = [group for (group,) in db.execute(_GROUPS) if group not in busy]
    heads = [[Row(group, *row) for row in db.execute(_HEAD, (group, limit))] for group in free]
    heads.sort(key=lambda rows: rows[0].id)
    return list(islice((row for turn in zip_longest(*heads[:most_groups]) for row in turn if row is not None), limit))


def lease(db: sqlite3.Connection, row: Row, until: float, grant: str) -> Lease:
    """The event's next lease. grant: what makes its token unlike all before."""
    marker, token = liveness.myself(), f"{row.id}/{grant}"
    db.execute(_TAKE, (token, until, marker["machine"], marker["process"], row.id))
    event = _read(row)
    return Lease(event=event, group=row.group, key=row.key, attempt=row.attempts + 1, until=until, token=token)


def end_leases(db: sqlite3.Connection, now: float, max_attempts: int) -> None:
    """Events whose lease or delay is over wait again, or are dead if that was the last time. A worker that is dead has not
    failed: the machine has. Nobody holds anything for days: such a time is damage.
    """
    boot = _boot(liveness.myself()["machine"])
    for row in (_Taken(*row) for row in db.execute(_UNTIL).fetchall()):
        # `until` of an earlier boot was told by a clock that has begun anew since.
        died = row.token is not None and (_boot(row.machine) != boot or _is_dead(row))
        if now < row.until < now + LONGEST_SECONDS and _boot(row.machine) == boot and not died:
            continue
        if row.token is not None and not died and fail(db, row.id) >= max_attempts:
            before = f"; released before: {row.reason}" if row.reason else ""
            bury(db, row.id, f"given {row.attempts} times, and the last worker never answered for it{before}")
            continue
        give_back(db, row.id, row.group, row.key, row.reason, None)


def next_end(db: sqlite3.Connection) -> float:
    """When the next lease or delay is over."""
    end = db.execute("SELECT min(until) FROM events WHERE until IS NOT NULL").fetchone()[0]
    return float("inf") if end is None else float(end)


def depth(db: sqlite3.Connection) -> Depth:
    """Counts as they stand."""
    asked = "SELECT grp, sum(token IS NULL), sum(token IS NOT NULL) FROM events GROUP BY grp"
    groups = {row[0]: GroupDepth(row[1], row[2]) for row in db.execute(asked)}
    dead = db.execute("SELECT count(*) FROM dead").fetchone()[0]
    waiting, taken = (sum(found[place] for found in groups.values()) for place in (0, 1))
    return Depth(waiting=waiting, taken=taken, dead=dead, groups=groups)


def stands(db: sqlite3.Connection, lease: Lease) -> bool:
    """Whether its event is still in the queue, whoever has it."""
    return db.execute("SELECT 1 FROM events WHERE id=?", (_number(lease),)).fetchone() is not None


def held(db: sqlite3.Connection, lease: Lease) -> int | None:
    """The event's number if it is still this lease that it is under."""
    number = _number(lease)
    return number if db.execute("SELECT 1 FROM events WHERE id=? AND token=?", (number, lease.token)).fetchone() else None


def give_back(db: sqlite3.Connection, number: int, group: str, key: str, reason: str | None, until: float | None) -> None:
    """It waits again, and stands for what was put under its key meanwhile. until: end of its delay."""
    db.execute(_COALESCE, (group, key, number))
    db.execute(_GIVE_BACK, (until, liveness.myself()["machine"], reason, number))


def fail(db: sqlite3.Connection, number: int) -> int:
    """Its work has failed; how often by now."""
    return int(db.execute(_FAIL, (number,)).fetchone()[0])


def bury(db: sqlite3.Connection, number: int, reason: str) -> None:
    """To the dead letters."""
    db.execute(_BURY, (reason, datetime.now(UTC).isoformat(timespec="seconds"), number))
    db.execute("DELETE FROM events WHERE id=?", (number,))


def _is_dead(row: _Taken) -> bool:
    return liveness.state_of({"machine": row.machine, "process": row.process}) == "dead"


def _read(row: Row) -> dict[str, Any]:
    if digest(row.group, row.key, row.event) != row.digest:
        raise damage(f"event {row.id} is not what was accepted")
    event: dict[str, Any] = json.loads(row.event)
    return event


def _number(lease: Lease) -> int:
    return int(lease.token.partition("/")[0])


def _boot(machine: str | None) -> str:
    return (machine or "").partition("/")[0]
