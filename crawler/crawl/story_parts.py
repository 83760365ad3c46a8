"""Stories in numbered parts: a page that says where the story goes on is kept after the page it names.

Were it kept before, nothing would name the next part after a kill: a known article is not read again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from scrapy import Request

from crawler.crawl.frontier import Frontier
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.visit import ArticleItem, Visit
from crawler.crawl.visit_fates import VisitFates
from crawler.discovery.found import Found
from storage import ArchiveError


class StoryParts:
    """Of one outlet in one crawl. request: makes the request for a visit (`crawler.crawl.url_walk`)."""

    def __init__(self, plan: CrawlPlan, session: Session, fates: VisitFates, request: Callable[[Visit], Request]) -> None:
        self._outlet, self._fates, self._request = plan.outlet, fates, request
        self._frontier = Frontier(plan, session, fates)

    async def hand_over(self, item: ArticleItem) -> AsyncIterator[ArticleItem | Request]:
        """The article; if its story goes on, the request for the next part instead, for which it waits then."""
        visit = item.visit
        if visit.earlier and visit.earlier[-1].article.body == item.article.body:  # the server gives one page for every number
            await self._fates.settle(visit, "not_an_article", "the same text as the part before it", item.capture)
            return
        try:
            part = await self._next(item)
        except ArchiveError as error:
            self._fates.archive_failed(visit, error)
            return
        if part is None:
            yield item
        else:
            self._fates.keep_after(item, part)
            yield self._request(part)

    async def _next(self, item: ArticleItem) -> Visit | None:
        """A visit to the page where the story goes on; None if it ends here, and if that page is known or was named already.

        Raises ArchiveError.
        """
        address, target = item.article.next_part_url, item.visit.target
        if address is None or not target.invited:
            return None
        place = self._outlet.locate(address)
        if place is None or place.part_number == 1:
            item.unread_part = address
            return None
        found = Found(url=address, document=target.found.document, published=item.article.date_published)
        return await self._frontier.visit(found, "parts")
