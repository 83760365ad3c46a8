"""Of which runs the rows in `state/` have the ledger entries: `applied` of the note on runs (`storage.run.runs_note`).

Rows lag behind the ledger where a run ended without leaving its own: it was killed, before or after its manifest, or its files
were not taken; where another run, at work at the same time, replaced them; where an older state/ was put back. So a run that
leaves rows says of which runs they are: those that had ended when it began, and itself. The next one that looks at the index
finds the others in the listing of runs/ that it makes anyway, and asks the ledger for the entries that they added to URLs which
had one already. (A URL without a row is asked of the ledger anyway.)

Which entries those are is told by the manifest of a run. A run without one named them before it wrote them
(`storage.run.in_flight`); where that was not kept, or is lost, urls/ is listed. So it costs what those runs wrote; nothing, where
each left its rows. Without the note, all runs that have ended count as applied.

The note is read when the run begins, an outlet's rows later. If they are of another writer than the note says, another run has
replaced them meanwhile, and the note is read once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.ledger import LedgerPlace, places
from storage.run.in_flight import entries_in_flight
from storage.run.recorded_events import events_of
from storage.run.runs_note import RunsNote
from storage.stores.json_objects import find_json, read_object
from storage.stores.run_listing import listed_keys
from storage.stores.store import Store

MARGIN_SECONDS: Final = 3_600
"""How much earlier than its marker a run's objects may seem to be: clocks differ, copying an archive dates it anew."""


@dataclass(slots=True)
class EndedRun:
    """A run that is, or may be, at work no more. day: YYYY-MM-DD, in its key; manifest: the key of that; marked: when its start
    marker was written, by the clock of the archive's place (None: nothing is listed to find its entries). final: it is certain.
    """

    run_id: str
    day: str
    manifest: str | None = None
    marked: float | None = 0.0
    final: bool = True


class AppliedRuns:
    """Of one run. note: as it stood when the run began."""

    def __init__(self, store: Store, note: RunsNote, run_id: str, started: datetime) -> None:
        self._store, self._note = store, note
        self._run_id, self._started = run_id, started
        self._since = started.date().isoformat()
        self._ended: list[EndedRun] = []
        self._taken: set[str] = set()
        """Runs whose entries were told of."""

    def begin(self, ended: list[EndedRun], since: date) -> None:
        """Before anything is looked up. ended: the runs listed that have ended; since: what the next run lists at most."""
        self._ended, self._since = ended, since.isoformat()

    def has_run(self, run_id: str) -> bool:
        """Whether this archive lists a run that ended: who names it has seen this archive."""
        return any(run.run_id == run_id for run in self._ended)

    def entries(self) -> Iterator[LedgerPlace]:
        """The later entries of URLs that the rows in state/ may lack. What those runs take; ArchiveError."""
        if self._note.applied is None:
            if self._ended:
                self._write()
            return
        for run in self._ended:
            if run.day >= self._note.applied_since and keys.short_run_id(run.run_id) not in self._note.applied | self._taken:
                yield from _entries_of(self._store, run)
                self._taken.add(keys.short_run_id(run.run_id))

    def renewed(self, outlet: str, writer: str) -> Iterator[LedgerPlace]:
        """The same, when the rows of an outlet turn out to be of this writer: by the note as it is now where it named another."""
        if writer and self._note.applied is not None and self._note.writers.get(outlet) != writer:
            self._note.read(self._started)
            yield from self.entries()

    def note(self, outlets: list[str], *, made_objects: bool) -> None:
        """The rows of these outlets in state/ are now those of this run."""
        self._note.writers.update(dict.fromkeys(outlets, keys.short_run_id(self._run_id)))
        self._write(*([(self._run_id, self._started.date().isoformat())] if made_objects else []))

    def _write(self, *more: tuple[str, str]) -> None:
        ended = [*((run.run_id, run.day) for run in self._ended if run.final), *more]
        self._note.applied_since = self._since
        self._note.applied = {keys.short_run_id(run_id) for run_id, day in ended if day >= self._since}
        self._note.write()


def _entries_of(store: Store, run: EndedRun) -> Iterator[LedgerPlace]:
    manifest = find_json(store, run.manifest)
    if manifest is not None and "files" in manifest:
        try:
            yield from places(listed_keys(manifest, partial(read_object, store)))
        except (Damaged, ValueError, TypeError, KeyError, AttributeError):  # `verify` names it
            pass
        else:
            return
    if (in_flight := entries_in_flight(store, run.run_id)) is not None:
        named, shards = in_flight
        yield from named
        for shard in shards:
            yield from _entries_under(store, shard, run.marked or 0)
        if run.marked is not None:
            yield from _announced(store, run.run_id)
    elif run.marked is not None:
        yield from _entries_under(store, "urls/", run.marked)


def _entries_under(store: Store, prefix: str, marked: float) -> Iterator[LedgerPlace]:
    return places(found.key for found in store.listing(prefix) if found.modified >= marked - MARGIN_SECONDS)


def _announced(store: Store, run_id: str) -> Iterator[LedgerPlace]:
    """By the archive itself, for the file in state/ may have been put back as it was before."""
    started = keys.run_started(run_id)
    for event in events_of(store, run_id, started) if started else ():
        if event.n > 1 and keys.is_slug(event.outlet):
            yield LedgerPlace(event.outlet, keys.url_hash(event.url), event.n)
