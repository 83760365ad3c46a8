"""A URL's way from «found» to «fate», station by station.

    1 found      `SourceLoop.visits`      an outlet's source names the URL               crawler/crawl/source_loop.py
    2 admitted   `Frontier.visit`         it is new, modified or due: a `Visit`          crawler/crawl/frontier.py
    3 asked      `UrlWalk.request`        a Scrapy request, conditional where possible   here; politeness: crawler/download/
    4 answered   `UrlWalk.answered`       the response, or `UrlWalk.failed` without one  here
    5 read       `UrlWalk.read`           an `Article`, or why there is none             crawler/read/page_reader.py
    6 handed on  `KeepPipeline`           the item goes to the archive                   crawler/crawl/pipeline.py
    7 fate       `Fates.keep`, `.settle`  filed, kept or settled, counted                crawler/crawl/fates.py, storage/run/keep

A page in a web archive takes the same way, its captures one after the other (`crawler/crawl/memento_visits.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.capture_verdicts import CaptureVerdicts
from crawler.crawl.fates import Fates
from crawler.crawl.memento_visits import MementoVisits, request_arguments, words_of
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.source_loop import SourceLoop
from crawler.crawl.visit import EXCHANGES, ArticleItem, Fetched, Target, Visit
from crawler.discovery import Document, Found
from crawler.discovery.asking import conditions_of
from crawler.discovery.found import Download
from crawler.download.errors import words
from crawler.download.web_archives import REDIRECTS
from extractors import Article, NotAnArticle, Page
from storage import ArchiveError, Outcome, Settled

GONE = frozenset({"soft-404", "home"})
"""What a removed page turns into, besides 404 and 410: a page that says so, or a redirect to the front page."""

ABSENT = frozenset({404, 410})

WITHHELD = frozenset({401, 403, 451})
"""Statuses of a page that is there and not shown: it is gone if the outlet's API says that it is unpublished."""

Callback = Callable[..., Any]


class UrlWalk:
    """One crawl of one outlet.

    download: for sources; count: counts a fate (name, by how much); stop: ends the crawl. callback, errback: whom Scrapy calls
    with a page's response or failure: the spider, which calls `answered` and `failed`.
    """

    def __init__(
        self,
        plan: CrawlPlan,
        session: Session,
        *,
        download: Download,
        count: Callable[[str, int], None],
        stop: Callable[[], None],
        callback: Callback,
        errback: Callback,
    ) -> None:
        self._plan, self._session = plan, session
        self._callback, self._errback = callback, errback
        verdicts = CaptureVerdicts(session, plan.slug)
        self.fates = Fates(plan, session, on_settled=self._settled, on_capture_read=verdicts.article, count=count, stop=stop)
        self._mementos = MementoVisits(plan, session, self.fates, verdicts, self.read, self.request)
        self._sources = SourceLoop(plan, session, self.fates, download, verdicts)

    async def requests(self) -> AsyncIterator[Request]:
        """Stations 1 to 3, for as long as sources name addresses. A crawl that dies here says so and ends no other."""
        try:
            async for visit in self._sources.visits():
                yield self.request(visit)
        except ArchiveError as error:
            self._session.ending.archive_error = str(error)
        except Exception as error:  # noqa: BLE001  # named, exit 1: one outlet never hurts another
            reason = f"{type(error).__name__}: {error}"
            self._session.ending.died[self._plan.slug] = reason
            self.fates.fact("crawl.failed", reason=reason)
        finally:
            self._session.consent.withdraw(self._plan.slug)

    def request(self, visit: Visit) -> Request:
        """Station 3: the request for the page, or for the capture of it that is to be tried."""
        arguments = request_arguments(visit.candidate) if visit.candidate is not None else {"meta": {}}
        arguments["meta"]["visit"] = visit
        visit.fetched = Fetched()
        if visit.target.conditions:
            arguments["headers"] = {**arguments.get("headers", {}), **visit.target.conditions}
        return Request(visit.address, self._callback, errback=self._errback, dont_filter=True, **arguments)

    async def answered(self, response: Response) -> AsyncIterator[ArticleItem | Request]:
        """Stations 4 and 5. What is no article has its fate here; an article goes on to the pipeline."""
        visit: Visit | None = response.meta.get("visit") or self._uninvited(response)
        if visit is None:
            return
        if visit.candidate is not None:
            async for each in self._mementos.answered(visit, response):
                yield each
            return
        capture = visit.capture(response, datetime.now(UTC))
        fate: Settled
        if response.status == 304 and visit.target.conditions:
            fate, reason = "unchanged", "not modified"
        elif response.status != 200:
            fate, reason = _without_page(response)
        else:
            result = await self.read(visit.page(response, capture))
            if isinstance(result, Article):
                yield ArticleItem(result, capture, visit, conditions_of(response))
                return
            fate = "gone" if result.reason in GONE else "failed" if result.transient else "not_an_article"
            reason = words_of(result)
        if response.status in WITHHELD or fate == "not_an_article":
            fate, reason = visit.target.without_article(fate, reason)
        await self.fates.settle(visit, fate, reason, capture)

    async def read(self, page: Page) -> Article | NotAnArticle:
        """Station 5. The address a redirect led to may already say that this is no article."""
        place = self._plan.outlet.locate(page.url)
        if place is None:
            return NotAnArticle(reason="elsewhere", url=page.url, detail=f"redirected to {page.url}")
        if not place.is_article:
            return NotAnArticle(reason=place.kind, url=page.url, detail="redirected")
        return await (await self._session.page_reader(self._plan.slug)).read(page)

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """Station 4 without a response: refused by robots.txt or by our own rules, or failed on the way."""
        error = failure.value
        assert error is not None
        reason = words(error)
        fate: Settled = "refused" if isinstance(error, IgnoreRequest) and "max redirections" not in reason else "failed"
        visit: Visit = failure.request.meta["visit"]  # type: ignore[attr-defined]  # set by Scrapy
        if visit.candidate is not None:
            async for request in self._mementos.failed(visit, error, fate, reason):
                yield request
            return
        await self.fates.settle(visit, fate, reason, None)

    async def end(self) -> None:
        """The last address has its fate: keeps what the next crawl goes by."""
        await self.fates.idle()
        await self._sources.end()
        self._session.consent.withdraw(self._plan.slug)

    def _settled(self, outcome: Outcome, published: str | None) -> None:
        self._session.notes.completeness(self._plan.slug).left(outcome, published)

    def _uninvited(self, response: Response) -> Visit | None:
        """A visit for a page that no source named: `scrapy parse`, a shell, a contract. None if it is none of the outlet's."""
        place = self._plan.outlet.locate(response.url)
        if place is None:
            return None
        document = Document(response.url)
        document.named()
        visit = Visit(Target(found=Found(url=response.url, document=document), place=place, invited=False))
        visit.fetched = Fetched(exchanges=response.meta.get(EXCHANGES, ()))
        return visit


def _without_page(response: Response) -> tuple[Settled, str]:
    """The fate of an answer that brought no page, and why. A redirect comes here only when it leads off the outlet."""
    target = response.headers.get("Location")
    if response.status in REDIRECTS and target:
        return "not_an_article", f"elsewhere: redirected to {target.decode('utf-8', 'replace')}"
    return "gone" if response.status in ABSENT else "failed", f"HTTP {response.status}"
