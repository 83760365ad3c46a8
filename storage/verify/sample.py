"""A part of a pass: a share of what the archive holds, and what that says of others and others of it.

What is drawn are runs (`storage.verify.sample_units`): the manifest and all that it lists, so that hardly anything is read only
to answer for something else. A run of more than some 40 objects is drawn in slices of about that size: a change, and what it
tells of. A run's (or slice's) hash is its place on a circle, a day's sample an arc of it. The arcs of successive days join: at
1 % a day every object that a manifest lists has the same chance on each day and is met once in a hundred days, and a day's sample
can be taken again. Of an archive so small that nothing would be drawn, any one run or slice is checked all the same.

What no manifest lists is found by the listing: what a killed run left (its changes are drawn as a run is, and what they tell of),
and what a stranger added. That nothing lists an object is known only when it and the manifest of its run were read, two requests
for one; so a day walks one of the five large kinds of objects and reads half a share of it: a tenth of the chance of the others.
A full pass meets all of them. Seals, generations and what stands beside the kinds are drawn by their own keys, each day.

What it costs, of the requests of a full pass: the share; some 3 % of that for manifests of which a slice is drawn, a fifth for
what no manifest may list, and the listing of runs/ and of one kind. More for runs that are drawn in slices and made more ledger
entries than articles (an entry is read twice in its hundred days: no manifest tells which is told of by a change), for entries
after the first of a URL (the chain is read), for changes of another run, and for pages that repeat another run's (a record each,
and the indexes of its day).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from typing import Final

from storage.batched import batched
from storage.seals.log import seal_key
from storage.stores.store import Store, Stored
from storage.verify import cross_checks
from storage.verify.cross_checks import run_key
from storage.verify.findings import Finding, VerifyReport
from storage.verify.full_pass import Progress, Tell, others
from storage.verify.pass_database import SAMPLE, PassDatabase
from storage.verify.related_objects import RelatedObjects, claim_key, entry_key
from storage.verify.sample_rows import SampleRows
from storage.verify.sample_units import SampleUnit, cluster, in_sample, units

KINDS: Final = ("urls/", "changes/", "articles/", "hashes/", "warc/")
"""Walked one a day."""
_GROUP: Final = 256
"""Runs whose objects are read at once."""


def sample(
    store: Store, share: float, day: date, *, jobs: int = 1, tell: Tell | None = None, progress: Progress | None = None
) -> VerifyReport:
    """Check this share (0 … 1) of what the archive holds. Arguments and errors: see `verify`."""
    database = PassDatabase(cache_kib=SAMPLE)
    try:
        return _Sample(SampleRows(store, database, jobs), share, day, progress).report(tell)
    finally:
        database.close(done=True)


class _Sample:
    def __init__(self, rows: SampleRows, share: float, day: date, progress: Progress | None) -> None:
        self._rows, self._share, self._day, self._progress = rows, share, day, progress
        self._related = RelatedObjects(rows)

    def report(self, tell: Tell | None) -> VerifyReport:
        rows, report = self._rows, VerifyReport()
        for group in batched(units(rows.store.everything("runs/"), self._share, self._day), _GROUP):
            self._read_units(group)
            self._tell_progress()
        rows.choose(rows.read_found(self._others()))
        self._meet_unlisted()
        self._related.look_up()
        rows.hold_against_manifests()
        for finding in itertools.chain(cross_checks.findings(rows.database, rows.store, sampled=True), self._of_seals()):
            report.add(finding, tell)
        report.objects, report.bytes = rows.in_sample()
        return report

    def _of_seals(self) -> Iterator[Finding]:
        rows = self._rows
        for src, line, seal in rows.ask("SELECT src, line, seal FROM announced WHERE src IN chosen").fetchall():
            if rows.store.stat(key := seal_key(seal, "checkpoint")) is None:
                yield Finding(key, f"is not there, although {src}#{line} announces it: it was deleted")
        if self._rows.column("SELECT src FROM sealed LIMIT 1"):
            from storage.verify import seals  # noqa: PLC0415 - as `storage.verify.objects` has it

            yield from seals.sampled_findings(self._rows.database, self._rows.store, cross_checks.CHOSEN)

    def _tell_progress(self) -> None:
        if self._progress:
            self._progress(self._rows.objects, self._rows.bytes)

    def _read_units(self, group: list[SampleUnit]) -> None:
        """Read what is drawn of these runs."""
        rows = self._rows
        for unit in group:
            rows.choose(unit.keys if 0 in unit.slices else ())
        rows.read(key for unit in group for key in (unit.keys if 0 in unit.slices else unit.listing_keys))
        unreadable = "SELECT key FROM finding WHERE src = ?"
        rows.choose(key for unit in group for key in unit.listing_keys if rows.column(unreadable, key))
        members = [self._members(unit) for unit in group]
        rows.choose(itertools.chain(*members))
        rows.read(itertools.chain(*members))
        for unit, keys in zip(group, members, strict=True):
            if not unit.is_whole:
                rows.meet(key for key in keys if self._is_announced(key))
        announced = [key for unit in group for key in self._announced(unit)]
        rows.choose(announced)
        rows.read(announced)

    def _members(self, unit: SampleUnit) -> list[str]:
        """What is drawn of a run by its keys."""
        if not unit.is_finished:
            return [found.key for found in self._related.segments(unit.run) if unit.has(found.key)]
        listed = "SELECT key FROM listed WHERE src = ?"
        return unit.members(lambda: (key for each in unit.listing_keys for (key,) in self._rows.ask(listed, (each,))))

    def _announced(self, unit: SampleUnit) -> Iterator[str]:
        """What the drawn changes of a run tell of, and it made."""
        changes = self._rows.ask(
            """SELECT told.url, told.n, told.hash, told.article FROM told JOIN object ON object.key = told.src
               WHERE object.run = ? AND told.src IN chosen""",
            (unit.run,),
        )
        for url, n, content, article in changes.fetchall():
            for key in (entry_key(url, n), claim_key(content or ""), article):
                if key and (not unit.is_finished or self._rows.is_listed(key)):
                    yield key

    def _is_announced(self, key: str) -> bool:
        """A ledger entry of which a change tells: it is asked its questions when that is drawn."""
        return bool(self._rows.column("SELECT src FROM entry WHERE src = ? AND fate IN ('kept', 'revised')", key))

    def _others(self) -> Iterator[Stored]:
        store = self._rows.store
        for found in itertools.chain(store.everything("seals/"), store.everything("generations/"), others(store)):
            if in_sample(cluster(found.key), self._share, self._day):
                yield found

    def _meet_unlisted(self) -> None:
        """Walk the kind of the day; of what no manifest lists, ask all the questions. Of everything: all kinds."""
        rows, whole = self._rows, self._share >= 1
        turn, kind = divmod(self._day.toordinal(), len(KINDS))
        for prefix in KINDS if whole else KINDS[kind : kind + 1]:
            share, day = (1.0, self._day) if whole else (self._share / 2, date.fromordinal(turn))
            drawn = (found for found in rows.store.everything(prefix) if in_sample(cluster(found.key), share, day))
            rows.meet(rows.read_found(drawn))
            self._tell_progress()
        runs = rows.column("SELECT DISTINCT run FROM object WHERE key IN met AND run NOT IN (SELECT run FROM run)")
        rows.read(run_key(run, ".json") for run in runs)
        rows.read(rows.column("SELECT key FROM listed WHERE key GLOB 'runs/*.files-*.jsonl'"))
        rows.choose(rows.column("SELECT key FROM met WHERE key NOT IN (SELECT key FROM listed)"))
