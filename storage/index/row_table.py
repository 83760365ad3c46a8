"""The rows of an index for one run, in a temporary file on disk: what it has read of `state/<outlet>/`, and what it has learnt.

`known.jsonl.gz`, the rows used lately, is read when a URL of the outlet is first asked for; `known/…`, the rest by the hash of
the URL, is read shard by shard as it is asked for (`storage.index.shards`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from storage import keys
from storage.index import recent_file, rows
from storage.index.due_days import DueDays
from storage.index.ledger_survey import LedgerSurvey
from storage.index.recent_file import Header
from storage.index.shards import BROKEN, Shards
from storage.stores.store import Store
from storage.temporary import temporary_database


@dataclass(slots=True)
class OutletRows:
    """What this run has found out about an outlet's index. spans: of the shards that are loaded, (first, last) hash.

    new: hashes of URLs that were asked of the ledger before their shards, and have no entry; known: how many had one.
    """

    outlet: str
    header: Header
    shards: Shards
    due: DueDays
    survey: LedgerSurvey
    spans: list[tuple[bytes, bytes]] = field(default_factory=list)
    new: set[str] = field(default_factory=set)
    known: int = 0

    def has_shard(self, hashed: bytes) -> bool:
        """Whether the rows of state/ that may have this hash are loaded."""
        return not self.header.sharded or any(first <= hashed <= last for first, last in self.spans)


class RowTable:
    """Whoever calls it holds `lock`. has_run: whether a run of this archive has such an id.

    outlets: those whose recent rows are loaded; changed: those about which something was learnt; learnt: entries, by outlet;
    uses: their numbers, in order.
    """

    def __init__(self, store: Store, has_run: Callable[[str], bool]) -> None:
        self._store, self._has_run = store, has_run
        self.lock = threading.RLock()
        self.database = temporary_database(rows.TABLE)
        self.database.row_factory = sqlite3.Row
        self.outlets: dict[str, OutletRows] = {}
        self.changed: set[str] = set()
        self.learnt: Counter[str] = Counter()
        self.uses = count(1)

    def row(self, outlet: str, hashed: str) -> sqlite3.Row | None:
        """The row of a URL, as far as it is loaded."""
        row: sqlite3.Row | None = self.database.execute(rows.SELECT, (outlet, bytes.fromhex(hashed)[:16])).fetchone()
        return row

    def use(self, outlet: str, row: sqlite3.Row) -> None:
        """Mark a row as used."""
        if row["used"] is None:
            self.changed.add(outlet)  # asked for again, it shall be found without its shard
        self.database.execute(rows.USED, (next(self.uses), outlet, row["hash"]))

    def load_recent(self, outlet: str) -> OutletRows:
        """Take the recent file in, if there is one that can be read and that speaks of this archive. Once for an outlet."""
        header = Header()
        try:
            header, recent = recent_file.read(self._store, outlet, self._has_run)
            values = (
                row._asdict() | {"outlet": outlet, "used": -number, "changed": int(changed), "unsure": int(unsure)}
                for number, (row, changed, unsure) in enumerate(recent)
            )
            self.database.execute("BEGIN")
            self.database.executemany(rows.LOAD, values)
            self.database.execute("COMMIT")
        except BROKEN:
            # Broken: forget it whole. With the journal off a ROLLBACK is not defined, so the rows are deleted.
            if self.database.in_transaction:
                self.database.execute("COMMIT")
            self.database.execute(rows.FORGET, (outlet,))
            header = Header()
        self.outlets[outlet] = OutletRows(
            outlet,
            header,
            Shards(self._store, outlet, header.token, header.depth, header.least_depth),
            DueDays(self._store, outlet, header.token, header.due),
            # A ledger whose rows are in shards is large.
            LedgerSurvey(self._store, outlet, large=header.sharded, note=partial(self._note_listed, outlet)),
        )
        return self.outlets[outlet]

    def load_shard(self, outlet: str, hashed: bytes) -> bytes:
        """Take in the shard of a hash, unless it is; the last hash that belongs to it."""
        state = self.outlets[outlet]
        for first, last in state.spans:
            if first <= hashed <= last:
                return last
        shard = state.shards.find(hashed)
        values = (row._asdict() | {"outlet": outlet, "used": None, "changed": 0, "unsure": 0} for row in shard.rows or ())
        self.database.execute("BEGIN")
        self.database.executemany(rows.LOAD, values)
        self.database.execute("COMMIT")
        state.spans.append((shard.first, shard.last))
        return shard.last

    def _note_listed(self, outlet: str, listed: Iterable[str]) -> None:
        found = ((outlet, bytes.fromhex(hashed)[:16], n) for hashed, n in map(keys.ledger_parts, listed) if n)
        self.database.execute("BEGIN")
        try:
            self.database.executemany(rows.LISTED, found)
        finally:
            self.database.execute("COMMIT")
