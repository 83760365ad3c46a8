"""Rows of URLs, as late as the ledger is: what it has beyond the files in state/ is asked of it, and learnt."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.index import rows
from storage.index.ended_runs import EndedRuns
from storage.index.known import Known, RevisitHints
from storage.index.ledger_survey import highest
from storage.index.row_table import OutletRows, RowTable
from storage.ledger import LedgerEntry, LedgerPlace, parse, read_entry
from storage.stores.store import Store

MOST_NEW: Final = 30
MOST_KNOWN: Final = 3
"""So many URLs are asked of the ledger before their shards, until so many of them are new or known."""


class CurrentRows:
    """Whoever calls it holds the lock of the table; `learn` and `read_last` take it themselves. runs: those before this one."""

    def __init__(self, store: Store, table: RowTable, runs: EndedRuns) -> None:
        self._store, self._table, self._runs = store, table, runs
        self._caught_up = False

    def load(self, outlet: str) -> OutletRows:
        """The outlet, its recent rows loaded and brought up to the runs that ended since."""
        self._catch_up()
        state = self._table.outlets.get(outlet)
        if state is None:
            state = self._table.load_recent(outlet)
            self._take_in_all(self._runs.renewed(outlet, state.header.writer))
        return state

    def find(self, outlet: str, hashed: str) -> sqlite3.Row | None:
        """The row of a URL, from state/ if this run does not know it yet. Marks it as used."""
        row = self._look_up(outlet, hashed)
        if row is not None and row["n"]:
            self._table.use(outlet, row)
        return row

    def learn(self, entry: LedgerEntry, hints: RevisitHints | None = None, *, last: bool = True) -> None:
        """An entry that stands in the ledger. An older one is learnt after the entry that the URL stands at.

        last: it is known to be the last one of its URL.
        """
        table = self._table
        with table.lock:
            outlet = self.load(entry.outlet)
            table.changed.add(entry.outlet)
            table.learnt[entry.outlet] += 1
            outlet.header.newest = entry.key
            values = rows.of_entry(entry, hints)._asdict()
            values |= {"outlet": entry.outlet, "used": next(table.uses), "unsure": int(not last)}
            table.database.execute(rows.OLDER if entry.older else rows.UPSERT, values)

    def ask_ledger(self, outlet: str, hashed: str) -> None:
        """Find out which entry of a URL is the last: all at once in a small ledger, else for this URL, or for its shard."""
        state = self._table.outlets[outlet]
        if hashed in state.new or state.survey.lists(hashed):
            return
        first = self._store.get(keys.ledger(outlet, hashed, 1))
        number = 0 if first is None else highest(self._store, outlet, hashed)
        if first is not None and number <= 1:
            self.learn(parse(keys.ledger(outlet, hashed, 1), first))
        else:
            self._table.database.execute(rows.LISTED, (outlet, bytes.fromhex(hashed)[:16], number))

    def read_last(self, outlet: str, hashed: str, row: sqlite3.Row) -> None:
        """Learn the last entry of a URL of which the ledger has, or may have, a later one than its row."""
        known = rows.known(row)
        n = known.n if known else 0
        spoken_of = max(row["listed"], n + 1)
        entry = read_entry(self._store, outlet, hashed, spoken_of)
        if row["unsure"] if entry else spoken_of > n + 1:
            entry = read_entry(self._store, outlet, hashed, highest(self._store, outlet, hashed))
        if entry is None or entry.n <= n:
            with self._table.lock:
                self._table.database.execute(rows.LAST, (outlet, row["hash"]))
            return
        if entry.older:
            self._learn_standing(entry, hashed, known)
        self.learn(entry)

    def _look_up(self, outlet: str, hashed: str) -> sqlite3.Row | None:
        state = self.load(outlet)
        row = self._table.row(outlet, hashed)
        if (row is None or not row["n"]) and not state.has_shard(bytes.fromhex(hashed)[:16]) and not self._is_new(state, hashed):
            self._table.load_shard(outlet, bytes.fromhex(hashed)[:16])
            row = self._table.row(outlet, hashed)
        return row

    def _is_new(self, state: OutletRows, hashed: str) -> bool:
        """Whether the ledger says so, asked before the shard of the URL, which is then not read."""
        if hashed not in state.new and len(state.new) < MOST_NEW and state.known < MOST_KNOWN:
            if self._store.get(keys.ledger(state.outlet, hashed, 1)) is None:
                state.new.add(hashed)
            else:
                state.known += 1
        return hashed in state.new

    def _catch_up(self) -> None:
        """Take in, of all outlets, what the rows in state/ may lack."""
        if self._caught_up:
            return
        self._caught_up, done = True, False
        try:
            self._take_in_all(self._runs.entries())
            done = True
        finally:
            self._caught_up = done

    def _take_in_all(self, missing: Iterable[LedgerPlace]) -> None:
        for outlet, hashed, n in missing:
            row = self._look_up(outlet, hashed)
            if row is not None and 0 < row["n"] < n:  # without a row the ledger is asked
                self._take_in(outlet, hashed, n)

    def _take_in(self, outlet: str, hashed: str, n: int) -> None:
        """Take in entry n of a URL, or a later one; where that is damaged, its row stays unsure."""
        table, short = self._table, bytes.fromhex(hashed)[:16]
        table.database.execute(rows.LISTED, (outlet, short, n))
        row = table.row(outlet, hashed)
        assert row is not None  # it is listed
        try:
            self.read_last(outlet, hashed, row)
        except Damaged:
            table.changed.add(outlet)
            table.database.execute(rows.UNSURE, (next(table.uses), outlet, short))

    def _learn_standing(self, entry: LedgerEntry, hashed: str, known: Known | None) -> None:
        """Before an older entry is learnt: the one that the URL stands at, and, where that has no content, the first that has."""
        stands = entry.stands or 0
        content = known is not None and known.content_hash
        if known is None or known.standing < stands:
            standing = read_entry(self._store, entry.outlet, hashed, stands)
            if standing is not None:
                self.learn(standing)
                content = standing.content_hash or standing.previous
        if not content and stands + 1 < entry.n:
            first = read_entry(self._store, entry.outlet, hashed, stands + 1)
            if first is not None:
                self.learn(first)


def may_lag(row: sqlite3.Row) -> bool:
    """Whether the ledger has, or may have, a later entry than a row."""
    return bool(row["unsure"] or row["listed"] > row["n"])
