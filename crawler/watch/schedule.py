"""When each outlet's sources are asked: the event `outlet.due` goes into the queue when it is time, by the learned interval."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Final

from crawler.crawl.statistics import CrawlStatistics
from crawler.facts import Facts
from crawler.watch.http import events_in
from crawler.watch.poll_interval import INTERVAL, PollInterval, Push
from storage import Archive, ArchiveError
from storage.queues import Queue, QueueError

SOURCE: Final = "urn:warraq:watch"
AGAIN: Final = 15.0
"""Seconds until a queue that took nothing is asked again."""
_LONGEST_NAP: Final = 30.0

Bounds = Callable[[], tuple[timedelta, timedelta]]


class Schedule:
    """Polls of several outlets, one loop. What is learned of an outlet is kept in `state/<outlet>/rhythm.json`.

    bounds: (shortest, longest) time between two polls, asked each time; clock: aware UTC, for what is learned by the hour; timer:
    monotonic seconds, by which polls are due. due: monotonic time of each outlet's next poll; interval: seconds between the last
    two. Errors of queue and archive are facts, and the poll is tried again after AGAIN seconds.
    """

    def __init__(
        self,
        outlets: Iterable[str],
        queue: Queue,
        archive: Archive,
        bounds: Bounds,
        facts: Facts,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._queue, self._archive, self._bounds, self._facts = queue, archive, bounds, facts
        self._clock, self._timer = clock, timer
        self.due = dict.fromkeys(outlets, timer())
        self.interval: dict[str, float] = {}
        self._begun: set[str] = set()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Puts what is due into the queue, until cancelled."""
        while True:
            await self.put_due()
            nap = min([_LONGEST_NAP, *(at - self._timer() for at in self.due.values())])
            try:
                async with asyncio.timeout(max(nap, 0.01)):
                    await self._changed.wait()
            except TimeoutError:
                continue
            self._changed.clear()

    def follow(self, outlets: Iterable[str], at_once: Collection[str] = ()) -> None:
        """Polls these from now on, and no others. Those that are new, or named in `at_once`, are due at once."""
        now = self._timer()
        self.due = {outlet: now if outlet in at_once else self.due.get(outlet, now) for outlet in outlets}
        self._begun = (self._begun & self.due.keys()) - set(at_once)
        self._changed.set()

    async def put_due(self) -> None:
        """Whatever is due now; an outlet that another process has asked meanwhile waits for its next time."""
        for outlet in [outlet for outlet, at in self.due.items() if at <= self._timer()]:
            try:
                learned = await asyncio.to_thread(self._load, outlet)
                if outlet not in self.due:  # taken out meanwhile
                    continue
                wait = self._left(learned) if outlet in self._begun else 0.0
                if wait > 0:
                    self._next(outlet, wait)
                    continue
                await asyncio.to_thread(self._queue.put_all, [events_in.due(outlet, SOURCE)])
            except (QueueError, ArchiveError) as error:
                self._facts("poll.not_queued", outlet=outlet, reason=str(error))
                self._next(outlet, AGAIN)
                continue
            self._begun.add(outlet)
            # Until whoever does the work has told: another process may, and then its note is read.
            self._next(outlet, self._seconds(learned))

    async def heard(self, outlet: str, statistics: CrawlStatistics, push: Push | None = None) -> None:
        """An outlet was asked: learns from the answer, and keeps it. A crawl of which no source answered teaches nothing."""
        learned = await asyncio.to_thread(self._load, outlet)
        if statistics.heard:
            learned.heard(self._clock(), new=statistics.new, size=statistics.entries, push=push)
        if statistics.heard or learned.unanswered():
            await asyncio.to_thread(INTERVAL.save, self._archive.state(outlet), learned)
        self._next(outlet, self._seconds(learned))

    def _next(self, outlet: str, seconds: float) -> None:
        if outlet not in self.due:
            return
        self.interval[outlet] = seconds
        self.due[outlet] = self._timer() + seconds
        self._changed.set()

    def _seconds(self, learned: PollInterval) -> float:
        now = self._clock()
        return (learned.next(now, *self._bounds()) - now).total_seconds()

    def _left(self, learned: PollInterval) -> float:
        """Until the outlet is due, as far as the last answer of any process tells."""
        if learned.asked is None:
            return 0.0
        shortest, longest = self._bounds()
        left = (learned.next(learned.asked, shortest, longest) - self._clock()).total_seconds()
        # A clock that was set does not hold up a poll. A second is the slack of two clocks that wake each other.
        return left if 1.0 < left <= longest.total_seconds() else 0.0

    def _load(self, outlet: str) -> PollInterval:
        return INTERVAL.load(self._archive.state(outlet), partial(self._facts, outlet=outlet))
