"""The sitemaps of a site (sitemaps.org 0.9), as robots.txt names them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, TypeAdapter

from crawler.discovery.asking import Ask
from crawler.discovery.documents import dates
from crawler.discovery.documents.entries import Entry, Listed
from crawler.discovery.documents.robots import read_robots
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.found import Document, Found, SourceError
from crawler.state_file import PastMoment
from crawler.window import Window

XML: Final = "application/xml, text/xml;q=0.9, */*;q=0.5"

MOST_DOCUMENTS: Final = 5_000
"""Most documents asked of one site's sitemaps when the crawl is given a window: indexes of indexes could name billions."""

DEEPEST: Final = 2
"""Levels of indexes within indexes."""

IMAGES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif")
"""Al Jazeera's daily sitemaps list pictures as pages."""

_ADDRESSES: Final = TypeAdapter(list[str])


class Child(BaseModel):
    """A child of an index that was read to its end, all of it settled. lastmod: as the index stated it then; at: when."""

    lastmod: str = ""
    at: PastMoment


_CHILDREN: Final = TypeAdapter(dict[str, Child])


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The sitemaps that robots.txt names; where it names none, or one that is dead, also the first of `usual` that answers.

    apart: sitemaps that another source of the outlet reads. Marks, by this source's name and what they hold: the sitemaps that
    robots.txt named, the children of an index, and which of them were read.
    """

    robots: str
    usual: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"sitemap {self.robots}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        walk = _SitemapWalk(self.name, ask)
        named = await self._named(ask)
        dead = 0
        for url in named:
            try:
                async for found in walk.read(url):
                    yield found
            except SourceError as error:
                dead += 1
                ask.failed(error, self.name)
        if dead or not named:
            async for found in self._usual(ask, walk, named, needed=dead == len(named)):
                yield found
        walk.end()

    async def _usual(self, ask: Ask, walk: _SitemapWalk, named: list[str], *, needed: bool) -> AsyncIterator[Found]:
        """The first of the usual places that answers. needed: no other sitemap could be read."""
        for url in self.usual:
            if url in named:
                continue
            try:
                async for found in walk.read(url):
                    yield found
            except SourceError as error:
                if error.absent:
                    ask.failed(error, self.name)
                    continue
                if needed:
                    raise
                ask.failed(error, self.name)
            return

    async def _named(self, ask: Ask) -> list[str]:
        """Sitemaps of the outlet's own hosts that robots.txt names."""
        remembered = ask.mark(f"{self.name} named", _ADDRESSES)
        try:
            answer = await ask.get(self.robots, accept="text/plain", conditional=remembered is not None, counts=False)
            if answer is None:
                return remembered or []
            document, response = answer
            urls = await ask.parsed(read_robots, response)
        except SourceError as error:
            ask.failed(error, self.name)
            return []
        document.exhausted = True
        own = [url for url in urls if ask.locate(url) is not None and url not in self.apart]
        ask.memory.marks[f"{self.name} named"] = own
        return own


