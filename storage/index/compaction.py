"""Moving rows that were not used lately from the recent file of an index to their shards, one shard at the end of a run."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime
from typing import Any, Final

from storage.index import rows
from storage.index.due_days import DueDays
from storage.index.known import RevisitCandidate, since
from storage.index.recent_file import Header
from storage.index.revisits import LaterVisits
from storage.index.rows import IndexRow
from storage.index.shards import MOST_ROWS, Shards
from storage.record import instant

RECENT_ROWS: Final = 1_000
"""Rows that are left in the file of those used lately (100 to 200 KB). Of more, one shard's are moved at the end of a run …"""
MOST_RECENT_ROWS: Final = 3_000
"""… and of so many, all that are too much."""


class Compaction:
    """database: the index of a run (`storage.index.rows`); its owner holds the lock. later: when articles are visited again."""

    def __init__(self, database: sqlite3.Connection, later: LaterVisits) -> None:
        self._database, self._later = database, later

    def move_old_rows(self, outlet: str, header: Header, shards: Shards, due: DueDays, now: datetime, *, learnt: int) -> None:
        """Of too many rows in the recent file, drop the oldest that their shards have, then move others to their shards.

        learnt: entries of this run. A poll of one leaves moving to the next run that has more, until there are nearly too many:
        it is not made dearer by a tenth, and what is moved later is moved by more rows at a time.
        """
        number, changed = self._count_used(outlet)
        if number <= RECENT_ROWS:
            return
        self._database.execute(rows.DROP_OLD, (outlet, RECENT_ROWS))
        number, changed = self._count_used(outlet)
        if number <= (RECENT_ROWS if learnt > 1 else MOST_RECENT_ROWS - RECENT_ROWS // 10) or not changed:
            return
        if not header.sharded:
            header.sharded, shards.depth = True, _depth(number)
            header.least_depth = shards.least_depth = shards.depth
        everything = number > MOST_RECENT_ROWS
        until, sizes = 0, Counter[str]()
        for row in self._database.execute(rows.OLD_CHANGED, (outlet, RECENT_ROWS // 2)):
            until = max(until, row["used"])
            sizes[shards.prefix(row["hash"])] += 1
        for prefix, _ in sizes.most_common(None if everything else 1):
            number -= self._move_to_shard(outlet, shards, due, prefix, until, now)
            if number <= RECENT_ROWS:
                break
        due.write(lambda hashed: self.trimmed(self._database.execute(rows.STANDS, (outlet, hashed)).fetchone(), now))

    def _move_to_shard(self, outlet: str, shards: Shards, due: DueDays, prefix: str, until: int, now: datetime) -> int:
        """Write the changed rows of a shard that were not used lately (up to `until`), but none over a later one: another run may
        have written it, and the row of a day of visits is as old as its file. How many they were.
        """
        bounds = {"first": Shards.bound(prefix, "0"), "last": Shards.bound(prefix, "3")}
        values = {"outlet": outlet, "used": until, **bounds}
        moved = [self.trimmed(row, now) for row in self._database.execute(rows.CHANGED, values)]
        for shard, part in shards.parted(moved):
            standing = {row.hash: row for row in shard.rows or ()}
            later = (row for row in part if row.hash not in standing or standing[row.hash].n <= row.n)
            shards.write(shard.prefix, (standing | {row.hash: row for row in later}).values())
        for row in moved:
            if row.published is not None and row.url and row.address and (at := self._later.first([_candidate_of(row)])):
                due.add(max(at, now).date(), row.hash)
            self._database.execute(rows.STORED, (outlet, row.hash))
        return len(moved)

    def _count_used(self, outlet: str) -> tuple[int, int]:
        """(rows of the recent file to be, how many of them their shards do not have)."""
        number, changed = self._database.execute(rows.COUNT_USED, (outlet,)).fetchone()
        return int(number), int(changed)

    def trimmed(self, values: Any, now: datetime) -> IndexRow:
        """The row, without what only a later visit needs (address, publication, validators) if the article is not visited again.

        It is not when it is past its last age and no removal waits to be confirmed, or was not reached for twice that time.
        """
        row = IndexRow(*values)
        if row.published is None:
            return row.without_revisit()
        last = instant(row.published) + self._later.remember_for
        waits = datetime.fromisoformat(row.checked_at) < last or row.gone_since is not None
        return row if waits and now < last + self._later.remember_for else row.without_revisit()


def _depth(number: int) -> int:
    """The depth at which so many rows fill shards to a half."""
    depth = 0
    while number > MOST_ROWS // 2 << 2 * depth:
        depth += 1
    return depth


def _candidate_of(row: IndexRow) -> RevisitCandidate:
    looked, published = datetime.fromisoformat(row.checked_at), instant(row.published or 0)
    return RevisitCandidate(row.url or "", row.address or "", looked, published, since(row.gone_since))
