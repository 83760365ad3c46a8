"""The spider every outlet's spider is: it asks the outlet's sources, fetches what is new or due, and sees every
address to exactly one fate.

An outlet's file in `spiders/` states its name and sources, nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.discovery import Ask, Document, Found, Source, SourceError, modified_since
from crawler.failures import words
from crawler.session import Session, session_for
from crawler.visit import Reading, Visit
from crawler.window import Window
from extractors import Article, Location, NotAnArticle, Outlet, Page, outlets
from storage import ArchiveError, Capture, Known, Outcome, Settled

LASTING = frozenset({"kept", "revised", "unchanged", "duplicate", "not_an_article", "gone"})
"""Fates that a later crawl need not question again at once; `failed` and `refused` are met anew."""

ARCHIVE_FAILURES = 5
"""So many articles in a row that could not be kept mean that the archive is down or full."""

HISTORY_HOSTS = ("web.archive.org",)


class OutletSpider(Spider):
    """Arguments (`-a name=value`): since, until (YYYY-MM-DD), limit (pages to fetch), refetch (1 = known pages too)."""

    sources: ClassVar[tuple[Source, ...]]

    def __init__(self, session: Session, *, since: str | None = None, until: str | None = None,
                 limit: str | int | None = None, refetch: str | bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.outlet: Outlet = outlets()[self.name]
        self.allowed_domains = [*self.outlet.hosts, *HISTORY_HOSTS]
        self.window = Window.parse(since, until)
        self.limit = int(limit) if limit else None
        self.refetch = str(refetch).lower() in ("1", "true", "yes")
        self._room = asyncio.Semaphore(session.config.in_flight)
        self._ask: Ask | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets `scrapy parse URL` and `scrapy shell URL` find the spider of an address."""
        super().__init_subclass__(**kwargs)
        cls.allowed_domains = list(outlets()[cls.name].hosts)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        return super().from_crawler(crawler, session_for(crawler), *args, **kwargs)

    # Discovery -------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Requests for the articles that are new or due, as there is room for them.

        Scrapy would take every address at once and hold it in memory: the room keeps a crawl of any size flat.
        """
        config = self.session.config
        self._ask = ask = Ask(
            outlet=self.outlet, window=self.window, memory=await self.session.in_thread(self.session.memory, self.name),
            download=self._download, now=datetime.now(UTC), bound=config.discovery_bound,
            validators_hours=config.validators_hours, max_bytes=config.max_document_bytes, refetch=self.refetch,
            fact=self._fact,
        )
        failures = []
        for source in self.sources:
            try:
                async for found in source.find(ask):
                    if self.limit is not None and self.session.fetched[self.name] >= self.limit:
                        self._fact("limit.reached", limit=self.limit)
                        return
                    visit = await self._visit(found)
                    if visit is not None:
                        self.session.fetched[self.name] += 1
                        yield self._request(visit)
            except SourceError as error:
                if error.absent:
                    self._fact("source.absent", source=source.name, url=error.url, reason=error.reason)
                    failures.append(str(error))
                    continue
                failures.append(str(error))
                self._fact("source.failed", source=source.name, url=error.url, reason=error.reason)
                self.logger.warning("%s", error)
        if not ask.answered:
            self.session.unanswered[self.name] = failures

    async def _download(self, request: Request) -> Response:
        assert self.crawler.engine is not None  # open while the spider starts
        return await self.crawler.engine.download_async(request)

    async def _visit(self, found: Found) -> Visit | None:
        """The visit an address is worth, or None when its fate is already clear."""
        place = self.outlet.locate(found.url)
        if place is None:
            return None
        if not self.session.run.discover(self.name, place.url, hint=found.modified):
            return None
        found.document.named()
        visit = Visit(found, place)
        fate = await self._foregone(visit)
        if fate is not None:
            await self._settle(visit, *fate)
            return None
        await self._room.acquire()
        visit.holds_room = True
        return visit

    async def _foregone(self, visit: Visit) -> tuple[Settled, str] | None:
        """Fate and reason of an address that is not fetched, None if it is."""
        found, place = visit.found, visit.place
        if not place.is_article:
            return "not_an_article", place.kind
        if self.window.excludes(found.published) or self.window.excludes(place.date, tolerance_days=1):
            return "refused", "outside the dates asked for"
        known = await self.session.in_thread(self.session.run.known, self.name, place.url)
        if known is None:
            found.document.known_only = False
            return None
        if self.refetch or self._due(known, found):
            return None
        return "unchanged", "known"

    def _due(self, known: Known, found: Found) -> bool:
        """A known address is asked again when its source says it was modified, or when its absence has aged."""
        if found.modified and modified_since(found.modified, known.hint, known.checked_at):
            return True
        config = self.session.config
        waits = {"gone": config.recheck_gone_hours, "not_an_article": config.recheck_not_article_hours}
        if known.fate not in waits:
            return False
        return datetime.now(UTC) - known.checked_at >= timedelta(hours=waits[known.fate])

    # Fetching --------------------------------------------------------------------------------------------------

    def _request(self, visit: Visit) -> Request:
        """The request for the page, or for the next capture of it."""
        meta: dict[str, Any] = {"visit": visit}
        if visit.candidate is None:
            return Request(_as_offered(visit.found.url, visit.place), self.parse, errback=self.failed, meta=meta, dont_filter=True)
        meta["autothrottle_dont_adjust_delay"] = True
        return Request(visit.candidate.replay_url, self.parse, errback=self.failed, meta=meta, dont_filter=True)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Reading | Request]:
        """Reads an article page. Also the entry for `scrapy parse URL` and for requests made in `scrapy shell`."""
        visit: Visit | None = response.meta.get("visit") or await self._uninvited(response)
        if visit is None:
            return
        capture = Capture(fetched_at=datetime.now(UTC), status=response.status, via=visit.via,
                          memento_at=visit.memento_at(response.url))
        if response.status != 200:
            fate: Settled = "gone" if response.status in (404, 410) else "failed"
            async for request in self._end(visit, fate, f"HTTP {response.status}", capture):
                yield request
            return
        page = Page(
            url=visit.page_url(response.url), fetched_url=response.url, body=response.body, status=response.status,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            fetched_at=capture.fetched_at, via=capture.via, memento_at=capture.memento_at,
        )
        result = await self._read(page)
        if isinstance(result, Article):
            yield Reading(result, capture, visit)
            return
        fate = "gone" if result.reason in ("soft-404", "home") else "failed" if result.transient else "not_an_article"
        reason = f"{result.reason}: {result.detail}" if result.detail else result.reason
        async for request in self._end(visit, fate, reason, capture):
            yield request

    async def _read(self, page: Page) -> Article | NotAnArticle:
        """The address a redirect led to may already say that this is no article."""
        place = self.outlet.locate(page.url)
        if place is not None and not place.is_article:
            return NotAnArticle(reason=place.kind, url=page.url, detail="redirected")
        return await self.session.readers.read(page, self.name)

    async def _uninvited(self, response: Response) -> Visit | None:
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
        visit: Visit = failure.request.meta["visit"]  # type: ignore[attr-defined]  # set by Scrapy
        reason = words(failure.value)
        refused = isinstance(failure.value, IgnoreRequest) and "max redirections" not in reason
        async for request in self._end(visit, "refused" if refused else "failed", reason, None):
            yield request

    # Fates -----------------------------------------------------------------------------------------------------

    async def keep(self, reading: Reading) -> Outcome:
        """Hands an article to the archive; whatever happens there, the address has its fate afterwards."""
        visit, article = reading.visit, _dated(reading.article, reading.visit)
        if self.window.excludes(article.date_published):
            return await self._settle(visit, "refused", "outside the dates asked for", reading.capture, article.date_published)
        try:
            outcome = await self.session.in_thread(
                self.session.run.keep, article, reading.capture, for_url=visit.place.url
            )
        except ArchiveError as error:
            return await self._archive_failed(visit, error)
        self.session.archive_failures = 0
        self._leave(visit, outcome, article.date_published)
        return outcome

    async def _end(self, visit: Visit, fate: Settled, reason: str, capture: Capture | None) -> AsyncIterator[Request]:
        """The fate, unless a further capture of the page can be tried."""
        if visit.try_next():
            self._fact("capture.skipped", url=visit.place.url, fate=fate, reason=reason)
            yield self._request(visit)
            return
        await self._settle(visit, fate, reason, capture)

    async def _settle(self, visit: Visit, fate: Settled, reason: str, capture: Capture | None = None,
                      published: str | None = None) -> Outcome:
        if not visit.invited:
            self.logger.warning("%s: %s (%s)", fate, visit.place.url, reason)
            return Outcome(fate=fate, url=visit.place.url, outlet=self.name, reason=reason)
        try:
            outcome = await self.session.in_thread(
                self.session.run.settle, self.name, visit.place.url, fate, reason, capture
            )
        except ArchiveError as error:
            return await self._archive_failed(visit, error)
        self._leave(visit, outcome, published)
        return outcome

    async def _archive_failed(self, visit: Visit, error: ArchiveError) -> Outcome:
        """The page was read and could not be kept: it fails, and is met again. An archive that takes nothing ends the crawl."""
        outcome = self.lose(visit, f"archive: {error}")
        self.session.archive_failures += 1
        self.session.archive_error = str(error)
        if self.session.archive_failures == ARCHIVE_FAILURES and self.crawler.engine is not None:
            self.logger.error("%s", error)
            asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="archive_failed"))  # noqa: RUF006  # engine's own
        return outcome

    def lose(self, visit: Visit, reason: str) -> Outcome:
        """The fate `failed` for an address whose way ended where no callback was called. Writes nothing."""
        outcome = Outcome(fate="failed", url=visit.place.url, outlet=self.name, reason=reason)
        if not visit.settled:
            outcome = self.session.run.settle(self.name, visit.place.url, "failed", reason)
            self._leave(visit, outcome, None)
        return outcome

    def _leave(self, visit: Visit, outcome: Outcome, published: str | None) -> None:
        """The address has its fate: say so, and make room for the next."""
        visit.settled = True
        visit.found.document.settled(lasting=outcome.fate in LASTING, published=published)
        if visit.holds_room:
            visit.holds_room = False
            self._room.release()
        if self.crawler.stats:
            self.crawler.stats.inc_value(f"warraq/{outcome.fate}")
        if outcome.fate != "unchanged" or outcome.reason != "known":
            self._fact(outcome.fate, url=outcome.url, reason=outcome.reason, key=outcome.key, content_hash=outcome.content_hash)

    def remember(self) -> None:
        """Keeps what the sources may rely on the next time (see `crawler.discovery.asking`)."""
        if self._ask is not None:
            self._ask.remember()

    def _fact(self, fact: str, **details: Any) -> None:
        self.session.facts(fact, outlet=self.name, **details)
        self.logger.info("%s %s", fact, " ".join(f"{name}={value}" for name, value in details.items() if value is not None))


def _as_offered(url: str, place: Location) -> str:
    """The address to ask for: the source's own form, which it says exists, over https and without what marks a variant.

    The canonical form is for naming: nobody promised that the server answers it.
    """
    parts = urlsplit(url)
    query = parts.query if urlsplit(place.url).query or "=" in parts.query and parts.path in ("", "/") else ""
    return urlunsplit(("https", parts.netloc, parts.path, query, ""))


def _dated(article: Article, visit: Visit) -> Article:
    """The date the source states, for a page that shows none."""
    if article.date_published is not None or visit.found.published is None:
        return article
    return replace(article, date_published=visit.found.published, date_published_raw=visit.found.published,
                   date_published_precision="minute" if "T" in visit.found.published else "day", date_published_source=visit.found.stated_by)