@dataclass(slots=True)
class _SitemapWalk:
    """One crawl's way through the sitemaps of a site.

    Where it may ask for few documents only, children never read before have the second half of them, so that the next crawls come
    to the end of any index.
    """

    source: str
    ask: Ask
    asked: int = 0
    left: int = 0
    met: set[str] = field(default_factory=set)
    read_children: dict[str, Child] = field(default_factory=dict)
    _stated: dict[str, tuple[str, Document]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.read_children = self.ask.mark(f"{self.source} read", _CHILDREN) or {}

    @property
    def bound(self) -> int:
        return self.ask.bound if self.ask.window.open else MOST_DOCUMENTS

    async def read(self, url: str, depth: int = 0, lastmod: str | None = None) -> AsyncIterator[Found]:
        """Entries of the sitemap, and of its children when it is an index. lastmod: as the index states it, for a child."""
        self.asked += 1
        self.met.add(url)
        answer = await self.ask.get(url, accept=XML)
        if answer is None:
            if url in self.read_children:
                self.read_children[url] = Child(lastmod=lastmod or self.read_children[url].lastmod, at=self.ask.now)
            children = self.ask.mark(f"{self.source} {url}", _ADDRESSES) or []
            async for found in self._children([Entry(child) for child in children], depth):
                yield found
            return
        document, response = answer
        listed = await self.ask.parsed(read_sitemap, response)
        if listed.kind == "sitemapindex":
            report_losses(self.ask, listed, document)
            # An index that has not changed does not say that its children have not.
            self.ask.memory.marks[f"{self.source} {url}"] = [entry.url for entry in listed.entries][:MOST_DOCUMENTS]
            async for found in self._children(in_order(listed.entries, self.ask.window), depth):
                yield found
            return
        if lastmod is not None:
            self._stated[url] = lastmod, document
        for found in findings(self.ask, listed, document, self.source):
            yield found

    async def _children(self, children: list[Entry], depth: int) -> AsyncIterator[Found]:
        children = [child for child in children if child.url not in self.met]  # an index may name itself
        if depth >= DEEPEST:
            self.left += len(children)
            return
        chosen = self._chosen(children)
        for child in chosen:
            if self.asked >= self.bound:
                self.left += 1
                continue
            try:
                async for found in self.read(child.url, depth + 1, child.modified):
                    yield found
            except SourceError as error:
                self.ask.failed(error, self.source)

    def _chosen(self, children: list[Entry]) -> list[Entry]:
        """Without those that the index says are as they were when they were read; those over the bound that were read last."""
        wanted = [child for child in children if not self._as_read(child)]
        room = max(0, self.bound - self.asked)
        if len(wanted) <= room:
            return wanted
        first = wanted[: room // 2]
        others = wanted[room // 2 :]
        others.sort(key=lambda child: known.at.timestamp() if (known := self.read_children.get(child.url)) else 0.0)
        return [*first, *others]

    def _as_read(self, child: Entry) -> bool:
        """Whether it is as it was when it was read. A day without an hour says nothing of what came later on that day; and after
        a day without a look, a child is asked whatever its index says.
        """
        known = self.read_children.get(child.url)
        stated = dates.modified(child.modified, self.ask.now)
        if known is None or stated is None or ":" not in child.modified or self.ask.refetch or not self.ask.window.open:
            return False
        looked_at = self.ask.now - known.at < timedelta(hours=self.ask.validators_hours)
        return looked_at and known.lastmod == child.modified and stated < known.at

    def end(self) -> None:
        """Says what was left out, and remembers what was read when all of it is settled."""
        if self.left:
            self.ask.fact("source.bounded", source=self.source, bound=self.bound, left=self.left)
        if self.ask.window.open:
            self.ask.on_close(self._remember)

    def _remember(self) -> None:
        for url, (lastmod, document) in self._stated.items():
            if document.complete:
                self.read_children[url] = Child(lastmod=lastmod, at=self.ask.now)
            else:
                self.read_children.pop(url, None)
        if self.read_children:
            kept = {url: child.model_dump(mode="json") for url, child in self.read_children.items()}
            self.ask.memory.marks[f"{self.source} read"] = dict(list(kept.items())[-MOST_DOCUMENTS:])


def in_order(children: Iterable[Entry], window: Window) -> list[Entry]:
    """The children of an index that can hold something of the window, those without `lastmod` first, then the newest.

    One last modified before the window holds nothing of it; a `lastmod` that cannot be read is none.
    """
    dated: list[tuple[datetime, Entry]] = []
    undated: list[Entry] = []
    for child in children:
        moment = dates.instant(child.modified)
        if moment is None:
            undated.append(child)
        elif window.since is None or moment.wall.date() >= window.since:
            dated.append((moment.wall, child))
    return [*undated, *(child for _, child in sorted(dated, key=lambda each: each[0], reverse=True))]


def findings(ask: Ask, listed: Listed, document: Document, source: str) -> Iterator[Found]:
    """The entries that can be pages. `lastmod` never dates an article, it only says that it may have changed."""
    pages = [entry for entry in listed.entries if not urlsplit(entry.url).path.lower().endswith(IMAGES)]
    yield from ask.found(pages, document, source, "sitemap")
    report_losses(ask, listed, document)


def report_losses(ask: Ask, listed: Listed, document: Document) -> None:
    """Whether the document was read to its end, and what of it could not be used."""
    if not listed.whole:
        ask.fact("source.truncated", url=document.url, entries=len(listed.entries))
    if listed.dropped:
        ask.fact("source.dropped", url=document.url, entries=listed.dropped)
    document.exhausted = listed.whole
