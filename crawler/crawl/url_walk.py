"""A URL's way from «found» to «fate», station by station.

    1 found      `SourceLoop.visits`      an outlet's source names the URL               crawler/crawl/source_loop.py
    2 admitted   `Frontier.visit`         it is new, modified or due: a `Visit`          crawler/crawl/frontier.py
    3 asked      `UrlWalk.request`        a Scrapy request, conditional where possible   here; politeness: crawler/download/
    4 answered   `UrlWalk.answered`       the response, or `UrlWalk.failed` without one  here
    5 read       `UrlWalk.read`           an `Article`, or why there is none             crawler/read/page_reader.py
    6 handed on  `KeepPipeline`           the item goes to the archive                   crawler/crawl/pipeline.py
    7 fate       `VisitFates.keep`        filed, kept or settled, counted                crawler/crawl/fates.py, storage/run/keep

A page in a web archive takes the same way, its captures one after the other (`crawler/crawl/memento_visits.py`). A story in parts
is followed from page to page; its last part is kept first (`crawler/crawl/story_parts.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.answer_fate import REFRESHED, LedTo, by_status, of_page
from crawler.crawl.capture_verdicts import CaptureVerdicts
from crawler.crawl.memento_visits import MementoVisits, request_arguments
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.source_loop import SourceLoop
from crawler.crawl.story_parts import StoryParts
from crawler.crawl.visit import EXCHANGES, ArticleItem, Fetched, Target, Visit
from crawler.crawl.visit_fates import VisitFates
from crawler.discovery.found import Document, Download, Found
from crawler.discovery.memory import Validators
from crawler.download.errors import InterruptedCrawlError, LeftAloneError, words
from crawler.window import is_fresh
from extractors import Article, NotAnArticle, Page
from storage import ArchiveError, Capture, Outcome, Settled

NEWEST_FIRST = ("feed ", "wordpress ")
"""Names of sources that name what is new: an address without a date is fresh if it comes from them."""

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
        read = partial(verdicts.mark, article=True)
        self.fates = VisitFates(plan, session, on_settled=self._settled, on_capture_read=read, count=count, stop=stop)
        self._mementos = MementoVisits(plan, session, self.fates, verdicts, self.read, self.request)
        self._sources = SourceLoop(plan, session, self.fates, download, verdicts)
        self._parts = StoryParts(plan, session, self.fates, self.request)

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
        request = Request(visit.address, self._callback, errback=self._errback, dont_filter=True, **arguments)
        visit.asked = request.url
        return request

    async def answered(self, response: Response) -> AsyncIterator[ArticleItem | Request]:
        """Stations 4 and 5. What is no article has its fate here; an article goes on to the pipeline."""
        visit: Visit | None = response.meta.get("visit") or self._uninvited(response)
        if visit is None:
            return
        try:
            async for each in self._read_answer(visit, response):
                yield each
        except InterruptedCrawlError as error:  # while a reader had the page
            async for request in self._unanswered(visit, error):
                yield request

    async def _read_answer(self, visit: Visit, response: Response) -> AsyncIterator[ArticleItem | Request]:
        if visit.candidate is not None:
            async for each in self._mementos.answered(visit, response):
                yield each
            return
        capture = visit.capture(response, datetime.now(UTC))
        result = await self._result(visit, response, capture)
        if isinstance(result, Article):
            validators = Validators.of(response, capture.fetched_at)
            item = ArticleItem(result, capture, visit, validators.conditions() if validators is not None else {})
            async for each in self._parts.hand_over(item):
                yield each
        elif isinstance(result, Request):
            yield result
            return
        else:
            await self._settle(visit, *result, capture)
        for earlier in self.fates.release_earlier_parts(visit):
            yield earlier

    async def _settle(self, visit: Visit, fate: Settled, reason: str, capture: Capture) -> None:
        """The fate of an address that was answered, and not with an article."""
        if fate == "gone" and self._is_early(visit.target, capture.fetched_at):
            fate, reason = "failed", f"{reason}, and may not be there yet"
        if fate == "failed":
            await self.fates.fail(visit, reason, capture)
        else:
            await self.fates.settle(visit, fate, reason, capture)

    async def _result(self, visit: Visit, response: Response, capture: Capture) -> Article | Request | tuple[Settled, str]:
        """The article; or the request for the page that this one leads to; or the fate of the address and why."""
        page, target = visit.page(response, capture), visit.target
        if response.status == 304 and target.conditions:
            return "unchanged", "not modified"
        if (fate := by_status(response, page, target)) is not None:
            return fate
        result = await (self._study(page) if response.url == visit.asked else self.read(page))
        if isinstance(result, Article):
            return result
        found = of_page(response, page, target, result, self._plan.outlet)
        return self._follow(visit, found) if isinstance(found, LedTo) else found

    def _follow(self, visit: Visit, led: LedTo) -> Request:
        visit.fetched = Fetched()
        meta = {"visit": visit, REFRESHED: True}
        return Request(led.url, self._callback, errback=self._errback, dont_filter=True, meta=meta)

    async def read(self, page: Page) -> Article | NotAnArticle:
        """Station 5. The address a redirect led to may already say that this is no article."""
        place = self._plan.outlet.locate(page.url)
        if place is None:
            return NotAnArticle(reason="elsewhere", url=page.url, detail=f"redirected to {page.url}")
        if not place.is_article:
            return NotAnArticle(reason=place.kind, url=page.url, detail="redirected")
        return await self._study(page)

    async def _study(self, page: Page) -> Article | NotAnArticle:
        """Raises InterruptedCrawlError where the crawl is broken off and the reader is not done in time."""
        reader = await self._session.page_reader(self._plan.slug)
        with self._session.waits.answer():
            return await reader.read(page)

    async def failed(self, failure: Failure) -> AsyncIterator[ArticleItem | Request]:
        """Station 4 without a response: refused by robots.txt or by our own rules, or failed on the way."""
        error = failure.value
        assert error is not None
        async for request in self._unanswered(failure.request.meta["visit"], error):  # type: ignore[attr-defined]  # set by Scrapy
            yield request

    async def _unanswered(self, visit: Visit, error: BaseException) -> AsyncIterator[ArticleItem | Request]:
        reason = words(error)
        fate: Settled = "refused" if isinstance(error, IgnoreRequest) and "max redirections" not in reason else "failed"
        if visit.candidate is not None:
            async for request in self._mementos.failed(visit, error, fate, reason):
                yield request
            return
        broken_off = isinstance(error, (InterruptedCrawlError, LeftAloneError))
        if fate == "refused" or broken_off:  # not the page's doing
            await self.fates.settle(visit, fate, reason, None)
        else:
            await self.fates.fail(visit, reason)
        for earlier in self.fates.release_earlier_parts(visit):
            if broken_off:  # nothing but the part before names this one: the next crawl has to read both
                self.fates.lose(earlier.visit, f"its next part: {reason}")
            else:
                yield earlier

    async def end(self) -> None:
        """The last address has its fate: keeps what the next crawl goes by."""
        await self.fates.idle()
        await self._sources.end()
        await self._judge()
        self._session.consent.withdraw(self._plan.slug)

    async def _judge(self) -> None:
        """Says so if the crawl got nothing where there was something to get: fact, line on stderr, metric, `warraq status`."""
        ending, slug = self._session.ending, self._plan.slug
        if self._plan.only or ending.interrupted or ending.archive_error or not self._session.is_open:
            return
        verdict = self._sources.verdict()
        statistics = self._session.notes.statistics(slug)
        if verdict is not None:
            statistics.verdict = (verdict.cause, verdict.detail)
            self.fates.fact("crawl.fruitless", cause=verdict.cause, detail=verdict.detail)
            if verdict.cause not in {"sources", "died"} and slug not in ending.unread:  # these have a line of their own
                ending.fruitless[slug] = verdict.detail
        elif not statistics.addresses.got and statistics.addresses.failed_again:
            return  # pages that fail again and again, told when they first did: what stands, stands
        try:
            await self._session.in_thread(self._session.notes.keep_verdict, slug, verdict, datetime.now(UTC))
        except ArchiveError as error:
            ending.archive_error = str(error)

    def _is_early(self, target: Target, now: datetime) -> bool:
        """Whether a page that is not there may still come: a source named it just now, and nothing says that it is old."""
        found = target.found
        if not self._plan.lives or target.known is not None or found.unlisted is not None:
            return False
        modified = (found.modified or "").partition(" ")[2]
        dates = [stated for stated in (found.published, target.place.date, modified) if stated]
        fresh = any(is_fresh(stated, now) for stated in dates) if dates else target.source.startswith(NEWEST_FIRST)
        return fresh and self._session.notes.failing(self._plan.slug).is_early(target.url, now)

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
