"""What is remembered of each outlet from one crawl to the next, in `state/<outlet>/`, and what this crawl learns of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Protocol, TypeVar

from crawler.crawl.failing import FAILING, FailingPages
from crawler.crawl.source_conditions import CONDITIONS, SourceConditions
from crawler.crawl.statistics import CrawlStatistics
from crawler.crawl.verdict import VERDICT, StandingVerdict, Verdict
from crawler.discovery.completeness import FILE as COMPLETENESS
from crawler.discovery.completeness import Completeness
from crawler.discovery.memory import FILE as MEMORY
from crawler.discovery.memory import Memory
from crawler.download.retry_after import PAUSES, HostPauses
from crawler.facts import Facts
from crawler.read.line_frequency import FURNITURE, LINE_FREQUENCY, THOROUGH, LineFrequency
from crawler.state_file import Report, Shape, StateFile
from storage import State

Note = TypeVar("Note")


class _Changes(Protocol):
    @property
    def changed(self) -> bool: ...


Changing = TypeVar("Changing", bound=_Changes)


class OutletNotes:
    """Loads each when it is first asked for; `stage` has what changed saved with the run. The methods may block: call them in a
    thread.
    """

    def __init__(self, state_of: Callable[[str], State], state_now: Callable[[str], State], facts: Facts) -> None:
        """state_of: the outlet's `state/` in this crawl. state_now: read anew, with what others wrote to it since."""
        self._state_of, self._state_now, self._facts = state_of, state_now, facts
        self._memories: dict[str, Memory] = {}
        self._lines: dict[str, LineFrequency] = {}
        self._completeness: dict[str, Completeness] = {}
        self._pausing = Lock()
        self._failing: dict[str, FailingPages] = {}
        self._conditions: dict[str, SourceConditions] = {}
        self._statistics: defaultdict[str, CrawlStatistics] = defaultdict(CrawlStatistics)

    def statistics(self, outlet: str) -> CrawlStatistics:
        """What this crawl counted of the outlet so far. Not stored."""
        return self._statistics[outlet]

    def memory(self, outlet: str) -> Memory:
        """Validators and marks of the outlet's sources."""
        return self._loaded(self._memories, outlet, Memory.load)

    def line_frequency(self, outlet: str) -> LineFrequency:
        """On how many pages each line of the outlet stood."""
        return self._loaded(self._lines, outlet, _line_frequency)

    def completeness(self, outlet: str) -> Completeness:
        """Which of the outlet's sources named which new article."""
        return self._loaded(self._completeness, outlet, Completeness.load)

    def failing(self, outlet: str) -> FailingPages:
        """The outlet's pages that failed when they were last asked for."""
        return self._loaded(self._failing, outlet, lambda state, report: FailingPages(FAILING.load(state, report)))

    def conditions(self, outlet: str) -> SourceConditions:
        """What is wrong with the outlet's sources, and lasts."""
        return self._loaded(self._conditions, outlet, lambda state, report: SourceConditions(CONDITIONS.load(state, report)))

    @property
    def repeated_failures(self) -> int:
        """Addresses that failed in this crawl as they did before it."""
        return sum(len(failing.repeated) for failing in self._failing.values())

    def keep_verdict(self, outlet: str, verdict: Verdict | None, now: datetime) -> None:
        """Has the verdict on a crawl saved for `warraq status`; None removes what stands. ArchiveError."""
        state, report = self._state_of(outlet), partial(self._facts, outlet=outlet)
        standing = VERDICT.load(state, report)
        if verdict is None:
            if standing is not None:
                VERDICT.stage(state, None, report)
            return
        since = standing.since if standing is not None and standing.cause == verdict.cause else now
        VERDICT.stage(state, StandingVerdict(cause=verdict.cause, detail=verdict.detail, since=since, at=now), report)

    def pauses(self, outlet: str) -> HostPauses:
        """Until when the outlet's hosts asked to be left alone, as any process was asked before this crawl. ArchiveError."""
        return HostPauses(PAUSES.load(self._state_of(outlet), partial(self._facts, outlet=outlet)))

    def pauses_now(self, outlet: str) -> HostPauses:
        """The same until now. ArchiveError."""
        return HostPauses(PAUSES.load(self._state_now(outlet), partial(self._facts, outlet=outlet)))

    def keep_pause(self, outlet: str, host: str, seconds: float) -> bool:
        """A host asks to be left alone so long: stored at once, for whoever asks it next. Whether that is news. ArchiveError."""
        with self._pausing:
            state, now, report = self._state_now(outlet), datetime.now(UTC), partial(self._facts, outlet=outlet)
            pauses = HostPauses(PAUSES.load(state, report))
            news = pauses.ask(host, seconds, now)
            if news:
                PAUSES.save(state, pauses.until(now), report)
            return news

    def stage(self) -> None:
        """Has what changed saved with the run. Raises ArchiveError."""
        self._stage(FAILING, self._failing, lambda failing: failing.pages)
        self._stage(CONDITIONS, self._conditions, lambda conditions: conditions.stored)
        self._stage(MEMORY, self._memories, Memory.document)
        self._stage(LINE_FREQUENCY, self._lines, LineFrequency.document)
        self._stage(COMPLETENESS, self._completeness, Completeness.document)
        for outlet, lines in self._lines.items():
            if (furniture := lines.furniture()) is not None:
                FURNITURE.stage(self._state_of(outlet), furniture, partial(self._facts, outlet=outlet))

    def _stage(self, file: StateFile[Shape], notes: Mapping[str, Changing], document: Callable[[Changing], Shape]) -> None:
        """Those that changed, by outlet."""
        for outlet, note in notes.items():
            if note.changed:
                file.stage(self._state_of(outlet), document(note), partial(self._facts, outlet=outlet))

    def _loaded(self, notes: dict[str, Note], outlet: str, load: Callable[[State, Report], Note]) -> Note:
        if outlet not in notes:
            notes[outlet] = load(self._state_of(outlet), partial(self._facts, outlet=outlet))
        return notes[outlet]


def _line_frequency(state: State, report: Report) -> LineFrequency:
    """With its counts where each page teaches; else without: they grow to half a megabyte, and one page in fifty teaches."""
    furniture = FURNITURE.load(state, report)
    if furniture is None or furniture.pages < THOROUGH:
        return LineFrequency(LINE_FREQUENCY.load(state, report))
    return LineFrequency(furniture=furniture, load=partial(LINE_FREQUENCY.load, state, report))
