"""Doing what the queue asks for: one crawl for all that waits of an outlet, in this process, over and over.

The order in which a lease ends is the order of writing: articles, changes, ledger, manifest, what was learned, and then the
acknowledgement. Whoever is killed between two of them leaves the lease, and the work is done again; doing it twice does no harm.
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
from crawler.downloader import KnownHosts
from crawler.facts import Facts
from crawler.session import Session, Shared, bind
from crawler.tidings import Tidings
from crawler.watch.inbox import DUE
from crawler.watch.task import Ended, Task, Watcher
from extractors import outlets
from storage import ArchiveError
from storage.queues import Lease, LeaseLost, Queue, QueueError
from storage.queues.queue import LEASE_SECONDS

TOGETHER: Final = 100
"""Events taken at once."""
LOOK_SECONDS: Final = 2.0
"""How long a look into the queue waits for something to come."""
GRACE_SECONDS: Final = 5.0
"""How long what is on the wire may still take once a crawl is broken off."""
LONGEST_PAUSE: Final = 300.0


class Works:
    """Takes work as long as it is not stopped. settings, config: asked for each crawl anew."""

    def __init__(
        self,
        queue: Queue,
        shared: Shared,
        process: AsyncCrawlerProcess,
        facts: Facts,
        *,
        config: Callable[[], Config],
        settings: Callable[[], Settings],
        watcher: Watcher,
    ) -> None:
        self._queue, self._shared, self._process, self._facts = queue, shared, process, facts
        self._config, self._settings, self._watcher = config, settings, watcher
        self.active: dict[str, Task] = {}
        self._running: set[asyncio.Future[None]] = set()
        self._stopping = False
        self._pause = 0.0
        self._unended: list[Session] = []
        """Runs whose manifest the archive did not take. Nobody else ends them as long as this process lives."""

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            if self._pause and not await self._archive_is_back():
                continue
            try:
                leases = await asyncio.to_thread(self._queue.take, TOGETHER, LOOK_SECONDS)
            except QueueError as error:
                self._facts("queue.unavailable", reason=str(error))
                await asyncio.sleep(LOOK_SECONDS)
                continue
            groups: dict[str, list[Lease]] = defaultdict(list)
            for lease in leases:
                if self._stopping:
                    await self._give_back(lease, "stopped before it was begun", 0.0)
                else:
                    groups[lease.group].append(lease)
            for outlet, own in groups.items():
                self._begin(outlet, own)

    async def stop(self, seconds: float) -> None:
        """No new work; what is under way may take so many seconds more, then it is broken off and given back."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in list(self.active.values()):
            self.break_off(task)
        if self._running:
            await asyncio.wait(self._running)
        await self._end_runs()

    def hurry(self) -> None:
        """What is under way is broken off now."""
        self._stopping = True
        for task in list(self.active.values()):
            self.break_off(task)

    def break_off(self, task: Task) -> None:
        """What waits for its turn fails as interrupted; nothing new is asked."""
        if task.broken_off:
            return
        task.broken_off = True
        crawler = task.crawler
        if crawler is None or crawler.engine is None:
            return
        self._hold(asyncio.ensure_future(crawler.stop_async()))
        downloader = crawler.engine.downloader
        assert isinstance(downloader, KnownHosts)
        downloader.interrupt()

    def _begin(self, outlet: str, leases: list[Lease]) -> None:
        task = Task(outlet, leases)
        self.active[outlet] = task
        doing = asyncio.ensure_future(self._do(task))
        self._hold(doing)

    def _hold(self, doing: asyncio.Future[None]) -> None:
        self._running.add(doing)
        doing.add_done_callback(self._running.discard)

    async def _do(self, task: Task) -> None:
        holding = asyncio.ensure_future(self._extend(task))
        try:
            ended = await self._crawl(task)
            self._watcher.ended(task.outlet, ended)
            if not self._stopping:
                await self._rest(task)
        except Exception as error:  # noqa: BLE001  # whatever a crawl dies of, its work is given back by name
            ended = Ended(Tidings(), f"{type(error).__name__}: {error}", {}, time.monotonic() - task.began)
        finally:
            holding.cancel()
        self._pause = min(max(2 * self._pause, self._config().work_retry), LONGEST_PAUSE) if ended.archive_down else 0.0
        for lease in task.leases:
            await self._settle(lease, task, ended)
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

    async def _crawl(self, task: Task) -> Ended:
        session = Session(self._config(), self._facts, self._shared)
        outlet, failure = task.outlet, None
        try:
            await asyncio.to_thread(session.open)
            urls = [*task.urls, *(await self._watcher.before(outlet) if task.due else ())]
            await self._spider(task, session, urls)
            if task.broken_off:
                failure = "interrupted"
            elif session.archive_error is None and task.due:
                await self._watcher.after(session, outlet)
            failure = failure or session.archive_error
            if session.consent.refused:
                self._facts("history.refused", outlet=outlet, reason=session.consent.refused)
        except ArchiveError as error:
            session.archive_error = failure = str(error)
        try:
            counts = session.run.counts().get(outlet, {}) if failure is None or session.archive_error is None else {}
            manifest = await asyncio.to_thread(session.close)
        except ArchiveError as error:
            self._unended.append(session)
            session.archive_error = failure = str(error)
            manifest, counts = None, {}
        fates = manifest["outlets"].get(outlet, {}).get("fates", {}) if manifest else counts
        fates = {fate: number for fate, number in fates.items() if fate != "discovered"}
        if manifest is not None:
            self._facts("run.finished", run_id=manifest["run_id"], outlet=outlet, fates=fates)
        seconds = time.monotonic() - task.began
        down = session.archive_error is not None
        return Ended(session.tidings(outlet), failure, fates, seconds, archive_down=down, manifest=manifest is not None)

    async def _spider(self, task: Task, session: Session, urls: list[str]) -> None:
        """One crawl to its end, or as far as it comes before it is broken off."""
        crawler = Crawler(self._process.spider_loader.load(task.outlet), self._settings())
        bind(crawler, session)
        if task.broken_off:
            return
        task.crawler = crawler
        if task.due and crawler.spidercls.looks_back(None):  # type: ignore[attr-defined]  # ours are all OutletSpiders
            session.consent.expect(task.outlet)
        crawling = self._process.crawl(crawler, urls=urls, only=not task.due)
        while not crawling.done():
            await asyncio.wait([crawling], timeout=0.5)
            if task.broken_off:
                await asyncio.wait([crawling], timeout=GRACE_SECONDS)
                crawling.cancel()
                return
        await crawling

    async def _rest(self, task: Task) -> None:
        """The outlet is held until it may be asked again: whoever has it next, in whatever process, need not know when."""
        if task.crawler is not None and task.crawler.engine is not None:
            hosts = list(task.crawler.engine.downloader.slots)
            rest = self._shared.manners.rest(hosts)
            while rest > 0 and not self._stopping:
                await asyncio.sleep(min(rest, LOOK_SECONDS))
                rest = self._shared.manners.rest(hosts)

    async def _settle(self, lease: Lease, task: Task, ended: Ended) -> None:
        """Acknowledges what is done, gives back what is not."""
        reason, delay = ended.failure, 0.0
        if lease.event["type"] != DUE:
            place = outlets()[task.outlet].locate(lease.event["data"]["url"])
            fate, why = ended.tidings.wanted.get(place.url if place else "", (None, None))
            if fate is None or fate == "failed":
                reason = reason or why or "the crawl ended without it"
            elif not ended.archive_down:  # broken off or not, this one is done
                reason = None
        if reason is not None and not self._stopping:
            delay = min(self._config().work_retry * 2 ** (lease.attempt - 1), LONGEST_PAUSE)
        await self._give_back(lease, reason, delay)

    async def _give_back(self, lease: Lease, reason: str | None, delay: float) -> None:
        """Done where there is no reason."""
        try:
            if reason is None:
                await asyncio.to_thread(self._queue.ack, lease)
            else:
                await asyncio.to_thread(self._queue.release, lease, reason, delay)
        except QueueError as error:  # the event is given again: the work bears repetition
            self._facts("lease.not_settled", outlet=lease.group, reason=str(error))

    async def _extend(self, task: Task) -> None:
        """Keeps the leases while the crawl runs. One that is lost means that somebody else asks the outlet by now."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 4)
            for number, lease in enumerate(task.leases):
                try:
                    task.leases[number] = await asyncio.to_thread(self._queue.extend, lease, LEASE_SECONDS)
                except LeaseLost as error:
                    self._facts("lease.lost", outlet=task.outlet, reason=str(error))
                    self.break_off(task)
                except QueueError as error:
                    self._facts("queue.unavailable", reason=str(error))

    async def _archive_is_back(self) -> bool:
        """After a pause: whether the archive takes objects again. Work that it could not take would only use up attempts."""
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
