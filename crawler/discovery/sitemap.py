"""Sitemaps (sitemaps.org 0.9): index files, gzip, Google news dates, and Al Jazeera's one file a day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

from scrapy.utils.sitemap import sitemap_urls_from_robots

from crawler.discovery.asking import Ask
from crawler.discovery.found import Document, Found, SourceError, modification
from crawler.discovery.sitemap_xml import Content, SitemapEntry, parse
from crawler.window import Window

XML = "application/xml, text/xml;q=0.9, */*;q=0.5"

MOST_DOCUMENTS = 5_000
"""Most documents asked of one site's sitemaps when the crawl is given a window: indexes of indexes could name billions."""

IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif")
"""Al Jazeera's daily sitemaps list pictures as pages."""

SETTLED_AFTER_DAYS = 3
"""A daily sitemap older than this gets no new entries, so once done it is not asked for again."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The sitemaps that robots.txt names; where it names none, the first of `usual` that answers (CMS differ).

    apart: sitemaps that another source of the outlet reads.
    """

    robots: str
    usual: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"sitemap {self.robots}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        bound = ask.bound if ask.window.open else MOST_DOCUMENTS
        budget = [bound]
        named = await self._named(ask)
        for url in named or self.usual:
            try:
                async for found in self._read(ask, url, budget):
                    yield found
            except SourceError as error:
                if not named and not error.absent:
                    raise
                ask.failed(error)
                continue
            if not named:
                break
        if budget[0] <= 0:
            ask.fact("source.bounded", source=self.name, bound=bound)

    async def _named(self, ask: Ask) -> list[str]:
        """Sitemaps of the outlet's own hosts that robots.txt names."""
        try:
            answer = await ask.get(self.robots, accept="text/plain", conditional=False, counts=False)
        except SourceError as error:
            ask.failed(error)
            return []
        if answer is None:
            return []
        document, response = answer
        document.exhausted = True
        urls = dict.fromkeys(sitemap_urls_from_robots(response.body, response.url))
        return [url for url in urls if ask.locate(url) is not None and url not in self.apart]

    async def _read(self, ask: Ask, url: str, budget: list[int], depth: int = 0) -> AsyncIterator[Found]:
        """Entries of the sitemap, and of its children when it is an index (two levels at most, `budget` documents)."""
        budget[0] -= 1
        answer = await ask.get(url, accept=XML)
        if answer is None:
            if depth == 0:
                for child in self._remembered_children(ask, url):
                    async for found in self._child(ask, child, budget, depth):
                        yield found
            return
        document, response = answer
        content = parse(response, ask.max_bytes)
        if content.root == "sitemapindex":
            document.exhausted = content.whole
            if depth == 0:
                ask.memory.marks[f"{self.name} {url}"] = [entry.loc for entry in content.entries]
            for entry in _newest_first(content.entries, ask.window):
                async for found in self._child(ask, entry.loc, budget, depth):
                    yield found
            return
        for found in findings(ask, content, document):
            yield found

    def _remembered_children(self, ask: Ask, url: str) -> list[str]:
        """An index that has not changed does not say that its children have not."""
        marks = ask.memory.marks.get(f"{self.name} {url}", [])
        return [str(url) for url in marks] if isinstance(marks, list) else []

    async def _child(self, ask: Ask, url: str, budget: list[int], depth: int) -> AsyncIterator[Found]:
        if depth >= 2 or budget[0] <= 0:
            return
        try:
            async for found in self._read(ask, url, budget, depth + 1):
                yield found
        except SourceError as error:
            ask.failed(error)


def _newest_first(children: list[SitemapEntry], window: Window) -> list[SitemapEntry]:
    """The children of an index that can hold something of the window: one last modified before it cannot."""
    since = window.since.isoformat() if window.since else ""
    wanted = [entry for entry in children if entry.lastmod is None or entry.lastmod[:10] >= since]
    return sorted(wanted, key=lambda entry: entry.lastmod or "9", reverse=True)


@dataclass(frozen=True, slots=True)
class DailySitemap:
    """One sitemap a day behind an index: `template` takes year, month and day (strftime)."""

    index: str
    template: str

    @property
    def name(self) -> str:
        return f"sitemap {self.index}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        done = {str(day) for day in ask.memory.marks.get(self.name, [])}
        days = self._days(ask, await self._listed(ask))
        absent = 0
        for day, url in days:
            if day.isoformat() in done and not ask.refetch:
                continue
            try:
                answer = await ask.get(url, accept=XML)
                if answer is None:
                    continue
                document, response = answer
                content = parse(response, ask.max_bytes)
            except SourceError as error:
                absent += 1
                ask.failed(error)
                continue
            for found in findings(ask, content, document):
                yield found
            if (ask.now.date() - day).days > SETTLED_AFTER_DAYS:
                ask.on_close(partial(self._mark, ask, day, document))
        if days and absent == len(days):
            raise SourceError(self.index, f"none of its {absent} daily sitemaps could be read")

    def _mark(self, ask: Ask, day: date, document: Document) -> None:
        if document.complete:
            marks = set(ask.memory.marks.get(self.name, []))
            ask.memory.marks[self.name] = sorted({*marks, day.isoformat()})

    async def _listed(self, ask: Ask) -> dict[date, str]:
        """The daily files the index names; none where it cannot be read: the template makes their addresses too."""
        try:
            answer = await ask.get(self.index, accept=XML, conditional=False, counts=False)
            if answer is None:
                return {}
            document, response = answer
            document.exhausted = True
            entries = parse(response, ask.max_bytes).entries
        except SourceError as error:
            ask.failed(error)
            return {}
        return {day: entry.loc for entry in entries if (day := _day_of(entry.loc)) is not None}

    def _days(self, ask: Ask, listed: dict[date, str]) -> list[tuple[date, str]]:
        """The daily files to ask for, newest first: those of the window, else the newest `bound`."""
        today = ask.now.date()
        first, last = min(listed, default=today), max(listed, default=today)
        if ask.window.open and listed:
            days = sorted(listed, reverse=True)[: ask.bound]
            if len(listed) > len(days):
                ask.fact("source.bounded", source=self.name, bound=ask.bound)
            return [(day, listed[day]) for day in days]
        # The day in an address is not always the page's own (seen one day off both ways), hence a day around.
        until = min(ask.window.until or today, today) + timedelta(days=1)
        since = ask.window.since or min(first, until - timedelta(days=ask.bound))
        span = [until - timedelta(days=back) for back in range((until - since).days + 2)]
        # A day missing between listed ones had nothing; one outside of what the index lists may be there all the same.
        wanted = [day for day in span if day in listed or not listed or not first <= day <= last]
        return [(day, listed.get(day) or day.strftime(self.template)) for day in wanted]


def _day_of(url: str) -> date | None:
    query = parse_qs(urlsplit(url).query)
    try:
        return date(int(query["yyyy"][0]), int(query["mm"][0]), int(query["dd"][0]))
    except (KeyError, ValueError):
        return None


def findings(ask: Ask, content: Content, document: Document) -> Iterator[Found]:
    """The entries that can be pages. `lastmod` never dates an article, it only says that it may have changed."""
    for entry in content.entries:
        if not urlsplit(entry.loc).path.lower().endswith(IMAGES):
            yield Found(
                url=entry.loc,
                document=document,
                published=entry.published,
                stated_by="sitemap",
                modified=modification("sitemap", entry.lastmod),
            )
    if not content.whole:
        ask.fact("source.truncated", url=document.url, entries=len(content.entries))
    document.exhausted = content.whole
