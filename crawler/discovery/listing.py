"""Listing pages (home, sections, archives): every link that the outlet's URL grammar calls an article."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scrapy.http import HtmlResponse, TextResponse
from scrapy.linkextractors import LinkExtractor

from crawler.discovery.asking import Ask
from crawler.discovery.found import Document, Found, SourceError


@dataclass(frozen=True, slots=True)
class Listing:
    """`first`: the address of page one; `following`: the same for page n, with `{page}`; without it, the page's own link
    to the next one is followed (`?page=2`, `/page/2`, rel=next). sections: also walk the listings that page one links to.

    A walk stops at the first page that names nothing its listing has not named before, at one that is missing, at one whose
    articles are all older than the window, and at `bound` pages in all. Once it has been walked to its end, it also stops at
    the first page whose articles are all known.
    """

    first: str
    following: str | None = None
    sections: bool = False

    @property
    def name(self) -> str:
        return f"listing {self.first}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        walk = _ListingWalk(self, ask, walked=bool(ask.memory.marks.get(self.name)) and not ask.refetch)
        async for found in walk.through(self.first):
            yield found
        for section in list(walk.sections):
            try:
                async for found in walk.through(section):
                    yield found
            except SourceError as error:
                ask.failed(error)
        if walk.bounded:
            ask.fact("source.bounded", source=self.name, bound=ask.bound)
        if ask.window.open:
            ask.on_close(walk.mark)


@dataclass(slots=True)
class _ListingWalk:
    """One crawl's way through a listing and its sections."""

    listing: Listing
    ask: Ask
    walked: bool
    seen: set[str] = field(default_factory=set)
    documents: list[Document] = field(default_factory=list)
    sections: dict[str, None] = field(default_factory=dict)
    bounded: bool = False

    async def through(self, first: str) -> AsyncIterator[Found]:
        """What the pages of one listing name, page by page."""
        url: str | None = first
        page = 1
        here: set[str] = set()
        while url is not None:
            if len(self.documents) >= self.ask.bound and self.ask.window.since is None:
                self.bounded = True
                return
            shown = await self._page(url, page)
            if shown is None:
                return
            document, response = shown
            links = _links(response)
            if page == 1 and first == self.listing.first and self.listing.sections:
                self._note_sections(links)
            named = self._articles(links)
            fresh = not here.issuperset(named)
            for link in named:
                if link not in self.seen:
                    yield Found(url=link, document=document)
            here.update(named)
            self.seen.update(named)
            document.exhausted = True
            if not fresh or (self.walked and document.known_only) or await self._before_window(document):
                return
            page += 1
            url = self._next(first, url, links, page)

    async def _page(self, url: str, page: int) -> tuple[Document, TextResponse] | None:
        """The page and its document; None when there is no such page (any more)."""
        try:
            answer = await self.ask.get(url, accept="text/html,*/*;q=0.5", conditional=False)
        except SourceError as error:
            if page == 1 or not error.absent:
                raise
            return None
        if answer is None:
            return None
        document, response = answer
        if not isinstance(response, TextResponse):
            raise SourceError(url, "is not a page")
        self.documents.append(document)
        return document, response

    def _articles(self, links: list[str]) -> list[str]:
        return [link for link in links if (place := self.ask.locate(link)) is not None and place.is_article]

    def _note_sections(self, links: list[str]) -> None:
        for link in links:
            place = self.ask.locate(link)
            if place is not None and place.kind == "listing" and not re.search(r"[?&]page=|/page/\d", link):
                self.sections.setdefault(place.url)

    def _next(self, first: str, url: str, links: list[str], page: int) -> str | None:
        if first == self.listing.first and self.listing.following is not None:
            return self.listing.following.format(page=page)
        host, path = urlsplit(first).netloc, urlsplit(first).path.rstrip("/")
        wanted = re.compile(rf"https?://{re.escape(host)}{re.escape(path)}/?(?:\?(?:.*&)?page={page}(?:&|$)|page/{page}/?$)")
        return next((link for link in links if wanted.match(link) and link != url), None)

    async def _before_window(self, document: Document) -> bool:
        """Listings rarely state dates: wait until the page's articles are read, then look at the newest."""
        if self.ask.window.since is None:
            return False
        await document.all_settled()
        return document.newest is not None and document.newest[:10] < self.ask.window.since.isoformat()

    def mark(self) -> None:
        """A walk that came to its end, all of it settled, lets the next one stop at what is known."""
        if self.documents and not self.bounded and all(document.complete for document in self.documents):
            self.ask.memory.marks[self.listing.name] = True


def _links(response: TextResponse) -> list[str]:
    page = response if isinstance(response, HtmlResponse) else response.replace(cls=HtmlResponse)
    return [link.url for link in LinkExtractor(deny_extensions=[]).extract_links(page)]
