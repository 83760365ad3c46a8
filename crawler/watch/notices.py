"""What goes wrong around the archive, put into the change log once, so that sinks tell it: dead letters, damage, failed seals and
sources.

What was announced is noted in `state/` after it stands in the change log. A watch that is killed between the two announces it
again, and so may two watches that see the same at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crawler.crawl.session import Session, versions
from crawler.facts import Facts
from crawler.state_file import PastMoment, StateFile
from storage import Archive, ArchiveEvent
from storage.queues import Queue

AGAIN: Final = timedelta(hours=24)
"""A source that goes on failing, or fails from time to time, is announced so often."""
_LETTERS: Final = 3
"""So many dead letters stand in an event; `warraq queue dead` lists all."""


DEAD_LETTERS: Final = StateFile[int]("dead_letters.json", int, default=int)
"""How many there were when they were announced last, or fewer since."""
DAMAGE: Final = StateFile[dict[str, str]]("damage.json", dict[str, str], default=dict)
"""When the last pass of verify with damage ended, by its kind."""
SEAL_FAILURE: Final = StateFile[str]("seal_failure.json", str, default=str)
"""Why sealing failed, as it was announced last; empty once it succeeds."""
FAILED_SOURCES: Final = StateFile[dict[str, PastMoment]]("failed_sources.json", dict[str, PastMoment], default=dict)
"""When the failure of a source was announced last, by its address."""


class Notices:
    """Of one watch. wake: called when something was announced. A method that raises ArchiveError announces it the next time."""

    def __init__(self, archive: Archive, queue: Queue, facts: Facts, wake: Callable[[], None]) -> None:
        self._archive, self._queue, self._facts, self._wake = archive, queue, facts, wake
        self._state = archive.state("watch")

    def dead_letters(self, dead: int) -> None:
        """So many stand in the queue. QueueError."""
        announced = DEAD_LETTERS.load(self._state, self._facts)
        if dead > announced:
            letters = [{"outlet": each.group, "key": each.key, "reason": each.reason} for each in self._queue.dead(_LETTERS)]
            self._announce("work.dead", {"dead": dead, "letters": letters})
        if dead != announced:
            DEAD_LETTERS.save(self._state, dead)

    def passes(self, passes: Mapping[str, Any]) -> None:
        """What the last passes of verify found, as `Archive.last_passes` gives them."""
        announced = DAMAGE.load(self._state, self._facts)
        for kind, found in passes.items():
            ended = str((found or {}).get("finished_at"))
            if not found or not found["damage"] or announced.get(kind) == ended:
                continue
            self._announce("archive.damaged", {"pass": kind, "finished_at": ended, "damage": found["damage"]})
            announced = {**announced, kind: ended}
            DAMAGE.save(self._state, announced)

    def seal(self, failure: str) -> None:
        """How the last sealing ended; empty: well."""
        if failure == SEAL_FAILURE.load(self._state, self._facts):
            return
        if failure:
            self._announce("seal.failed", {"reason": failure})
        SEAL_FAILURE.save(self._state, failure)

    def sources(self, session: Session, outlet: str) -> None:
        """Which sources of an outlet failed in this crawl. Before its run ends; the run announces it."""
        failed = {line.partition(": ")[0]: line for line in session.ending.failed_sources.get(outlet, ())}
        if not failed:
            return
        state, now = self._archive.state(outlet), datetime.now(UTC)
        announced = {url: at for url, at in FAILED_SOURCES.load(state, self._facts).items() if now - at < AGAIN}
        if new := [line for url, line in failed.items() if url not in announced]:
            session.run.announce(outlet, "source.failed", {"sources": new})
            FAILED_SOURCES.save(state, announced | {url: now for url in failed if url not in announced})

    def _announce(self, kind: ArchiveEvent, data: dict[str, Any]) -> None:
        """In a run of its own, which ends at once."""
        run = self._archive.begin(versions())
        run.announce("archive", kind, data)
        run.finish()
        if kind != "seal.failed":  # that fact is told by who sealed
            self._facts(kind, **data)
        self._wake()
