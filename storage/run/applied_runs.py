"""Of which runs the rows in `state/` have the ledger entries: `state/runs/applied.json`, {since, runs}.

Rows lag behind the ledger where a run ended without leaving its own: it was killed, before or after its manifest, or its files
were not taken; where another run, at work at the same time, replaced them; where an older state/ was put back. So a run that
leaves rows says of which runs they are: those that had ended when it began, and itself. The next one that looks at the index
finds the others in the listing of runs/ that it makes anyway, and asks the ledger for the entries that they added to URLs which
had one already. (A URL without a row is asked of the ledger anyway.)

Which entries those are is told by the manifest of a run. A run without one named them before it wrote them
(`storage.run.in_flight`); where that was not kept, or is lost, urls/ is listed. So it costs what those runs wrote; nothing, where
each left its rows. Without the note, all runs that have ended count as applied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.ledger import LedgerPlace, places
from storage.record import to_bytes
from storage.run.in_flight import entries_in_flight
from storage.run.recorded_events import events_of
from storage.stores.json_objects import find_json, read_object
from storage.stores.run_listing import listed_keys
from storage.stores.store import Store

NOTE: Final = keys.state("runs", "applied.json")
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
    """Of one run."""

    def __init__(self, store: Store, run_id: str, started: date) -> None:
        self._store, self._since = store, started.isoformat()
        self._own = (run_id, started.isoformat())
        self._ended: list[EndedRun] = []

    def begin(self, ended: list[EndedRun], since: date) -> None:
        """Before anything is looked up. ended: the runs listed that have ended; since: what the next run lists at most."""
        self._ended, self._since = ended, since.isoformat()

    def entries(self) -> Iterator[LedgerPlace]:
        """The later entries of URLs that the rows in state/ may lack. One GET, and what those runs take; ArchiveError."""
        note = _read(self._store)
        if note is None:
            if self._ended:
                self._write()
            return
        since, applied = note
        for run in self._ended:
            if run.day >= since and _short(run.run_id) not in applied:
                yield from _entries_of(self._store, run)

    def note(self, *, made_objects: bool) -> None:
        """The rows in state/ are now those of this run."""
        self._write(*([self._own] if made_objects else []))

    def _write(self, *more: tuple[str, str]) -> None:
        ended = [*((run.run_id, run.day) for run in self._ended if run.final), *more]
        runs = sorted(_short(run_id) for run_id, day in ended if day >= self._since)
        self._store.replace(NOTE, to_bytes({"since": self._since, "runs": runs}))


def _short(run_id: str) -> str:
    """The last digits of a run's id: they are random."""
    return run_id[-12:]


def _read(store: Store) -> tuple[str, set[str]] | None:
    try:
        note = json.loads(store.get(NOTE) or b"")
        return date.fromisoformat(note["since"]).isoformat(), {str(run) for run in note["runs"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


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
