"""Completing what killed runs left half done.

A run leaves `<run>.started.json` before its first object and its manifest as the last. A run with the one and without
the other was killed, is still at work, or could not write its manifest. Nothing it acknowledged is missing; but a claim
may lack its article, an article its change, a change its ledger entry. Visiting the URL again mends each of them; here
they are mended although the URL may never be seen again, or shows something else by now. A WARC file may lack its index,
which is made from it.

What it costs: nothing to speak of when every run finished (one listing of the last days of runs/). After a kill, in a large
archive: the changes of that run, two listings for each day since it began, and a few requests for each of the articles that were
in flight (some 24 at most), which its file in state/ names. Where there is no such file: all changes since, and a listing of
hashes/. What such a run left out of state/: `storage.run.applied_runs`.

If the other run is alive on this machine it is left alone. If it runs elsewhere nobody can tell; then only what is older
than QUIET_SECONDS is completed, and a day later once more before the run is given up. Completing the work of a live run
does no harm: everything is create-only and the bytes are the same, it merely finds `unchanged` what it meant to keep,
and an event may stand in the log twice with one id.

One file, though long: what a kill may leave, in the order of writing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from storage import keys, liveness
from storage.errors import Damaged
from storage.ledger import LedgerEntry, read_entry
from storage.record import Json, moment, rfc3339, to_bytes
from storage.run.applied_runs import MARGIN_SECONDS, AppliedRuns, EndedRun
from storage.run.claims import read_claim
from storage.run.in_flight import claims_in_flight
from storage.run.journal import Journal
from storage.run.keep import Keeper
from storage.run.recorded_events import RecordedEvent, events_of, events_since
from storage.run.remove import Removals
from storage.run.runs_note import FIRST_YEAR, RunsNote
from storage.run.visit import ArticleVisit
from storage.stores.json_objects import find_json
from storage.stores.run_listing import list_runs
from storage.stores.store import Store
from storage.temporary import temporary_database
from storage.warc.index_repair import CLOCK_SLACK, complete_indexes

QUIET_SECONDS: Final = 300
"""Claims younger than this may be in flight in a live run elsewhere."""
_DOUBT: Final = timedelta(days=1)
_LATE: Final = timedelta(days=7)
"""How long after its start a run may write its first object: markers are looked for that far back."""
_STALE: Final = timedelta(days=2)
"""A later day of the note alone is written with what the run leaves, if it leaves anything; after so long it is at once."""


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run without a manifest. day: YYYY-MM-DD, in its keys; stem: these without suffix; state: what is known of its process.

    started: by the run's own clock, which also names its change segments; marked: by the clock of the archive's place,
    which also dates its claims. in_flight: it kept the file of its claims (`storage.run.in_flight`).
    """

    run_id: str
    day: str
    stem: str
    started: datetime
    marked: float
    state: Literal["alive", "dead", "unknown"]
    in_flight: bool

    def as_ended(self, *, is_due: bool, final: bool) -> EndedRun:
        """As a run whose rows are in state/ or not. is_due: it is worth a listing."""
        return EndedRun(self.run_id, self.day, marked=self.marked if is_due else None, final=final)


