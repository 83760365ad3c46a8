"""The worker of a watch: takes the events of an outlet from the queue and does one crawl for all of them, again and again.

Events are acknowledged last, after articles, changes, ledger, manifest and `state/` are written. A worker that is killed before
that leaves its lease to expire, and the events are given again; a crawl may be repeated without harm. One file, though long: what
may be asked of a worker at any moment of its life.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from crawler.config import Config
from crawler.crawl.session import Session, Shared
from crawler.crawl.statistics import CrawlStatistics
from crawler.download.binding import bind
from crawler.download.slots import break_off, engine_of, known_hosts
from crawler.download.waits import GRACE_SECONDS
from crawler.facts import Facts
from crawler.watch.leases import LONGEST_PAUSE, Leases
from crawler.watch.monitor.outlet_monitor import OutletMonitor
from crawler.watch.task import CrawlResult, Task
from extractors import outlets
from storage import ArchiveError
from storage.queues import Lease, Queue, QueueError

TOGETHER: Final = 100
"""Events taken at once."""
LOOK_SECONDS: Final = 2.0
"""How long a look into the queue waits for something to come."""
YIELD_SECONDS: Final = 0.25
"""A worker waits so long for each outlet that it crawls before it takes more: workers with fewer outlets come first."""
REST_SECONDS: Final = 0.5
"""How often a task that waits for the end of a pause checks whether it was broken off."""
LEFT_SECONDS: Final = 60.0
"""A crawl that has not ended so long after that is left to itself."""


class Worker:
    """Takes events until it is stopped. settings, config: called for each crawl, since SIGHUP changes them."""

    def __init__(
        self,
        queue: Queue,
        shared: Shared,
        process: AsyncCrawlerProcess,
        facts: Facts,
        *,
        config: Callable[[], Config],
        settings: Callable[[], Settings],
        monitor: OutletMonitor,
    ) -> None:
        self._queue, self._shared, self._process, self._facts = queue, shared, process, facts
        self._config, self._settings, self._monitor = config, settings, monitor
        self._leases = Leases(queue, facts, config().lease_seconds, config)
        self.active: dict[str, Task] = {}
        self._running: set[asyncio.Future[None]] = set()
        self._stopping = False
        self._pause = 0.0
        self._paused: dict[str, datetime] = {}
        self._unended: list[Session] = []
        """Sessions whose manifest could not be written. No other process ends their runs as long as this one lives."""

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            if self._pause and not await self._archive_is_back():
                continue
            try:
                await self._look_at_pauses()
                leases = await asyncio.to_thread(self._queue.take, TOGETHER, LOOK_SECONDS, most_groups=1)
            except QueueError as error:
                self._facts("queue.unavailable", reason=str(error))
                await asyncio.sleep(LOOK_SECONDS)
                continue
            groups: dict[str, list[Lease]] = defaultdict(list)
            for lease in leases:
                if self._stopping:
                    await self._leases.give_back(lease, "stopped before it was begun")
                else:
                    groups[lease.group].append(lease)
            for outlet, own in groups.items():
                self._begin(outlet, own)
            if leases and self._running:
                patience = YIELD_SECONDS * len(self.active)
                await asyncio.wait(self._running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)

    async def _look_at_pauses(self) -> None:
        """What is under way for an outlet that is paused is broken off; its work stays in the queue. QueueError."""
        paused = await asyncio.to_thread(self._queue.paused)
        for outlet in sorted(paused.keys() ^ self._paused.keys()):
            since = (paused | self._paused)[outlet].isoformat()
            self._facts("outlet.paused" if outlet in paused else "outlet.resumed", outlet=outlet, since=since)
        self._paused = paused
        self._monitor.paused(paused)
        for outlet in paused.keys() & self.active.keys():
            self.active[outlet].paused = True
            self.break_off(self.active[outlet])

    async def stop(self, seconds: float) -> None:
        """Takes no more events; crawls under way have so many seconds to end, then they are broken off, their events released.
        What they have read by then is kept, however long the archive takes for it.
        """
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        self.hurry(GRACE_SECONDS)
        if self._running:
            await asyncio.wait(self._running)
        await self._end_runs()

    def hurry(self, grace: float = 0.0) -> None:
        """Breaks off all crawls now. grace: seconds for answers that are on their way."""
        self._stopping = True
        for task in list(self.active.values()):
            self.break_off(task, grace)

    def break_off(self, task: Task, grace: float = GRACE_SECONDS) -> None:
        """Ends a crawl: requests that wait fail as interrupted, no new one is made. grace: seconds for those on their way."""
        task.broken_off, task.drop_at = True, min(task.drop_at, time.monotonic() + grace)
        self._interrupt(task)

    def _interrupt(self, task: Task) -> None:
        if task.crawler is not None and (ending := break_off(task.crawler)) is not None:
            self._hold(ending)

    def _begin(self, outlet: str, leases: list[Lease]) -> None:
        task = Task(outlet, leases)
        self.active[outlet] = task
        if any(lease.attempt > 1 for lease in leases):
            self._shared.politeness.doubt()
        doing = asyncio.ensure_future(self._do(task))
        self._hold(doing)

    def _hold(self, doing: asyncio.Future[None]) -> None:
        self._running.add(doing)
        doing.add_done_callback(self._running.discard)

    async def _do(self, task: Task) -> None:
        holding = asyncio.ensure_future(self._leases.extend(task, self.break_off))
        try:
            ended = await self._crawl(task)
            if task.outlet in outlets():  # it may have been taken out meanwhile
                self._monitor.ended(task.outlet, ended, len(self.active) - 1)
        except Exception as error:  # noqa: BLE001  # whatever a crawl dies of, its work is given back by name
            ended = CrawlResult(CrawlStatistics(), f"{type(error).__name__}: {error}", {}, time.monotonic() - task.began)
        try:
            rest = await self._rest(task)
        finally:
            holding.cancel()
        self._pause = min(max(2 * self._pause, self._config().work_retry), LONGEST_PAUSE) if ended.archive_down else 0.0
        await self._leases.settle(task, ended, rest=rest, stopping=self._stopping or task.paused)
        if self.active.get(task.outlet) is task:
            del self.active[task.outlet]
        self._facts(
            "work.finished" if ended.failure is None else "work.failed",
            outlet=task.outlet,
            events=len(task.leases),
            seconds=round(ended.seconds, 2),
            fates=ended.fates,
            reason=ended.failure,
        )

    async def _crawl(self, task: Task) -> CrawlResult:
        outlet, failure = task.outlet, None
        if outlet not in outlets():
            reason = f"there is no outlet {outlet} here (`warraq outlets`): bring its file back, then `warraq queue redrive`"
            return CrawlResult(CrawlStatistics(), reason, {}, time.monotonic() - task.began)
        session = Session(self._config(), self._facts, self._shared)
        try:
            await asyncio.to_thread(session.open)
            canaries = await self._monitor.before(session, outlet) if task.due else []
            await self._spider(task, session, canaries)
            if task.broken_off:
                failure = "the outlet is paused" if task.paused else "interrupted"
            elif session.ending.archive_error is None and task.due and outlet in outlets():
                await self._monitor.after(session, outlet)
            failure = failure or session.ending.archive_error
            if session.consent.refused:
                self._facts("history.refused", outlet=outlet, reason=session.consent.refused)
        except ArchiveError as error:
            session.ending.archive_error = failure = str(error)
        try:
            counts = session.run.counts().get(outlet, {}) if failure is None or session.ending.archive_error is None else {}
            manifest = await asyncio.to_thread(session.close)
        except ArchiveError as error:
            self._unended.append(session)
            session.ending.archive_error = failure = str(error)
            manifest, counts = None, {}
        fates = manifest["outlets"].get(outlet, {}).get("fates", {}) if manifest else counts
        fates = {fate: number for fate, number in fates.items() if fate != "discovered"}
        if manifest is not None:
            self._facts("run.finished", run_id=manifest["run_id"], outlet=outlet, fates=fates)
        seconds = time.monotonic() - task.began
        down = session.ending.archive_error is not None
        return CrawlResult(
            session.notes.statistics(outlet), failure, fates, seconds, archive_down=down, manifest=manifest is not None
        )

    async def _spider(self, task: Task, session: Session, canaries: list[str]) -> None:
        """Runs the spider to its end, or until the task is broken off."""
        crawler = Crawler(self._process.spider_loader.load(task.outlet), self._settings())
        bind(crawler, session)
        if task.broken_off:
            return
        task.crawler = crawler
        if task.due and crawler.spidercls.looks_back(None):  # type: ignore[attr-defined]  # ours are all OutletSpiders
            session.consent.expect(task.outlet)
        crawling = self._process.crawl(crawler, urls=task.urls, canaries=canaries, only=not task.due)
        while not crawling.done():
            await asyncio.wait([crawling], timeout=0.05 if task.broken_off else 0.5)
            if task.broken_off:
                self._interrupt(task)
            now = time.monotonic()
            if now >= task.drop_at:
                session.waits.drop()
            if now >= task.drop_at + LEFT_SECONDS:
                crawling.cancel()
                return
        await crawling

    async def _rest(self, task: Task) -> float:
        """Holds the leases until the pace of the outlet's hosts allows a request: the next worker, in whatever process, need not
        know when this one asked last. Seconds left of that where the task is broken off, else 0.
        """
        if task.crawler is None or engine_of(task.crawler) is None:
            return 0.0
        hosts = known_hosts(task.crawler).hosts
        while (rest := self._shared.politeness.rest(hosts)) > 0 and not task.broken_off:
            await asyncio.sleep(min(rest, REST_SECONDS))
        return max(0.0, rest)

    async def _archive_is_back(self) -> bool:
        """Waits, then whether the archive can be written again. Events taken before that would only use up their attempts."""
        until = time.monotonic() + self._pause
        while time.monotonic() < until and not self._stopping:
            await asyncio.sleep(min(LOOK_SECONDS, max(0.01, until - time.monotonic())))
        try:
            await asyncio.to_thread(self._shared.archive.state("watch").put, "alive", datetime.now(UTC).isoformat().encode())
        except ArchiveError as error:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._facts("archive.unavailable", reason=str(error), retry_in=self._pause)
            return False
        self._pause = 0.0
        await self._end_runs()
        return True

    async def _end_runs(self) -> None:
        for session in self._unended[:]:
            try:
                manifest = await asyncio.to_thread(session.close)
            except ArchiveError as error:
                self._facts("archive.unavailable", reason=str(error))
                return
            self._unended.remove(session)
            if manifest is not None:
                self._facts("run.finished", run_id=manifest["run_id"], fates=manifest["fates"])
