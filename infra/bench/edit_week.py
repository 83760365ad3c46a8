"""How long after an edit the visit comes that finds it, by kind of source: a simulated week, whose clock is moved."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.discovery.asking import Ask, Source
from crawler.discovery.feed import Feed
from crawler.discovery.found import modified_since
from crawler.discovery.memory import Memory
from crawler.discovery.sitemap import Sitemap
from crawler.discovery.wordpress import WordPress
from crawler.watch.poll_interval import PollInterval
from crawler.window import Window
from extractors import outlets
from storage import LaterVisits

HOME: Final = "https://www.enabbaladi.net"
SHOWN: Final = 25
"""Articles that a feed shows."""


@dataclass
class SimulatedArticle:
    """published, modified: by the site's clock; read: when we read it last; hint: what its source said of it then."""

    number: int
    published: datetime
    modified: datetime
    read: datetime
    hint: str | None = None
    edits: list[datetime] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{HOME}/archives/{self.number}"


class SimulatedSite:
    """An outlet's documents at a moment of its clock: Atom, RSS, a sitemap and wp-json, all of the newest articles but
    wp-json, which lists what was modified after a moment.
    """

    def __init__(self) -> None:
        self.articles: list[SimulatedArticle] = []

    async def __call__(self, request: Request) -> Response:
        newest = sorted(self.articles, key=lambda each: each.published, reverse=True)
        parts = urlsplit(request.url)
        if parts.path == "/robots.txt":
            return Response(request.url, body=b"")
        if "wp-json" in parts.path:
            return _posts(request.url, self.articles, parse_qs(parts.query))
        name = parts.path.strip("/")
        shown = newest[: 500 if name == "sitemap.xml" else SHOWN]
        return Response(request.url, body=_DOCUMENTS[name](shown).encode())


def _atom(articles: list[SimulatedArticle]) -> str:
    entries = (
        f"<entry><link href='{each.url}'/><published>{each.published.isoformat()}</published>"
        f"<updated>{each.modified.isoformat()}</updated></entry>"
        for each in articles
    )
    return f"<feed>{''.join(entries)}</feed>"


def _rss(articles: list[SimulatedArticle]) -> str:
    dated = ((each.url, f"{each.published:%a, %d %b %Y %H:%M:%S +0000}") for each in articles)
    items = (f"<item><link>{url}</link><pubDate>{date}</pubDate></item>" for url, date in dated)
    return f"<rss><channel>{''.join(items)}</channel></rss>"


def _sitemap(articles: list[SimulatedArticle]) -> str:
    urls = (f"<url><loc>{each.url}</loc><lastmod>{each.modified.isoformat()}</lastmod></url>" for each in articles)
    return f"<urlset>{''.join(urls)}</urlset>"


_DOCUMENTS: Final[dict[str, Callable[[list[SimulatedArticle]], str]]] = {"atom": _atom, "rss": _rss, "sitemap.xml": _sitemap}


