"""One round over an outlet's sources: each is asked, what is new or due is visited, and what they said is remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from crawler.crawl.frontier import Frontier
from crawler.crawl.memento_visits import MementoVisits
from crawler.crawl.visit import Visit
from crawler.discovery import Ask, SourceError
from crawler.discovery.web_archives.seen_captures import SeenCaptures
from crawler.download.errors import InterruptedCrawlError
from crawler.download.slots import known_hosts

if TYPE_CHECKING:
    from crawler.crawl.outlet_spider import OutletSpider


class SourceLoop:
    """Of one spider, from its start to its end."""

    def __init__(self, spider: OutletSpider) -> None:
        self._spider, self._session, self._outlet = spider, spider.session, spider.name
        self._ask: Ask | None = None

    async def visits(self) -> AsyncIterator[Visit]:
        """To what was asked for, then to what the sources name, then to kept articles whose time has come.

        Scrapy would take every address at once and hold it in memory: admission keeps a crawl of any size flat.
        """
        spider, session = self._spider, self._session
        self._ask = ask = await self._begin()
        admission = Frontier(spider)
        failures, named = [], 0
        for source in (*spider.wanted, *(() if spider.only else (*spider.own_sources, *admission.again()))):
            entries = new = 0
            try:
                async for found in source.find(ask):
                    named += not found.again
                    entries += 1
                    if spider.limit is not None and session.fetched[self._outlet] >= spider.limit:
                        spider.fates.fact("limit.reached", limit=spider.limit)
                        return
                    visit = await admission.visit(found, source)
                    if visit is not None:
                        new += visit.known is None
                        await spider.fates.admit(visit)
                        session.fetched[self._outlet] += 1
                        yield visit
                if source not in spider.wanted:
                    admission.read(source, entries, new)
            except SourceError as error:
                failures.append(str(error))
                ask.failed(error, source.name)
        session.consent.withdraw(self._outlet)
        tidings = session.tidings(self._outlet)
        tidings.answered, tidings.troubles = ask.answered, failures
        if not spider.only:
            self._say_if_silent(ask, failures, named)
            await self._subscribe(ask)

    async def _begin(self) -> Ask:
        spider, session = self._spider, self._session
        now = datetime.now(UTC)
        completeness = await session.in_thread(session.completeness, self._outlet)
        completeness.now, spider.fates.left = now, completeness.left
        looked = await session.in_thread(SeenCaptures, session.archive.state(self._outlet))
        spider.past = MementoVisits(spider, looked)
        spider.fates.looked = spider.past.served
        await self._leave_alone()
        return Ask(
            outlet=spider.outlet,
            window=spider.window,
            memory=await session.in_thread(session.memory, self._outlet),
            download=self._download,
            now=now,
            history=spider.past.frame(now, spider.via.captures),
            bound=session.config.discovery_bound,
            validators_hours=session.config.validators_hours,
            max_bytes=session.config.max_document_bytes,
            refetch=spider.refetch,
            fact=spider.fates.fact,
        )

    async def _leave_alone(self) -> None:
        """Hosts that asked for it, in a crawl before this one."""
        downloader = known_hosts(self._spider.crawler)
        pauses = await self._session.in_thread(self._session.pauses, self._outlet)
        for host, seconds in pauses.left(datetime.now(UTC)).items():
            downloader.leave_alone(host, seconds, patience=self._session.config.pause_seconds)

    async def _download(self, request: Request) -> Response:
        engine = self._spider.crawler.engine
        assert engine is not None  # open while the spider starts
        try:
            return await engine.download_async(request)
        except (AssertionError, RuntimeError) as error:
            if engine.spider is None:  # Scrapy's own: it was closed under the download, or before it
                raise InterruptedCrawlError("the crawl was stopped meanwhile") from error
            raise

    async def _subscribe(self, ask: Ask) -> None:
        """To what the feeds say that somebody tells of their news."""
        if self._session.subscriber is not None:
            await self._session.subscriber.keep_up(self._outlet, ask.topics, ask.download)

    def _say_if_silent(self, ask: Ask, failures: list[str], named: int) -> None:
        if not ask.answered:
            self._session.silent[self._outlet] = failures or ["none of its sources is there"]
        elif not named and not ask.unchanged and self._spider.window.open and self._session.consent.refused is None:
            self._session.silent[self._outlet] = ["its sources answered, and named no address: have its pages changed?"]

    async def end(self) -> None:
        """Keeps what sources may rely on the next time (see `crawler.discovery.asking`), and which captures were looked at."""
        if self._ask is None:
            return
        self._ask.remember()
        completeness = self._session.completeness(self._outlet)
        for kind in completeness.judge(timedelta(hours=self._session.config.source_lag_hours)):
            self._spider.fates.fact("source.stopped", kind=kind, others=completeness.disagreement)
        await self._spider.past.close()
