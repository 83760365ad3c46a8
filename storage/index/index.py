"""What is known about URLs and contents when a run begins, and what it learns.

The ledger (`urls/`) is the authority; this is its index for one run, kept in a temporary file on disk. It begins with
what the runs before left in `state/<outlet>/` (`storage.index.row_table`). A URL that is not there is asked of the ledger
(`storage.index.current_rows`): one GET says that it is new. So a run costs what it asks, whatever the archive holds.
What is lost, broken or of another archive costs requests to the ledger, no more; of what is stale, the ledger is asked before the
first row is read (`storage.run.applied_runs`).

What a later visit needs (address, publication, validators) is remembered of young articles only; the ledger does not have it.
Losing it loses the visits to articles that no source names any more.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from storage import keys
from storage.errors import NotAtHandError
from storage.index import recent_file, rows
from storage.index.compaction import Compaction
from storage.index.current_rows import CurrentRows, may_lag
from storage.index.ended_runs import EndedRuns, NoRuns
from storage.index.known import Known, KnownArticle, RevisitCandidate, RevisitHints, since
from storage.index.ledger_survey import highest
from storage.index.recent_file import RecentRow
from storage.index.revisits import LaterVisits
from storage.index.row_table import RowTable
from storage.ledger import LedgerEntry
from storage.record import instant, micros, rfc3339
from storage.stores.store import Store


class ArchiveIndex:
    """Thread-safe. Asks the store only where its methods say so."""

    def __init__(
        self,
        store: Store,
        later: LaterVisits | None = None,
        runs: EndedRuns | None = None,
    ) -> None:
        """later: when articles are visited again; what that needs is remembered as long. runs: those before this one."""
        self._store, self._later = store, later or LaterVisits()
        runs = runs or NoRuns()
        self._table = table = RowTable(store, runs.has_run)
        self._current = CurrentRows(store, table, runs)
        self._lock, self._database, self._outlets = table.lock, table.database, table.outlets
        self._compaction = Compaction(self._database, self._later)

    def last(self, outlet: str, url: str) -> Known | None:
        """The last word on a URL, None if the ledger has none.

        No request if this run knows or the URL was used lately; else one GET for the ledger's first entry, or for its shard and
        then for that, and a listing and a GET if there is one. Once for each outlet: a GET, a listing.
        """
        hashed = keys.url_hash(url)
        with self._lock:
            row = self._current.find(outlet, hashed)
            if row is None:
                self._current.ask_ledger(outlet, hashed)
                row = self._table.row(outlet, hashed)
        if row is not None and may_lag(row):
            self._current.read_last(outlet, hashed, row)
            with self._lock:
                row = self._table.row(outlet, hashed)
        return rows.known(row) if row else None

    def last_at_hand(self, outlet: str, url: str) -> Known | None:
        """The same where it can be told at once. NotAtHandError where it takes a request, or waiting for another thread."""
        hashed = keys.url_hash(url)
        if not self._lock.acquire(blocking=False):
            raise NotAtHandError(url)
        try:
            if (state := self._outlets.get(outlet)) is None:
                raise NotAtHandError(url)
            row = self._table.row(outlet, hashed)
            if row is not None and row["n"]:
                self._table.use(outlet, row)
            elif hashed not in state.new and (
                not state.has_shard(bytes.fromhex(hashed)[:16]) or (row is None and not state.survey.has_listed(hashed))
            ):
                raise NotAtHandError(url)
        finally:
            self._lock.release()
        if row is not None and may_lag(row):
            raise NotAtHandError(url)
        return rows.known(row) if row else None

    def entries(self, outlet: str, url: str) -> int:
        """How many entries the ledger has for a URL, by a listing of this run; reads none of them."""
        hashed = keys.url_hash(url)
        with self._lock:
            self._current.load(outlet)
            if not self._outlets[outlet].survey.lists(hashed):
                return highest(self._store, outlet, hashed)
            row = self._table.row(outlet, hashed)
        return max(row["n"], row["listed"]) if row else 0

    def is_large(self) -> bool:
        """Whether the archive is known to hold more than a listing or two shows. Asks nothing."""
        with self._lock:
            return any(each.header.sharded or each.survey.is_partial for each in self._outlets.values())

    def learn(self, entry: LedgerEntry, hints: RevisitHints | None = None, *, last: bool = True) -> None:
        """An entry that stands in the ledger. An older one is learnt after the entry that the URL stands at.

        last: it is known to be the last one of its URL.
        """
        self._current.learn(entry, hints, last=last)

    def checked(
        self,
        outlet: str,
        url: str,
        at: datetime,
        hint: str | None,
        *,
        moment: datetime | None = None,
        hints: RevisitHints | None = None,
    ) -> None:
        """The URL was looked at and nothing is new. Writes no object; what is left in state/ tells.

        moment: when it showed what it showed (`at` if not given).
        """
        hashed = keys.url_hash(url)
        with self._lock:
            self._current.find(outlet, hashed)
            self._table.changed.add(outlet)
            values: dict[str, Any] = {"outlet": outlet, "hash": rows.short(url), "checked_at": rfc3339(at), "hint": hint}
            values |= {"moment": micros(moment or at), "url": url if hints else None, "used": next(self._table.uses)}
            self._database.execute(rows.CHECKED, values | rows.hint_columns(hints))

    def due(self, outlet: str, now: datetime) -> list[RevisitCandidate]:
        """The articles of an outlet that have to be visited again by now, the newest first, as state/ knows them.

        One GET for each file of the days whose visits are due since the last time. Their rows are as they were when the day was
        noted: who asks for one makes one request more, for the entry that the ledger may have since.
        """
        with self._lock:
            for row in self._current.load(outlet).due.take(now.date()):
                values = row._asdict() | {"outlet": outlet, "used": next(self._table.uses), "changed": 1, "unsure": 1}
                self._database.execute(rows.LOAD, values)
                self._table.changed.add(outlet)
            young = map(_candidate, self._database.execute(rows.YOUNG, (outlet,)))  # a first run has kept all that it knows
            return [each for each in young if self._later.is_due(each.published, each.checked_at, each.gone_since, now)]

    def first_visit(self, outlet: str) -> datetime | None:
        """When the first article is to be visited again; None if none is. May be too early, never too late."""
        with self._lock:
            later_days = self._current.load(outlet).due.first()
            young = map(_candidate, self._database.execute(rows.YOUNG, (outlet,)))
            moments = [each for each in (self._later.first(young), later_days) if each is not None]
        return min(moments, default=None)

    def articles(self, outlet: str, query: str, *values: object) -> list[KnownArticle]:
        """The articles that a query of `storage.index.rows` gives among those used lately; asks nothing of the ledger."""
        with self._lock:
            self._current.load(outlet)
            return [rows.article(row) for row in self._database.execute(query, (outlet, *values))]

    def named(self, outlet: str, hashed: bytes) -> list[KnownArticle]:
        """The article whose URL has this hash (its first half): one GET where it was not used lately."""
        with self._lock:
            self._current.find(outlet, hashed.hex())
            return self.articles(outlet, rows.NAMED, hashed)

    def following(self, outlet: str, after: bytes, number: int) -> list[KnownArticle]:
        """The next articles in the order of hashes; one GET for each of the shards that they are in."""
        found: list[KnownArticle] = []
        place, end = int.from_bytes(after) + 1 if after else 0, (1 << 128) - 1
        with self._lock:
            state = self._current.load(outlet)
            while len(found) < number and place <= end:
                first = place.to_bytes(16)
                last = self._table.load_shard(outlet, first) if state.header.sharded else end.to_bytes(16)
                found += self.articles(outlet, rows.BETWEEN, first, last, number - len(found))
                place = int.from_bytes(last) + 1
        return found

    def holder(self, content_hash: str) -> str | None:
        """Key of the article with this content, if an entry known here names it; the article is then complete."""
        with self._lock:
            row = self._database.execute(
                "SELECT article FROM url WHERE content = ? AND article IS NOT NULL LIMIT 1", (rows.packed(content_hash),)
            ).fetchone()
        return row["article"] if row else None

    @property
    def changed(self) -> list[str]:
        """The outlets about which something was learnt: those of which `save` leaves files."""
        with self._lock:
            return sorted(outlet for outlet in self._table.changed if self._outlets[outlet].header.newest)

    def save(self, now: datetime, run_id: str = "", *, made_objects: bool = False) -> None:
        """Leave in state/ what was learnt. Call after the manifest is written. Shards are written before the recent file: until
        that is there, the one before it has their rows too. Of a run that dies before, the next one asks the ledger.

        run_id: who leaves it. made_objects: the archive has the manifest of that run.
        """
        for outlet in self.changed:
            with self._lock:
                state = self._outlets[outlet]
                self._compaction.move_old_rows(
                    outlet, state.header, state.shards, state.due, now, learnt=self._table.learnt[outlet]
                )
                recent = self._database.execute(rows.USED_ROWS, (outlet,))
                lines = (
                    RecentRow(self._compaction.trimmed(row, now), bool(changed), bool(unsure)) for *row, changed, unsure in recent
                )
                state.header.depth, state.header.due = state.shards.depth, state.due.files
                state.header.writer, state.header.run = keys.short_run_id(run_id), run_id if made_objects else state.header.run
                recent_file.write(self._store, outlet, state.header, lines)
        self._table.changed.clear()

    def close(self) -> None:
        """Free the temporary file."""
        with self._lock:
            self._database.close()


def _candidate(row: sqlite3.Row) -> RevisitCandidate:
    looked, published = datetime.fromisoformat(row["checked_at"]), instant(row["published"])
    return RevisitCandidate(row["url"], row["address"], looked, published, since(row["gone_since"]))
