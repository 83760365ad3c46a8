"""Listing pages (home, sections, archives): every link that the outlet's URL grammar calls an article."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from crawler.discovery.asking import Ask
from crawler.discovery.documents.links import PageLinks, read_links
from crawler.discovery.found import Document, Found, SourceError
from crawler.discovery.listing_pages import is_numbered, next_page, number_of
from crawler.discovery.listing_state import MOST_SECTIONS, ListingState, PageState
from crawler.download.challenge import challenge

STICKY_PAGES: Final = 2
"""Pages that are looked at although all they name is known: what is pinned to the first stands before what is new."""
EMPTY_AGAIN: Final = timedelta(days=7)
"""A page taken for a section that lists no article (`/about`, `/contact`) is looked at again after this time."""
MOST_PAGES: Final = 5_000
"""Of a walk through a window."""

_STATE: Final = TypeAdapter(ListingState | bool)


@dataclass(frozen=True, slots=True)
class Listing:
    """`first`: the address of page one; `following`: the same for page n, with `{page}` or, counted from 0, `{index}`; without
    it, the page's own link to the next one is followed (rel=next, `?page=2`, `/page/2`, `?paged=2`, `?start=20`, `?offset=20`).
    sections: also walk the listings that page one links to.

    A walk stops at the first page that names nothing its listing has not named before, at one that leads back, at one that is
    missing, at one whose articles are all older than the window, and at `bound` pages in all, from where the next crawl goes on.
    Once it has been walked to its end, it also stops where `STICKY_PAGES` pages (in a section: one) are known or unchanged.

    An article that is deleted during the walk moves those after it up: one moves from the next page to the page that was just
    read. So after each page the one before it is asked again (conditionally, and not counted in `bound`), unless nothing was new
    on either. A walk finds every article that is listed throughout it, as long as a page holds more articles than are deleted
    within three requests, and none is published within the same three.
    """

    first: str
    following: str | None = None
    sections: bool = False

    @property
    def name(self) -> str:
        return f"listing {self.first}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        stored = ask.mark(self.name, _STATE)
        state = stored if isinstance(stored, ListingState) else ListingState(walked=bool(stored))
        walk = _ListingWalk(self, ask, state)
        async for found in walk.through(self.first):
            yield found
        for section in walk.sections():
            try:
                async for found in walk.through(section):
                    yield found
            except SourceError as error:
                ask.failed(error, self.name)
        if walk.backlog:
            ask.fact("source.bounded", source=self.name, bound=ask.bound, left=len(walk.backlog))
        if ask.window.open:
            ask.on_close(walk.remember)


@dataclass(slots=True)
class _Position:
    """Of a walk through one listing. resume: the last page of a walk before that was broken off; resumed: it was gone to;
    idle: pages in a row that named nothing new; before: the page before this one, and its number, where it was read in full;
    here: what the listing named so far; walked: its pages so far.
    """

    url: str | None
    resume: str | None
    number: int = 1
    resumed: bool = False
    idle: int = 0
    before: tuple[Document, int] | None = None
    here: set[str] = field(default_factory=set)
    walked: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _ListingWalk:
    """One crawl's way through a listing and its sections."""

    listing: Listing
    ask: Ask
    state: ListingState
    seen: set[str] = field(default_factory=set)
    documents: list[Document] = field(default_factory=list)
    asked: int = 0
    backlog: dict[str, str] = field(default_factory=dict)
    pages: dict[str, tuple[Document, PageState]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)

    def sections(self) -> list[str]:
        """Those that page one links to, or did when it was read, without those that were seen to list no article."""
        shown = self._shown(self.listing.first)
        known = {url for url, at in self.state.empty.items() if self.ask.now - at < EMPTY_AGAIN}
        wanted = [url for url in shown.sections if url not in known or self.ask.refetch] if shown else []
        return sorted(wanted, key=lambda url: url not in self.state.backlog)  # first those that the crawl before did not come to

    async def through(self, first: str) -> AsyncIterator[Found]:
        """What the pages of one listing name, page by page."""
        at = _Position(first, None if self.ask.refetch or not self.ask.window.open else self.state.backlog.get(first))
        while at.url is not None:
            if self.asked >= (self.ask.bound if self.ask.window.since is None else MOST_PAGES):
                self.backlog[first] = at.resume or self._last_read(at, first)
                return
            at.walked.add(at.url)
            read = await self._page(at.url, at.number)
            document, shown = read or (None, None)
            named = self._articles(shown)
            for link in named:
                if document is not None and link not in self.seen:
                    yield Found(url=link, document=document)
            is_end = document is None or self._repeats(at, first, document, shown, named)
            async for found in self._moved_up(at, document, first):
                yield found
            at.before = (document, at.number) if document is not None and shown is not None else None
            if document is None or is_end or await self._before_window(document):
                return
            if not self._advance(at, first, changed=not document.known_only):
                return

    def _repeats(self, at: _Position, first: str, document: Document, shown: PageLinks | None, named: list[str]) -> bool:
        """Notes what a page shows. Whether its listing has named all of it before, so that it ends here."""
        repeats = False
        if shown is not None:
            url = at.url or first
            self._note(document, url, self._next(first, url, shown, at.number + 1), shown)
            if not named and at.number == 1 and first != self.listing.first:
                self.empty.add(first)
            repeats = at.here.issuperset(named)
        at.here.update(named)
        self.seen.update(named)
        return repeats

    async def _moved_up(self, at: _Position, document: Document | None, first: str) -> AsyncIterator[Found]:
        """What stands on the page before by now, and did not when it was read. document: this page; None: there is none."""
        if at.before is None or (at.before[0].known_only and (document is None or document.known_only)):
            return
        before, number = at.before
        try:
            again, shown = await self._page(before.url, number, since=before) or (before, None)
        except SourceError as error:
            self.ask.failed(error, self.listing.name)
            return
        if shown is None:
            return
        for link in self._articles(shown):
            if link not in self.seen:
                self.seen.add(link)
                at.here.add(link)
                yield Found(url=link, document=again)
        self._note(again, before.url, self._next(first, before.url, shown, number + 1), shown)

    def _last_read(self, at: _Position, first: str) -> str:
        """The page from which the next crawl goes on: the last that was read, since articles may move up to it until then."""
        url = at.before[0].url if at.before is not None else None
        return url if url is not None and url != self.state.backlog.get(first) else at.url or ""

    def _advance(self, at: _Position, first: str, *, changed: bool) -> bool:
        """To the next page, or to where the walk before was broken off; False where there is no need to."""
        at.idle = 0 if changed else at.idle + 1
        enough = at.idle >= (STICKY_PAGES if first == self.listing.first else 1)
        if enough and not at.resumed and not self.ask.refetch:
            if at.resume is not None:
                following = self.listing.following if first == self.listing.first else None
                at.url, at.number = at.resume, number_of(at.resume, following, at.number)
                at.resume, at.resumed, at.before = None, True, None
                return True
            if self.state.walked:
                return False
        shown = self._shown(at.url or first)
        at.url, at.number = shown.next if shown else None, at.number + 1
        return at.url not in at.walked

    async def _page(self, url: str, number: int, since: Document | None = None) -> tuple[Document, PageLinks | None] | None:
        """The page's document and links (None: it has not changed since); None when there is no such page (any more).

        since: as it was read before in this walk.
        """
        self.asked += since is None
        conditional = self.ask.window.open and url in self.state.pages
        try:
            answer = await self.ask.get(url, accept="text/html,*/*;q=0.5", conditional=conditional, since=since)
            if answer is None:
                return Document(url), None
            document, response = answer
            shown: PageLinks = await self.ask.parsed(read_links, response)
        except SourceError as error:
            if number == 1 or not error.absent:
                raise
            return None
        if not self._articles(shown) and (sender := challenge(response.status, response.headers, response.body)) is not None:
            raise SourceError(url, f"challenge: {sender}")
        self.documents.append(document)
        return document, shown

    def _articles(self, shown: PageLinks | None) -> list[str]:
        links: Iterable[str] = shown.links if shown is not None else ()
        return [link for link in links if (place := self.ask.locate(link)) is not None and place.is_article]

    def _note(self, document: Document, url: str, following: str | None, shown: PageLinks) -> None:
        sections: dict[str, None] = {}
        if url == self.listing.first and self.listing.sections:
            for link in shown.links:
                place = self.ask.locate(link)
                if place is None or place.kind != "listing" or is_numbered(link):
                    continue
                section = urlsplit(place.url)._replace(scheme=self.ask.outlet.scheme).geturl()
                if section != url:
                    sections.setdefault(section)
        self.pages[url] = document, PageState(next=following, sections=list(sections)[:MOST_SECTIONS])
        document.exhausted = True

    def _shown(self, url: str) -> PageState | None:
        return self.pages[url][1] if url in self.pages else self.state.pages.get(url)

    def _next(self, first: str, url: str, shown: PageLinks, number: int) -> str | None:
        if first == self.listing.first and self.listing.following is not None:
            return self.listing.following.format(page=number, index=number - 1)
        return next_page(first, url, shown, number, self.ask.locate)

    async def _before_window(self, document: Document) -> bool:
        """Listings rarely state dates: wait until the page's articles are read, then look at the newest."""
        if self.ask.window.since is None:
            return False
        await document.all_settled()
        return document.newest is not None and document.newest[:10] < self.ask.window.since.isoformat()

    def remember(self) -> None:
        """A walk that came to its end, all of it settled, lets the next one stop at what is known."""
        state = self.state
        settled = all(document.complete for document in self.documents)
        if settled:
            state.backlog = self.backlog
            state.walked = state.walked or not self.backlog
        else:
            state.backlog |= self.backlog
        kept = set(list(self.pages)[:MOST_SECTIONS])
        state.pages |= {url: shown for url, (document, shown) in self.pages.items() if document.complete and url in kept}
        state.pages = dict(list(state.pages.items())[-2 * MOST_SECTIONS :])
        listed = state.empty.keys() - self.pages.keys()
        state.empty = {url: at for url, at in state.empty.items() if url in listed} | dict.fromkeys(self.empty, self.ask.now)
        self.ask.memory.marks[self.listing.name] = state.model_dump(mode="json", exclude_defaults=True)
