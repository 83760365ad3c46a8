"""The spider every outlet's spider is: it asks the outlet's sources and fetches what is new or due.

An outlet's file in `spiders/` states its name and sources, nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.chrome import Chrome
from crawler.discovery import Ask, Document, Found, Source, SourceError, modified_since
from crawler.failures import words
from crawler.fates import OUTSIDE, Fates
from crawler.reading import BROKE
from crawler.session import Session, session_for
from crawler.visit import Reading, Visit
from crawler.window import Window
from extractors import Article, NotAnArticle, Outlet, Page, outlets
from storage import Capture, Known, Settled

HISTORY_HOSTS = ("web.archive.org",)

GONE = frozenset({"soft-404", "home"})
"""What a removed page turns into, besides 404 and 410: a page that says so, or a redirect to the front page."""


class OutletSpider(Spider):
    """Arguments (`-a name=value`): since, until (YYYY-MM-DD), limit (pages to fetch), refetch (1 = known pages too)."""

    sources: ClassVar[tuple[Source, ...]]
    fates: Fates

    def __init__(
        self,
        session: Session,
        *,
        since: str | None = None,
        until: str | None = None,
        limit: str | int | None = None,
        refetch: str | bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.outlet: Outlet = outlets()[self.name]
        self.allowed_domains = [*self.outlet.hosts, *HISTORY_HOSTS]
        self.window = Window.parse(since, until)
        self.limit = int(limit) if limit else None
        self.refetch = str(refetch).lower() in ("1", "true", "yes")
        self._ask: Ask | None = None
        self._chrome = Chrome()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets `scrapy parse URL` and `scrapy shell URL` find the spider of an address."""
        super().__init_subclass__(**kwargs)
        cls.allowed_domains = list(outlets()[cls.name].hosts)

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
        """Requests for the articles that are new or due, as there is room for them.

        Scrapy would take every address at once and hold it in memory: admission keeps a crawl of any size flat.
        """
        self._ask = ask = await self._asking()
        failures, named = [], 0
        for source in self.sources:
            try:
                async for found in source.find(ask):
                    named += 1
                    if self.limit is not None and self.session.fetched[self.name] >= self.limit:
                        self.fates.fact("limit.reached", limit=self.limit)
                        return
                    visit = await self._worth_a_visit(found)
                    if visit is not None:
                        await self.fates.admit(visit)
                        self.session.fetched[self.name] += 1
                        yield self._request(visit)
            except SourceError as error:
                failures.append(str(error))
                ask.failed(error, source.name)
        if not ask.answered:
            self.session.silent[self.name] = failures or ["none of its sources is there"]
        elif not named and not ask.unchanged and self.window.open:
            self.session.silent[self.name] = ["its sources answered, and named no address: have its pages changed?"]

    async def _asking(self) -> Ask:
        config = self.session.config
        self._chrome = await self.session.in_thread(self.session.chrome, self.name)
        return Ask(
            outlet=self.outlet,
            window=self.window,
            memory=await self.session.in_thread(self.session.memory, self.name),
            download=self._download,
            now=datetime.now(UTC),
            bound=config.discovery_bound,
            validators_hours=config.validators_hours,
            max_bytes=config.max_document_bytes,
            refetch=self.refetch,
            fact=self.fates.fact,
        )

    async def _download(self, request: Request) -> Response:
        assert self.crawler.engine is not None  # open while the spider starts
        return await self.crawler.engine.download_async(request)

    async def _worth_a_visit(self, found: Found) -> Visit | None:
        """A visit to the address; None when this crawl has met it, or when its fate is clear without one."""
        place = self.outlet.locate(found.url)
        if place is None or not self.session.run.discover(self.name, place.url, hint=found.modified):
            return None
        found.document.named()
        visit = Visit(found, place)
        known = await self.session.in_thread(self.session.run.known, self.name, place.url) if place.is_article else None
        found.document.known_only = found.document.known_only and known is not None
        published = found.published or await self._published(known)
        if not place.is_article:
            await self.fates.settle(visit, "not_an_article", place.kind)
        elif self.window.excludes(published) or self.window.excludes(place.date, tolerance_days=1):
            await self.fates.settle(visit, "refused", OUTSIDE, published=published)
        elif known is not None and not self.refetch and not self._due(known, found):
            await self.fates.settle(visit, "unchanged", "known", published=published)
        else:
            return visit
        return None

    async def _published(self, known: Known | None) -> str | None:
        """When a kept article was published: asked for only where dates matter, to know when a listing is past them."""
        if known is None or known.key is None or self.window.open:
            return None
        record = await self.session.in_thread(self.session.archive.get, known.key)
        published: str | None = record["date_published"]
        return published

    def _due(self, known: Known, found: Found) -> bool:
        """A known address is asked again when its source says it was modified, or when its absence has aged."""
        if found.modified and modified_since(found.modified, known.hint, known.checked_at):
            return True
        config = self.session.config
        waits = {"gone": config.recheck_gone_hours, "not_an_article": config.recheck_not_article_hours}
        if known.fate not in waits:
            return False
        return datetime.now(UTC) - known.checked_at >= timedelta(hours=waits[known.fate])

    def _request(self, visit: Visit) -> Request:
        """The request for the page, or for the capture of it that is to be tried."""
        meta: dict[str, Any] = {"visit": visit}
        if visit.candidate is not None:
            meta["autothrottle_dont_adjust_delay"] = True  # an archive's pace is a setting of its own
        return Request(visit.address, self.parse, errback=self.failed, meta=meta, dont_filter=True)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Reading | Request]:
        """Reads an article page. Also the entry for `scrapy parse URL` and for requests made in `scrapy shell`."""
        visit: Visit | None = response.meta.get("visit") or self._uninvited(response)
        if visit is None:
            return
        capture = visit.capture(response, datetime.now(UTC))
        fate: Settled
        if response.status != 200:
            fate, reason = "gone" if response.status in (404, 410) else "failed", f"HTTP {response.status}"
        else:
            result = await self._read(visit.page(response, capture))
            if isinstance(result, Article):
                yield Reading(result, capture, visit)
                return
            fate = "gone" if result.reason in GONE else "failed" if result.transient else "not_an_article"
            reason = f"{result.reason}: {result.detail}" if result.detail else result.reason
        async for request in self._end(visit, fate, reason, capture):
            yield request

    async def _read(self, page: Page) -> Article | NotAnArticle:
        """The address a redirect led to may already say that this is no article."""
        place = self.outlet.locate(page.url)
        if place is None:
            return NotAnArticle(reason="elsewhere", url=page.url, detail=f"redirected to {page.url}")
        if not place.is_article:
            return NotAnArticle(reason=place.kind, url=page.url, detail="redirected")
        result = await self.session.readers.read(page, self.name, self._chrome.known)
        if isinstance(result, Article) and self._chrome.teaches:
            self._chrome.learn(result.id, await self.session.readers.lines(page))
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
        return Visit(Found(url=response.url, document=document), place, invited=False)

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """A request that got no response: refused by robots.txt or by our own rules, or failed on the way."""
        error = failure.value
        assert error is not None
        reason = words(error)
        refused = isinstance(error, IgnoreRequest) and "max redirections" not in reason
        visit: Visit = failure.request.meta["visit"]  # type: ignore[attr-defined]  # set by Scrapy
        async for request in self._end(visit, "refused" if refused else "failed", reason, None):
            yield request

    async def _end(self, visit: Visit, fate: Settled, reason: str, capture: Capture | None) -> AsyncIterator[Request]:
        """The fate, unless a further capture of the page can be tried."""
        if visit.try_next():
            self.fates.fact("capture.skipped", url=visit.place.url, fate=fate, reason=reason)
            yield self._request(visit)
            return
        await self.fates.settle(visit, fate, reason, capture)

    def remember(self) -> None:
        """Keeps what the sources may rely on the next time (see `crawler.discovery.asking`)."""
        if self._ask is not None:
            self._ask.remember()