class Recovery:
    """Done once, when a run begins, with that run's own means."""

    def __init__(self, journal: Journal, keeper: Keeper, removals: Removals, applied: AppliedRuns, note: RunsNote) -> None:
        self._applied, self._note = applied, note
        self._store, self._index, self._run_id, self._now = journal.store, journal.index, journal.run_id, journal.now
        self._keeper, self._removals = keeper, removals
        self.completed: list[str] = []
        """URLs whose keeping was completed."""
        self._ended: dict[str, EndedRun] = {}
        """The runs listed that ended by themselves or were completed."""

    def recover(self) -> list[str]:
        """Complete what killed runs began; returns their ids."""
        self._note.read(self._now())
        since, swept = self._note.since, self._note.swept
        unfinished = list(self._unfinished(since))
        due = [run for run in unfinished if run.state == "dead" or self._is_due(run, swept)]
        ended = [run for run in due if run.state == "dead" or run.run_id in swept]
        left = [run for run in unfinished if run not in ended]
        oldest = min([self._now().date(), *(run.started.date() for run in left)])
        cut_off = [run.as_ended(is_due=run in due, final=run in ended) for run in unfinished if run.state != "alive"]
        self._applied.begin([*self._ended.values(), *cut_off], max(oldest, since or date.min) - _LATE)
        if due:
            self._complete_runs(due)
        for run in ended:
            marker = {"run_id": run.run_id, "recovered_by": self._run_id, "at": rfc3339(self._now())}
            self._store.create(f"{run.stem}.recovered.json", to_bytes(marker))
        times = swept | {run.run_id: rfc3339(self._now()) for run in due}
        doubted = {run.run_id: times[run.run_id] for run in left if run.run_id in times}
        self._note.since, self._note.swept = oldest, doubted
        if doubted != swept or since is None or not timedelta(0) <= oldest - since < _STALE:
            self._note.write()
        return [run.run_id for run in due]

    def _unfinished(self, since: date | None) -> Iterator[UnfinishedRun]:
        ended = ""
        for found in list_runs(self._store, since - _LATE if since else None):
            if found.run == self._run_id:
                continue
            if found.kind != "started.json":  # sorts before it
                ended = found.run
                manifest = found.key if found.kind == "json" else None
                self._ended.setdefault(found.run, EndedRun(found.run, found.day, manifest))
            elif found.run == ended:
                self._ended[ended].marked = found.modified
            else:
                marker = find_json(self._store, found.key) or {}
                started = _possible_start(marker.get("started_at"), datetime.fromtimestamp(found.modified, UTC))
                state, in_flight = liveness.state_of(marker), marker.get("in_flight") is True
                stem = found.key.removesuffix(".started.json")
                yield UnfinishedRun(found.run, found.day, stem, started, found.modified, state, in_flight)

    def _complete_runs(self, runs: list[UnfinishedRun]) -> None:
        """Complete the keeps that these runs had in flight: by the files of their claims, or, without one, by all claims."""
        for run in runs:
            complete_indexes(self._store, run.run_id, run.started)
        told_of, without = [], []
        for run in runs:
            claims = claims_in_flight(self._store, run.run_id) if run.in_flight else None
            if claims is None:
                without.append(run)
            else:
                told_of.append((run, claims))
        for run, claims in told_of:
            self._complete_claims(run, claims)
        if without:
            self._sweep(without)

    def _complete_claims(self, run: UnfinishedRun, claims: list[str]) -> None:
        """The keeps in flight of a run that kept its file: what it announced of them or of removals is entered, then the rest."""
        announced: set[str] = set()
        for event in events_of(self._store, run.run_id, run.started):
            if event.content_hash in claims or event.type == "article.gone":
                announced.add(event.content_hash)
                self._acknowledge(event)
        quiet = time.time() - QUIET_SECONDS if run.state == "unknown" else math.inf
        for content_hash in claims:
            found = None if content_hash in announced else self._store.stat(keys.claim(content_hash))
            if found is not None and found.modified <= quiet:
                self._complete(found.key, {run.run_id})

    def _sweep(self, runs: list[UnfinishedRun]) -> None:
        """The same by the changes and claims of all runs since these began."""
        first = min(run.marked for run in runs) - MARGIN_SECONDS
        ids = {run.run_id for run in runs}
        quiet = time.time() - QUIET_SECONDS if any(run.state == "unknown" for run in runs) else math.inf
        announced = temporary_database("CREATE TABLE content (hash TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            since = min(run.started for run in runs) - timedelta(seconds=MARGIN_SECONDS)
            for event in events_since(self._store, since, ids):
                announced.execute("INSERT OR IGNORE INTO content VALUES (?)", (event.content_hash,))
                if event.run_id in ids:
                    self._acknowledge(event)
            for found in self._store.listing("hashes/"):
                if first <= found.modified <= quiet:
                    digest = keys.claim_hash(found.key)
                    known = announced.execute("SELECT 1 FROM content WHERE hash = ?", (digest,)).fetchone()
                    if digest and not known:
                        self._complete(found.key, ids)
        finally:
            announced.close()

    def _acknowledge(self, event: RecordedEvent) -> None:
        """Enter an announced change that the ledger lacks: nothing has its number, or another run was first with that."""
        last = self._index.entries(event.outlet, event.url)
        if self._is_entered(event, last):
            return
        if event.type == "article.gone":
            self._removals.settle(event.outlet, event.url, "gone", f"announced by run {event.run_id}", confirm=True)
        else:
            key = keys.claim(event.content_hash)
            kept = _claimed(self._store, key)
            if kept is None:
                return
            own = (kept["outlet"], kept["url"]) == (event.outlet, event.url)
            visit = _visit(kept) if own else _visit(kept | {"url": event.url, "id": event.id}, event.outlet)
            # What the killed run knew of the URL may be lost with it: whether this was older is as it was announced, unless
            # another run has entered something since.
            older = event.older if last < event.n else None
            self._keeper.keep(replace(visit, older=older, moment=moment(event.moment) or visit.moment))
        self.completed.append(event.url)

    def _is_entered(self, event: RecordedEvent, last: int) -> bool:
        """Whether an entry of the URL, up to the last, records it; one that is damaged counts as that, and `verify` names it."""
        hashed = keys.url_hash(event.url)
        entries = (read_entry(self._store, event.outlet, hashed, n) for n in range(event.n, last + 1))
        try:
            return any(entry is not None and _is_of(entry, event) for entry in entries)
        except Damaged:
            return True

    def _complete(self, key: str, ids: set[str]) -> None:
        """A claim that was not announced: if one of these runs made it, its keep was cut off."""
        kept = _claimed(self._store, key)
        if kept is not None and kept["run_id"] in ids:
            self._keeper.keep(_visit(kept))
            self.completed.append(kept["url"])

    def _is_due(self, run: UnfinishedRun, swept: dict[str, str]) -> bool:
        last = moment(swept.get(run.run_id))
        return run.state == "unknown" and (last is None or not timedelta(0) <= self._now() - last < _DOUBT)


def _possible_start(stated: object, modified: datetime) -> datetime:
    """When a run began, by its marker; by the clock of the archive's place where no run can have begun then."""
    started = moment(stated)
    if started is None or started.year < FIRST_YEAR or started - modified > CLOCK_SLACK:
        return modified
    return started


def _is_of(entry: LedgerEntry, event: RecordedEvent) -> bool:
    """Whether an entry is what the event announced."""
    if event.type == "article.gone":
        return entry.fate == "gone" and not entry.unconfirmed
    return entry.content_hash == event.content_hash


def _visit(kept: Json, outlet: str | None = None) -> ArticleVisit:
    """The visit behind a record that is claimed already: whatever the claim says stays."""
    capture = kept["capture"]
    captured = moment(capture["fetched_at"]) or datetime.fromtimestamp(0, UTC)
    return ArticleVisit(
        outlet=outlet or kept["outlet"],
        url=kept["url"],
        id=kept["id"],
        content_hash=kept["content_hash"],
        record=lambda _revision, _previous: kept,
        captured=captured,
        capture=capture if outlet is None else None,
        moment=moment(capture["memento_at"]) or captured,
    )


def _claimed(store: Store, key: str) -> Json | None:
    """The record in a claim; None if the claim is missing or damaged, which `verify` names."""
    data = store.get(key)
    try:
        return read_claim(key, data)[1] if data else None
    except Damaged:
        return None
