"""What is known about URLs and contents when a run begins, and what it learns.

The ledger (`urls/`) is the authority; this is its index for one run, kept in a temporary file on disk. It begins with
what the runs before left in `state/<outlet>/`: `known.jsonl.gz`, the rows used lately, is read when a URL of the outlet is first
asked for; `known/…`, the rest by the hash of the URL, is read shard by shard as it is asked for (`storage.index.shards`). A URL
that neither has is asked of the ledger: one GET says that it is new. So a run costs what it asks, whatever the archive holds.
What is lost, broken or of another archive costs requests to the ledger, no more; of what is stale, the ledger is asked before the
first row is read (`storage.run.applied_runs`).

What a later visit needs (address, publication, validators) is remembered of young articles only; the ledger does not have it.
Losing it loses the visits to articles that no source names any more.

One file, though long: what a run knows, and where it lies, change together.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Protocol

from storage import keys
from storage.errors import Damaged, NotAtHandError
from storage.index import recent_file, rows
from storage.index.compaction import Compaction
from storage.index.due_days import DueDays
from storage.index.known import Known, KnownArticle, RevisitCandidate, RevisitHints, since
from storage.index.ledger_survey import LedgerSurvey, highest
from storage.index.recent_file import BROKEN, SNAPSHOT, Header, RecentRow
from storage.index.revisits import LaterVisits
from storage.index.shards import Shards
from storage.ledger import LedgerEntry, LedgerPlace, parse, read_entry
from storage.record import instant, micros, rfc3339
from storage.stores.store import Store
from storage.temporary import temporary_database

__all__ = ["BROKEN", "SNAPSHOT", "ArchiveIndex", "Known", "KnownArticle", "RevisitCandidate", "RevisitHints"]

MOST_NEW, MOST_KNOWN = 30, 3
"""So many URLs are asked of the ledger before their shards, until so many of them are new or known."""


class EndedRuns(Protocol):
    """What is known of the runs before (`storage.run.applied_runs`)."""

    def entries(self) -> Iterator[LedgerPlace]:
        """Later entries of URLs that the rows in state/ may lack; asked once, before the first of them is read."""
        ...

    def renewed(self, outlet: str, writer: str) -> Iterator[LedgerPlace]:
        """The same, once the rows of an outlet turn out to be of this writer (`Header.writer`)."""
        ...

    def has_run(self, run_id: str) -> bool:
        """Whether a run of this archive is known to have this id."""
        ...


class _NoRuns:
    """An index by itself."""

    def entries(self) -> Iterator[LedgerPlace]:
        return iter(())

    def renewed(self, outlet: str, writer: str) -> Iterator[LedgerPlace]:  # noqa: ARG002
        return iter(())

    def has_run(self, run_id: str) -> bool:  # noqa: ARG002
        return False


@dataclass(slots=True)
class _Outlet:
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
        self._runs = runs or _NoRuns()
        self._caught_up = False
        self._lock = threading.RLock()
        self._database = temporary_database(rows.TABLE)
        self._database.row_factory = sqlite3.Row
        self._compaction = Compaction(self._database, self._later)
        self._outlets: dict[str, _Outlet] = {}
        self._changed: set[str] = set()
        self._learnt: Counter[str] = Counter()
        self._uses = count(1)

    def last(self, outlet: str, url: str) -> Known | None:
        """The last word on a URL, None if the ledger has none.

        No request if this run knows or the URL was used lately; else one GET for the ledger's first entry, or for its shard and
        then for that, and a listing and a GET if there is one. Once for each outlet: a GET, a listing.
        """
        hashed = keys.url_hash(url)
        with self._lock:
            row = self._find(outlet, hashed)
            if row is None:
                self._ask_ledger(outlet, hashed)
                row = self._row(outlet, hashed)
        if row is not None and _may_lag(row):
            self._read_last(outlet, hashed, row)
            with self._lock:
                row = self._row(outlet, hashed)
        return rows.known(row) if row else None

    def last_at_hand(self, outlet: str, url: str) -> Known | None:
        """The same where it can be told at once. NotAtHandError where it takes a request, or waiting for another thread."""
        hashed = keys.url_hash(url)
        if not self._lock.acquire(blocking=False):
            raise NotAtHandError(url)
        try:
            if (state := self._outlets.get(outlet)) is None:
                raise NotAtHandError(url)
            row = self._row(outlet, hashed)
            if row is not None and row["n"]:
                self._use(outlet, row)
            elif hashed not in state.new and (
                not state.has_shard(bytes.fromhex(hashed)[:16]) or (row is None and not state.survey.has_listed(hashed))
            ):
                raise NotAtHandError(url)
        finally:
            self._lock.release()
        if row is not None and _may_lag(row):
            raise NotAtHandError(url)
        return rows.known(row) if row else None

    def entries(self, outlet: str, url: str) -> int:
        """How many entries the ledger has for a URL, by a listing of this run; reads none of them."""
        hashed = keys.url_hash(url)
        with self._lock:
            self._load(outlet)
            if not self._outlets[outlet].survey.lists(hashed):
                return highest(self._store, outlet, hashed)
            row = self._row(outlet, hashed)
        return max(row["n"], row["listed"]) if row else 0

    def is_large(self) -> bool:
        """Whether the archive is known to hold more than a listing or two shows. Asks nothing."""
        with self._lock:
            return any(each.header.sharded or each.survey.is_partial for each in self._outlets.values())

    def learn(self, entry: LedgerEntry, hints: RevisitHints | None = None, *, last: bool = True) -> None:
        """An entry that stands in the ledger. An older one is learnt after the entry that the URL stands at.

        last: it is known to be the last one of its URL.
        """
        with self._lock:
            outlet = self._load(entry.outlet)
            self._changed.add(entry.outlet)
            self._learnt[entry.outlet] += 1
            outlet.header.newest = entry.key
            values = rows.of_entry(entry, hints)._asdict()
            values |= {"outlet": entry.outlet, "used": next(self._uses), "unsure": int(not last)}
            self._database.execute(rows.OLDER if entry.older else rows.UPSERT, values)

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
            self._find(outlet, hashed)
            self._changed.add(outlet)
            values: dict[str, Any] = {"outlet": outlet, "hash": rows.short(url), "checked_at": rfc3339(at), "hint": hint}
            values |= {"moment": micros(moment or at), "url": url if hints else None, "used": next(self._uses)}
            self._database.execute(rows.CHECKED, values | rows.hint_columns(hints))

    def due(self, outlet: str, now: datetime) -> list[RevisitCandidate]:
        """The articles of an outlet that have to be visited again by now, the newest first, as state/ knows them.

        One GET for each file of the days whose visits are due since the last time. Their rows are as they were when the day was
        noted: who asks for one makes one request more, for the entry that the ledger may have since.
        """
        with self._lock:
            for row in self._load(outlet).due.take(now.date()):
                values = row._asdict() | {"outlet": outlet, "used": next(self._uses), "changed": 1, "unsure": 1}
                self._database.execute(rows.LOAD, values)
                self._changed.add(outlet)
            young = map(_candidate, self._database.execute(rows.YOUNG, (outlet,)))  # a first run has kept all that it knows
            return [each for each in young if self._later.is_due(each.published, each.checked_at, each.gone_since, now)]

    def first_visit(self, outlet: str) -> datetime | None:
        """When the first article is to be visited again; None if none is. May be too early, never too late."""
        with self._lock:
            later_days = self._load(outlet).due.first()
            young = map(_candidate, self._database.execute(rows.YOUNG, (outlet,)))
            moments = [each for each in (self._later.first(young), later_days) if each is not None]
        return min(moments, default=None)

    def articles(self, outlet: str, query: str, *values: object) -> list[KnownArticle]:
        """The articles that a query of `storage.index.rows` gives among those used lately; asks nothing of the ledger."""
        with self._lock:
            self._load(outlet)
            return [rows.article(row) for row in self._database.execute(query, (outlet, *values))]

    def named(self, outlet: str, hashed: bytes) -> list[KnownArticle]:
        """The article whose URL has this hash (its first half): one GET where it was not used lately."""
        with self._lock:
            self._find(outlet, hashed.hex())
            return self.articles(outlet, rows.NAMED, hashed)

    def following(self, outlet: str, after: bytes, number: int) -> list[KnownArticle]:
        """The next articles in the order of hashes; one GET for each of the shards that they are in."""
        found: list[KnownArticle] = []
        place, end = int.from_bytes(after) + 1 if after else 0, (1 << 128) - 1
        with self._lock:
            state = self._load(outlet)
            while len(found) < number and place <= end:
                first = place.to_bytes(16)
                last = self._load_shard(outlet, first) if state.header.sharded else end.to_bytes(16)
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
            return sorted(outlet for outlet in self._changed if self._outlets[outlet].header.newest)

    def save(self, now: datetime, run_id: str = "", *, made_objects: bool = False) -> None:
        """Leave in state/ what was learnt. Call after the manifest is written. Shards are written before the recent file: until
        that is there, the one before it has their rows too. Of a run that dies before, the next one asks the ledger.

        run_id: who leaves it. made_objects: the archive has the manifest of that run.
        """
        for outlet in self.changed:
            with self._lock:
                state = self._outlets[outlet]
                self._compaction.move_old_rows(outlet, state.header, state.shards, state.due, now, learnt=self._learnt[outlet])
                recent = self._database.execute(rows.USED_ROWS, (outlet,))
                lines = (
                    RecentRow(self._compaction.trimmed(row, now), bool(changed), bool(unsure)) for *row, changed, unsure in recent
                )
                state.header.depth, state.header.due = state.shards.depth, state.due.files
                state.header.writer, state.header.run = keys.short_run_id(run_id), run_id if made_objects else state.header.run
                recent_file.write(self._store, outlet, state.header, lines)
        self._changed.clear()

    def close(self) -> None:
        """Free the temporary file."""
        with self._lock:
            self._database.close()

    def _row(self, outlet: str, hashed: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._database.execute(rows.SELECT, (outlet, bytes.fromhex(hashed)[:16])).fetchone()
        return row

    def _find(self, outlet: str, hashed: str) -> sqlite3.Row | None:
        """The row of a URL, from state/ if this run does not know it yet. Marks it as used."""
        row = self._look_up(outlet, hashed)
        if row is not None and row["n"]:
            self._use(outlet, row)
        return row

    def _look_up(self, outlet: str, hashed: str) -> sqlite3.Row | None:
        state = self._load(outlet)
        row = self._row(outlet, hashed)
        if (row is None or not row["n"]) and not state.has_shard(bytes.fromhex(hashed)[:16]) and not self._is_new(state, hashed):
            self._load_shard(outlet, bytes.fromhex(hashed)[:16])
            row = self._row(outlet, hashed)
        return row

    def _is_new(self, state: _Outlet, hashed: str) -> bool:
        """Whether the ledger says so, asked before the shard of the URL, which is then not read."""
        if hashed not in state.new and len(state.new) < MOST_NEW and state.known < MOST_KNOWN:
            if self._store.get(keys.ledger(state.outlet, hashed, 1)) is None:
                state.new.add(hashed)
            else:
                state.known += 1
        return hashed in state.new

    def _use(self, outlet: str, row: sqlite3.Row) -> None:
        if row["used"] is None:
            self._changed.add(outlet)  # asked for again, it shall be found without its shard
        self._database.execute(rows.USED, (next(self._uses), outlet, row["hash"]))

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
        short = bytes.fromhex(hashed)[:16]
        self._database.execute(rows.LISTED, (outlet, short, n))
        row = self._row(outlet, hashed)
        assert row is not None  # it is listed
        try:
            self._read_last(outlet, hashed, row)
        except Damaged:
            self._changed.add(outlet)
            self._database.execute(rows.UNSURE, (next(self._uses), outlet, short))

    def _read_last(self, outlet: str, hashed: str, row: sqlite3.Row) -> None:
        """Learn the last entry of a URL of which the ledger has, or may have, a later one than its row."""
        known = rows.known(row)
        n = known.n if known else 0
        spoken_of = max(row["listed"], n + 1)
        entry = read_entry(self._store, outlet, hashed, spoken_of)
        if row["unsure"] if entry else spoken_of > n + 1:
            entry = read_entry(self._store, outlet, hashed, highest(self._store, outlet, hashed))
        if entry is None or entry.n <= n:
            with self._lock:
                self._database.execute(rows.LAST, (outlet, row["hash"]))
            return
        if entry.older:
            self._learn_standing(entry, hashed, known)
        self.learn(entry)

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

    def _load(self, outlet: str) -> _Outlet:
        """Take the recent file in, if there is one that can be read and that speaks of this archive."""
        self._catch_up()
        if outlet in self._outlets:
            return self._outlets[outlet]
        header = Header()
        try:
            header, recent = recent_file.read(self._store, outlet, self._runs.has_run)
            values = (
                row._asdict() | {"outlet": outlet, "used": -number, "changed": int(changed), "unsure": int(unsure)}
                for number, (row, changed, unsure) in enumerate(recent)
            )
            self._database.execute("BEGIN")
            self._database.executemany(rows.LOAD, values)
            self._database.execute("COMMIT")
        except BROKEN:
            # Broken: forget it whole. With the journal off a ROLLBACK is not defined, so the rows are deleted.
            if self._database.in_transaction:
                self._database.execute("COMMIT")
            self._database.execute(rows.FORGET, (outlet,))
            header = Header()
        self._outlets[outlet] = _Outlet(
            outlet,
            header,
            Shards(self._store, outlet, header.token, header.depth, header.least_depth),
            DueDays(self._store, outlet, header.token, header.due),
            # A ledger whose rows are in shards is large.
            LedgerSurvey(self._store, outlet, large=header.sharded, note=partial(self._note, outlet)),
        )
        self._take_in_all(self._runs.renewed(outlet, header.writer))
        return self._outlets[outlet]

    def _load_shard(self, outlet: str, hashed: bytes) -> bytes:
        """Take in the shard of a hash, unless it is; the last hash that belongs to it."""
        state = self._outlets[outlet]
        for first, last in state.spans:
            if first <= hashed <= last:
                return last
        shard = state.shards.find(hashed)
        values = (row._asdict() | {"outlet": outlet, "used": None, "changed": 0, "unsure": 0} for row in shard.rows or ())
        self._database.execute("BEGIN")
        self._database.executemany(rows.LOAD, values)
        self._database.execute("COMMIT")
        state.spans.append((shard.first, shard.last))
        return shard.last

    def _ask_ledger(self, outlet: str, hashed: str) -> None:
        """Find out which entry of a URL is the last: all at once in a small ledger, else for this URL, or for its shard."""
        if hashed in self._outlets[outlet].new or self._outlets[outlet].survey.lists(hashed):
            return
        first = self._store.get(keys.ledger(outlet, hashed, 1))
        number = 0 if first is None else highest(self._store, outlet, hashed)
        if first is not None and number <= 1:
            self.learn(parse(keys.ledger(outlet, hashed, 1), first))
        else:
            self._database.execute(rows.LISTED, (outlet, bytes.fromhex(hashed)[:16], number))

    def _note(self, outlet: str, listed: Iterable[str]) -> None:
        found = ((outlet, bytes.fromhex(hashed)[:16], n) for hashed, n in map(keys.ledger_parts, listed) if n)
        self._database.execute("BEGIN")
        try:
            self._database.executemany(rows.LISTED, found)
        finally:
            self._database.execute("COMMIT")


def _may_lag(row: sqlite3.Row) -> bool:
    """Whether the ledger has, or may have, a later entry than a row."""
    return bool(row["unsure"] or row["listed"] > row["n"])


def _candidate(row: sqlite3.Row) -> RevisitCandidate:
    looked, published = datetime.fromisoformat(row["checked_at"]), instant(row["published"])
    return RevisitCandidate(row["url"], row["address"], looked, published, since(row["gone_since"]))