def _posts(url: str, articles: list[SimulatedArticle], query: dict[str, list[str]]) -> Response:
    after = query.get("modified_after", [""])[0]
    found = [each for each in articles if f"{each.modified:%Y-%m-%dT%H:%M:%S}" > after]
    found.sort(key=lambda each: each.modified if after else each.published, reverse=True)
    page, size = int(query["page"][0]), int(query["per_page"][0])
    rows = [
        {"id": each.number, "link": each.url, "date_gmt": _gmt(each.published), "modified_gmt": _gmt(each.modified)}
        for each in found[(page - 1) * size : page * size]
    ]
    headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(max(1, -(-len(found) // size)))}
    return Response(url, body=json.dumps(rows).encode(), headers=headers)


def _gmt(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


SOURCES: Final[dict[str, Source]] = {
    "Atom feed (updated)": Feed(f"{HOME}/atom"),
    "sitemap (lastmod)": Sitemap(f"{HOME}/robots.txt", (f"{HOME}/sitemap.xml",)),
    "wp-json (modified_gmt)": WordPress(f"{HOME}/wp-json/wp/v2/posts"),
    "RSS feed (tells no edits; visits by age)": Feed(f"{HOME}/rss"),
}


def edits(*, days: int = 7) -> dict[str, object]:
    """Time from an edit to the visit that finds it, by the one kind of source that an outlet has.

    Real are the sources, what they remember, the judgement whether a page was modified since it was read, the learned interval
    between polls and the ages of later visits. The site, its clock and pages (read at once) are simulated: 60 articles and 24
    edits a day, most of them soon after publication.
    """
    return {name: _week(source, days=days, chance=random.Random(1)) for name, source in SOURCES.items()}  # noqa: S311 - a simulation


def _week(source: Source, *, days: int, chance: random.Random) -> str:
    begun = datetime(2026, 3, 2, tzinfo=UTC)
    site, interval, memory = SimulatedSite(), PollInterval(), Memory()
    acts = list(_acts(begun, days, chance))
    now, waits, polls, visits = begun, [], 0, 0
    end = begun + timedelta(days=days + 4)
    while now < end:
        while acts and acts[0][0] <= now:
            at, edited = acts.pop(0)
            _act(site, at, chance if edited else None)
        polls += 1
        new, entries, found = asyncio.run(_poll_site(source, site, memory, now))
        visits += len(found)
        for article in found:
            waits += [now - edit for edit in article.edits[:1]]
            article.edits, article.read = [], now
        interval.heard(now, new=new, size=entries or None)
        now = interval.next(now)
    late = sum(len(article.edits) > 0 for article in site.articles)
    minutes = quantiles((wait / timedelta(minutes=1) for wait in waits), n=20)
    spread = f"median {minutes[9]:.0f} min, 95th percentile {minutes[18]:.0f} min of {len(waits)} edits"
    daily = f"{polls / (days + 4):.0f} polls and {visits / (days + 4):.0f} page visits a day"
    return f"{spread}; {late} edited and not seen again; {daily}"


def _acts(begun: datetime, days: int, chance: random.Random) -> Iterator[tuple[datetime, bool]]:
    """(moment, whether it is an edit; else a publication), in order, for so many days."""
    moments = [(begun + timedelta(days=days * chance.random()), False) for _ in range(60 * days)]
    moments += [(begun + timedelta(days=days * chance.random()), True) for _ in range(24 * days)]
    yield from sorted(moments)


def _act(site: SimulatedSite, at: datetime, edit: random.Random | None) -> None:
    """Publishes an article, or edits one of the last three days: one of the last hours rather than an old one."""
    at = at.replace(microsecond=0)
    if edit is None:
        number = len(site.articles) + 900_001
        site.articles.append(SimulatedArticle(number, at, at, at - timedelta(days=9_000)))
        return
    young = [each for each in site.articles if at - each.published < timedelta(days=3)]
    if young:
        article = young[-1 - min(int(edit.expovariate(1 / 20)), len(young) - 1)]
        article.modified = at
        article.edits.append(at)


async def _poll_site(
    source: Source, site: SimulatedSite, memory: Memory, now: datetime
) -> tuple[int, int, list[SimulatedArticle]]:
    """(new articles, entries, articles whose page is visited) of a poll."""
    by_url = {article.url: article for article in site.articles}
    later = LaterVisits(revisits=[timedelta(hours=hours) for hours in (1, 6, 24, 72)])
    ask = _ask(site, memory, now)
    visited: dict[str, SimulatedArticle] = {}
    new = entries = 0
    async for found in source.find(ask):
        entries += 1
        article = by_url[found.url]
        known = article.read > article.published
        new += not known
        found.document.named()
        found.document.known_only = found.document.known_only and known
        if not known or (found.modified is not None and modified_since(found.modified, article.hint, article.read)):
            visited[article.url] = article
        article.hint = found.modified or article.hint
        found.document.settled(lasting=True)
    ask.remember()
    due = (each for each in site.articles if each.read > each.published and later.is_due(each.published, each.read, None, now))
    visited |= {article.url: article for article in due}
    return new, entries, list(visited.values())


def _ask(site: SimulatedSite, memory: Memory, now: datetime) -> Ask:
    async def here(function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    return Ask(
        outlet=outlets()["enab_baladi"],
        window=Window(),
        memory=memory,
        download=site,
        run=here,
        now=now,
        bound=31,
        validators_hours=24,
        max_bytes=1 << 24,
        refetch=False,
        fact=lambda *_, **__: None,
    )
