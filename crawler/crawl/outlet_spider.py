"""The spider every outlet's spider is: it asks the outlet's sources and fetches what is new or due.

An outlet's file in `spiders/` states its name and sources, nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.fates import Fates
from crawler.crawl.memento_visits import MementoVisits, asking_for
from crawler.crawl.session import Session, session_for
from crawler.crawl.source_loop import SourceLoop
from crawler.crawl.visit import EXCHANGES, ArticleItem, Visit
from crawler.discovery import Document, Found, Source
from crawler.discovery.asking import conditions_of
from crawler.discovery.submitted import Submitted
from crawler.discovery.web_archives.via import PAST, Via, past_sources
from crawler.download.errors import words
from crawler.download.web_archives import HOSTS, REDIRECTS
from crawler.read.line_frequency import LineFrequency
from crawler.read.reader_pool import BROKE
from crawler.window import Window
from extractors import Article, NotAnArticle, Outlet, Page, outlets
from storage import Settled

TRUE = frozenset({"1", "true", "yes"})

GONE = frozenset({"soft-404", "home"})
"""What a removed page turns into, besides 404 and 410: a page that says so, or a redirect to the front page."""

WITHHELD = frozenset({401, 403, 451})
"""Statuses of a page that is there and not shown: it is gone if the outlet's API says that it is unpublished."""


class OutletSpider(Spider):
    """Arguments (`-a name=value`): since, until (YYYY-MM-DD), limit (pages to fetch), refetch (1 = known pages too),
    via (web archives instead of the outlet's own sources), captures (of one article; a number or all), yes (1 = agreed).
    urls: addresses that somebody asked for, which come first; only: and nothing else; canaries: addresses of kept articles
    that are read again to see whether they can be (all from `crawler.watch.worker`).
    """

    sources: ClassVar[tuple[Source, ...]]
    urls: Sequence[str] = ()
    canaries: Sequence[str] = ()
    only: bool = False
    fates: Fates
    past: MementoVisits

    def __init__(
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.outlet: Outlet = outlets()[self.name]
        self.allowed_domains = [*self.outlet.hosts, *HOSTS]
        self.window = Window.parse(since, until)
        self.limit = int(limit) if limit else None
        self.refetch = str(refetch).lower() in TRUE
        self.via = Via.parse(via, captures if captures is not None else session.config.history_captures)
        self.own_sources = past_sources(self.via, self.sources) if self.via.archives else self.sources
        asked_for = (Submitted(tuple(self.urls)), Submitted(tuple(self.canaries), canaries=True))
        self.wanted = tuple(source for source in asked_for if source.urls)
        if str(yes).lower() in TRUE:
            session.consent.agree()
        self.round: SourceLoop | None = None
        self._chrome = LineFrequency()

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
        spider.fates = Fates(spider.session, spider.name, spider.window, spider.count, spider.stop)
        return spider

    def count(self, fate: str) -> None:
        """Scrapy's counters use the words of the manifest."""
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value(f"warraq/{fate}")

    def stop(self) -> None:
        """Ends the crawl: what is under way is finished or dropped, and dropped addresses fail as interrupted."""
        assert self.crawler.engine is not None
        self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="archive_failed"))

    async def start(self) -> AsyncIterator[Request]:
        """Requests for the articles that are new or due, as there is room for them."""
        self._chrome = await self.session.in_thread(self.session.chrome, self.name)
        self.round = SourceLoop(self)
        async for visit in self.round.visits():
            yield self.request(visit)

    @property
    def lives(self) -> bool:
        """The outlet itself is asked, and answers."""
        return self.outlet.alive and not self.via.archives

    def request(self, visit: Visit) -> Request:
        """The request for the page, or for the capture of it that is to be tried."""
        how = asking_for(visit.candidate) if visit.candidate is not None else {"meta": {}}
        how["meta"]["visit"] = visit
        visit.exchanges = ()
        if visit.conditions:
            how["headers"] = {**how.get("headers", {}), **visit.conditions}
        return Request(visit.address, self.parse, errback=self.failed, dont_filter=True, **how)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[ArticleItem | Request]:
        """Reads an article page. Also the entry for `scrapy parse URL` and for requests made in `scrapy shell`."""
        visit: Visit | None = response.meta.get("visit") or self._uninvited(response)
        if visit is None:
            return
        if visit.candidate is not None:
            async for each in self.past.parse(visit, response):
                yield each
            return
        capture = visit.capture(response, datetime.now(UTC))
        fate: Settled
        withheld = False
        visit.validators = conditions_of(response)
        if response.status == 304 and visit.conditions:
            fate, reason = "unchanged", "not modified"
        elif response.status != 200:
            fate, reason = _without_page(response)
            withheld = response.status in WITHHELD
        else:
            result = await self.read(visit.page(response, capture))
            if isinstance(result, Article):
                yield ArticleItem(result, capture, visit)
                return
            fate = "gone" if result.reason in GONE else "failed" if result.transient else "not_an_article"
            reason = f"{result.reason}: {result.detail}" if result.detail else result.reason
        if withheld or fate == "not_an_article":
            fate, reason = visit.without_article(fate, reason)
        await self.fates.settle(visit, fate, reason, capture)

    async def read(self, page: Page) -> Article | NotAnArticle:
        """The address a redirect led to may already say that this is no article."""
        place = self.outlet.locate(page.url)
        if place is None:
            return NotAnArticle(reason="elsewhere", url=page.url, detail=f"redirected to {page.url}")
        if not place.is_article:
            return NotAnArticle(reason=place.kind, url=page.url, detail="redirected")
        teaches = self._chrome.teaches
        result, lines = await self.session.readers.study(page, self.name, self._chrome.known, lines=teaches)
        if isinstance(result, Article) and teaches:
            self._chrome.learn(result.id, lines)
        if isinstance(result, NotAnArticle) and result.reason.startswith(BROKE):
            key = await self.session.in_thread(self.session.quarantine, self.name, page, f"{result.reason}: {result.detail}")
            self.fates.fact("page.quarantined", url=page.url, reason=result.reason, key=key)
        return result

    def _uninvited(self, response: Response) -> Visit | None:
        """A visit for a page that no source named: `scrapy parse`, a shell, a contract."""
        place = self.outlet.locate(response.url)
        if place is None:
            self.logger.error("%s is not an address of %s", response.url, self.name)
            return None
        document = Document(response.url)
        document.named()
        found = Found(url=response.url, document=document)
        return Visit(found, place, invited=False, exchanges=response.meta.get(EXCHANGES, ()))

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """A request that got no response: refused by robots.txt or by our own rules, or failed on the way."""
        error = failure.value
        assert error is not None
        reason = words(error)
        refused = isinstance(error, IgnoreRequest) and "max redirections" not in reason
        visit: Visit = failure.request.meta["visit"]  # type: ignore[attr-defined]  # set by Scrapy
        if visit.candidate is not None:
            async for request in self.past.end(visit, "refused" if refused else "failed", reason, None):
                yield request
            return
        await self.fates.settle(visit, "refused" if refused else "failed", reason, None)


def _without_page(response: Response) -> tuple[Settled, str]:
    """The fate of an answer that brought no page, and why. A redirect comes here only when it leads off the outlet."""
    target = response.headers.get("Location")
    if response.status in REDIRECTS and target:
        return "not_an_article", f"elsewhere: redirected to {target.decode('utf-8', 'replace')}"
    return "gone" if response.status in (404, 410) else "failed", f"HTTP {response.status}"
