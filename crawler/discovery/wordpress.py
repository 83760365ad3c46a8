"""The WordPress REST API (`wp-json/wp/v2/posts`): every post with its dates, newest first.

One file, though long: the ways in which wp-json answers otherwise than documented.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, Field, TypeAdapter
from scrapy.http import Response

from crawler.discovery.asking import Ask
from crawler.discovery.documents import dates
from crawler.discovery.documents.entries import Entry
from crawler.discovery.documents.posts import Posts, read_posts
from crawler.discovery.found import Document, Found, SourceError
from crawler.state_file import PastMoment

PER_PAGE: Final = 100
"""The most the API gives at once; some servers give fewer."""

OVERLAP: Final = timedelta(minutes=10)
"""Asked for again before the last modification seen: posts are not always visible in the order of their stamps."""

MOST_PAGES: Final = 5_000
"""Of a walk through a window."""

CLOCK_SLACK: Final = timedelta(minutes=10)
"""A modification later than now by more than this is no mark: it would hide all that comes until then."""

NO_SUCH_PAGE: Final = frozenset({200, 400})
"""WordPress answers 400 (`rest_post_invalid_page_number`) to a page after the last."""

_MARK: Final = TypeAdapter(str)


class Backlog(BaseModel):
    """Where a first walk goes on that is longer than one crawl. page: the next to read; latest: the last modification at its
    beginning (UTC), from which on later crawls ask.
    """

    page: int = Field(ge=2, le=1_000_000)
    latest: PastMoment | None = None


_BACKLOG: Final = TypeAdapter(Backlog)
_ROUTE: Final = TypeAdapter(bool)


@dataclass(frozen=True, slots=True)
class WordPress:
    """`endpoint`: the address of the posts collection.

    A first crawl walks the pages (within the window, or `bound` of them, going on in the next crawl); once such a walk is done
    with, later crawls ask only for what was modified since, which is one request when there is nothing. Marks, by this source's
    name: the last modification seen (ISO 8601, UTC, without offset, as the API writes it); `backlog`; `route`, whether only
    `?rest_route=` works.
    """

    endpoint: str

    @property
    def name(self) -> str:
        return f"wordpress {self.endpoint}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        walk = _PostWalk(self, ask)
        async for found in walk.through():
            yield found

    def address(self, query: dict[str, Any], *, by_route: bool) -> str:
        """by_route: in the form that needs no pretty permalinks (`?rest_route=/wp/v2/posts`)."""
        before, marker, route = self.endpoint.partition("/wp-json")
        if not by_route or not marker:
            return f"{self.endpoint}?{urlencode(query)}"
        return f"{before}/?{urlencode({'rest_route': urlsplit(route).path, **query})}"


@dataclass(slots=True)
class _PostWalk:
    """One crawl's way through the pages of posts. read: how many were read, without those that were read once more; news: how
    many of them before the walk went on where it was broken off; before: the page read last.
    """

    source: WordPress
    ask: Ask
    documents: list[Document] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    latest: datetime | None = None
    since: datetime | None = None
    backlog: Backlog | None = None
    total: int | None = None
    read: int = 0
    news: int = 0
    before: Document | None = None

    async def through(self) -> AsyncIterator[Found]:
        self.since, self.backlog = self._since(), self.ask.mark(f"{self.source.name} backlog", _BACKLOG)
        if not self.ask.window.open or self.ask.refetch or self.since is not None:
            self.backlog = None
        page, ended = 1, False
        while not ended:
            answer = await self._page(page)
            document, response, posts = answer or (None, None, None)
            named = [post.url for post in posts.posts if post.url] if posts is not None else []
            fresh = not self.seen.issuperset(named)
            if document is not None and response is not None and posts is not None:
                self.read += 1
                for found in self._findings(posts, document):
                    yield found
                document.exhausted = posts.whole
                ended = not posts.posts or page >= self._pages(response, page)
            async for found in self._moved_up(page, document, response):
                yield found
            if document is None or not fresh:
                ended = True
                break
            self.before = document
            page = self._next(page, document)
            if self.read - self.news >= self._bound and not ended:
                break
        if not ended:
            self.ask.fact("source.bounded", source=self.source.name, bound=self.ask.bound, next=page)
        if self.ask.window.open:
            self.ask.on_close(lambda: self._remember(page, ended=ended))

    @property
    def _bound(self) -> int:
        return self.ask.bound if self.ask.window.since is None and self.since is None else MOST_PAGES

    def _next(self, page: int, document: Document) -> int:
        """The news of the first pages, then on from where the walk was broken off, one page back for what moved meanwhile."""
        if self.backlog is not None and not self.news and (document.known_only or page + 1 >= self.backlog.page - 1):
            self.news = self.read + 1  # and the page before the backlog, which was read before
            return max(page + 1, self.backlog.page - 1)
        return page + 1

    async def _page(self, page: int) -> tuple[Document, Response, Posts] | None:
        """None behind the last page."""
        query = {**self._query(), "page": page}
        route = self.ask.mark(f"{self.source.name} route", _ROUTE)
        by_route = bool(route)
        try:
            answer = await self._get(query, page, by_route=by_route)
        except SourceError as error:
            if page > 1 or not (error.absent or by_route or error.reason.startswith("is not")):
                raise
            try:
                answer = await self._get(query, page, by_route=not by_route)
            except SourceError:
                raise error from None
            self.ask.memory.marks[f"{self.source.name} route"] = not by_route
        return answer

    async def _get(self, query: dict[str, Any], page: int, *, by_route: bool) -> tuple[Document, Response, Posts] | None:
        url = self.source.address(query, by_route=by_route)
        answers = NO_SUCH_PAGE if page > 1 else frozenset({200})
        answer = await self.ask.get(url, accept="application/json", conditional=False, answers=answers)
        if answer is None:
            return None
        document, response = answer
        if response.status == 400:
            document.exhausted = True
            return None
        posts = await self.ask.parsed(read_posts, response)
        self.documents.append(document)
        if not posts.whole:
            self.ask.fact("source.truncated", url=url, entries=len(posts.posts))
        return document, response, posts

    async def _moved_up(self, page: int, document: Document | None, response: Response | None) -> AsyncIterator[Found]:
        """What a deletion during the walk moved from this page to the one before, which was read already. document, response: of
        this page; None: there is none (any more).
        """
        if not self._lost_some(document, response) or page == 1:
            return
        answer = await self._page(page - 1)
        if answer is not None:
            again, _, posts = answer
            for found in self._findings(posts, again):
                yield found
            again.exhausted = posts.whole

    def _findings(self, posts: Posts, document: Document) -> list[Found]:
        entries, dropped = [], 0
        for post in posts.posts:
            if post.url is None:
                dropped += 1
            elif post.url not in self.seen:
                entries.append(Entry(post.url, _utc(post.published), _utc(post.modified)))
        self.seen.update(entry.url for entry in entries)
        if dropped:
            self.ask.fact("source.dropped", url=document.url, entries=dropped)
        moments = [dates.modified(entry.modified, self.ask.now) for entry in entries]
        credible = [moment for moment in moments if moment is not None and moment <= self.ask.now + CLOCK_SLACK]
        self.latest = max([*credible, *([self.latest] if self.latest else [])], default=None)
        return list(self.ask.found(entries, document, self.source.name, "feed"))

    def _pages(self, response: Response, page: int) -> float:
        """How many there are, if the header says so; else on to an empty one: some servers give fewer posts than asked."""
        pages, total = _number(response, "X-WP-TotalPages"), _number(response, "X-WP-Total")
        contradicts = pages is None or pages < page or (self.backlog is None and total is not None and total > len(self.seen))
        return float("inf") if pages is None or contradicts else pages

    def _lost_some(self, document: Document | None, response: Response | None) -> bool:
        """Whether posts may have been deleted since the page before was read: there are fewer, or nobody says how many there are
        (then not where nothing was new on these two pages).
        """
        before, self.total = self.total, _number(response, "X-WP-Total") if response is not None else None
        if before is not None and self.total is not None:
            return self.total < before
        return not all(each is None or each.known_only for each in (self.before, document))

    def _query(self) -> dict[str, Any]:
        window = self.ask.window
        query: dict[str, Any] = {
            "per_page": PER_PAGE,
            "orderby": "date",
            "order": "desc",
            "_fields": "id,link,date_gmt,modified_gmt",
        }
        if window.since:
            query["after"] = f"{window.since - timedelta(days=1)}T23:59:59"
        if window.until:
            query["before"] = f"{window.until + timedelta(days=1)}T00:00:00"
        if self.since is not None:
            after = (self.since - OVERLAP).replace(tzinfo=None).isoformat()
            query |= {"orderby": "modified", "modified_after": after}
        return query

    def _since(self) -> datetime | None:
        """The last modification seen, where only later ones are asked for. A mark that cannot be one is dropped, and said."""
        if not self.ask.window.open or self.ask.refetch:
            return None
        mark = self.ask.mark(self.source.name, _MARK)
        if mark is None:
            return None
        moment = dates.modified(mark, self.ask.now)
        if moment is None or moment > self.ask.now + CLOCK_SLACK:
            self.ask.memory.marks.pop(self.source.name)
            self.ask.fact("state.reset", key=self.source.name, reason=f"{mark[:50]!r} is no time of a modification")
            return None
        return moment

    def _remember(self, page: int, *, ended: bool) -> None:
        """Only a walk whose every post came to a lasting fate lets the next crawl ask for less."""
        if not self.documents or not all(document.complete for document in self.documents):
            return
        marks, name = self.ask.memory.marks, self.source.name
        latest = self.latest if self.backlog is None else self.backlog.latest
        if not ended and self.since is None:
            reached = max(page, self.backlog.page if self.backlog else 2)
            marks[f"{name} backlog"] = Backlog(page=reached, latest=latest).model_dump(mode="json")
        elif ended:
            marks.pop(f"{name} backlog", None)
            newest = max((moment for moment in (latest, self.since) if moment is not None), default=None)
            if newest is not None:
                marks[name] = newest.replace(tzinfo=None).isoformat()


def _number(response: Response, header: str) -> int | None:
    """The number in a header; None for anything else («1, 1», 5,000 digits)."""
    value = (response.headers.get(header) or b"").strip()
    return int(value) if value.isdigit() and len(value) <= 9 else None


def _utc(stamp: str) -> str:
    """`date_gmt` is UTC without saying so."""
    moment = dates.instant(stamp)
    return f"{stamp.strip()}Z" if moment is not None and moment.precision == "minute" and moment.offset is None else stamp
