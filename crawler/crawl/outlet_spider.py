"""The Scrapy spider of an outlet: its arguments make the plan, and each page goes the way of `crawler.crawl.url_walk`.

An outlet's file in `spiders/` states its name and sources, nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session, session_for
from crawler.crawl.url_walk import UrlWalk
from crawler.crawl.visit import ArticleItem
from crawler.discovery.asking import Source
from crawler.discovery.submitted import Submitted
from crawler.discovery.web_archives.via import PAST, Via, past_sources
from crawler.download.errors import InterruptedCrawlError
from crawler.download.slots import known_hosts
from crawler.download.web_archives import HOSTS
from crawler.window import Window
from extractors import outlets

TRUE = frozenset({"1", "true", "yes"})


class OutletSpider(Spider):
    """Arguments (`-a name=value`): since, until (YYYY-MM-DD), limit (pages to fetch), refetch (1 = known pages too),
    via (web archives instead of the outlet's own sources), captures (of one article; a number or all), yes (1 = agreed).
    urls: addresses that somebody asked for, which come first; only: and nothing else; canaries: addresses of kept articles
    that are read again to see whether they can be (all from `crawler.watch.worker`).
    """

    sources: ClassVar[tuple[Source, ...]]
    walk: UrlWalk

    def __init__(  # noqa: PLR0913  # the arguments of the command line
        self,
        session: Session,
        *,
        since: str | None = None,
        until: str | None = None,
        limit: str | int | None = None,
        refetch: str | bool = False,
        via: str | None = None,
        captures: str | int | None = None,
        yes: str | bool = False,
        urls: Sequence[str] = (),
        canaries: Sequence[str] = (),
        only: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        archives = Via.parse(via, captures if captures is not None else session.config.history_captures)
        asked_for = (Submitted(tuple(urls)), Submitted(tuple(canaries), canaries=True))
        self.session = session
        self.plan = CrawlPlan(
            outlet=outlets()[self.name],
            sources=past_sources(archives, self.sources) if archives.archives else self.sources,
            window=Window.parse(since, until),
            limit=int(limit) if limit else None,
            refetch=_is_true(refetch),
            via=archives,
            wanted=tuple(source for source in asked_for if source.urls),
            only=only,
        )
        self.allowed_domains = [*self.plan.outlet.hosts, *HOSTS]
        if _is_true(yes):
            session.consent.agree()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets `scrapy parse URL` and `scrapy shell URL` find the spider of an address."""
        super().__init_subclass__(**kwargs)
        cls.allowed_domains = list(outlets()[cls.name].hosts)

    @classmethod
    def looks_back(cls, via: str | None) -> bool:
        """Whether a web archive is among the sources (with `--via` or by the outlet's own facts)."""
        return bool(via) or any(isinstance(source, PAST) for source in cls.sources)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, session_for(crawler), *args, **kwargs)
        spider.walk = UrlWalk(
            spider.plan,
            spider.session,
            download=spider.download,
            count=spider.count,
            stop=spider.stop,
            callback=spider.parse,
            errback=spider.failed,
        )
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Requests for the articles that are new or due, as there is room for them."""
        await self._keep_pauses()
        async for request in self.walk.requests():
            yield request

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[ArticleItem | Request]:
        """Reads an article page. Also the entry for `scrapy parse URL` and for requests made in `scrapy shell`."""
        if "visit" not in response.meta and self.plan.outlet.locate(response.url) is None:
            self.logger.error("%s is not an address of %s", response.url, self.name)
        async for each in self.walk.answered(response):
            yield each

    async def failed(self, failure: Failure) -> AsyncIterator[ArticleItem | Request]:
        """A request for a page got no response."""
        async for request in self.walk.failed(failure):
            yield request

    async def _keep_pauses(self) -> None:
        """Hosts that asked to be left alone, in a crawl before this one."""
        downloader = known_hosts(self.crawler)
        pauses = await self.session.in_thread(self.session.notes.pauses, self.name)
        for host, seconds in pauses.left(datetime.now(UTC)).items():
            downloader.leave_alone(host, seconds, patience=self.session.config.pause_seconds)

    async def download(self, request: Request) -> Response:
        """For sources: a document. Raises InterruptedCrawlError when the crawl ends meanwhile."""
        engine = self.crawler.engine
        assert engine is not None  # open while the spider starts
        try:
            return await engine.download_async(request)
        except (AssertionError, RuntimeError) as error:
            if engine.spider is None:  # Scrapy's own: it was closed under the download, or before it
                raise InterruptedCrawlError("the crawl was stopped meanwhile") from error
            raise

    def count(self, fate: str, number: int) -> None:
        """Scrapy's counters use the words of the manifest."""
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value(f"warraq/{fate}", number)

    def stop(self) -> None:
        """Ends the crawl: what is under way is finished or dropped, and dropped addresses fail as interrupted."""
        assert self.crawler.engine is not None
        self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="archive_failed"))


def _is_true(value: str | bool) -> bool:
    return str(value).lower() in TRUE
