"""What victims crawl and watch: two editions of the miniature, a crowd of small pages, and sites that fail."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

from crawler.demo.answer import HTML, Answer, SiteRequest, text
from crawler.demo.sites.site import Site
from crawler.demo.story import OUTLETS
from infra.world.expected import canonical
from infra.world.generated import Generated
from infra.world.worlds import World
from storage.text.identity import content_hash

CROWD_KILOBYTES = 16
SEED = 1  # of its texts
CROWD = ("enab_baladi",)
LIVING = ("al_jazeera", "baladi_news", "enab_baladi")


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be in an archive in the end, and nothing else. texts: content hash → the canonical addresses that showed it
    (the article is filed under one of them); gone: addresses whose removal must be announced.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def dump(self, **more: Any) -> str:
        """As JSON, with what else is given."""
        return json.dumps(asdict(self) | more)


@dataclass(frozen=True, slots=True)
class Stage:
    """A crawl of an edition until it ends well. outlets: none = all; options: of a crawl; submits: addresses that a watch is
    asked for.
    """

    world: World
    outlets: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    submits: tuple[str, ...] = ()


Scenario = tuple[tuple[Stage, ...], Expected]
"""The stages in their order, and what an archive holds after the last one."""


def scenario(command: str, world: str, pages: int) -> Scenario:
    """The stages of a round and what must be kept after them. pages: of the crowd."""
    if command == "watch":
        return watched_miniature() if world == "miniature" else watched_crowd(pages)
    return miniature() if world == "miniature" else crowd(pages)


@lru_cache
def miniature() -> Scenario:
    """`make demo`'s world; then one in which texts were edited, removed and published; and that once more, as removals count
    only when they are seen twice.
    """
    first, second, _, removed = _editions()
    again = ("--refetch",)
    stages = (Stage(first), Stage(second, options=again), Stage(second, options=again))
    return stages, _expected(first, second, removed, OUTLETS)


@lru_cache
def watched_miniature() -> Scenario:
    """The living outlets of the same; what was edited and removed is asked for by address, and so seen twice."""
    first, second, changed, removed = _editions()
    request = (*changed, *removed)
    stages = (Stage(first, LIVING), Stage(second, LIVING, submits=request), Stage(second, LIVING, submits=request))
    return stages, _expected(first, second, removed, LIVING)


@lru_cache
def crowd(articles: int) -> Scenario:
    """Enab Baladi with so many small pages, crawled, and all of them fetched again."""
    world = World.generated(articles, CROWD_KILOBYTES, SEED)
    stages = (Stage(world, CROWD), Stage(world, CROWD, ("--refetch",)))
    return stages, Expected(_texts(Generated(articles, CROWD_KILOBYTES, SEED)))


@lru_cache
def watched_crowd(articles: int) -> Scenario:
    """The same, of which a third is named by no document and must be asked for; then a day on which there is more of both."""
    unlisted = articles // 3
    before, after = (Generated(n, CROWD_KILOBYTES, SEED, unlisted) for n in (articles, articles + unlisted // 2))
    first, second = (World.generated(g.articles, CROWD_KILOBYTES, SEED, unlisted=unlisted) for g in (before, after))
    submits = [tuple(g.url(n) for n in range(g.listed, g.articles)) for g in (before, after)]
    return (Stage(first, CROWD, (), submits[0]), Stage(second, CROWD, (), submits[1])), Expected(_texts(after))


def _texts(drawn: Generated) -> dict[str, list[str]]:
    return {
        content_hash(drawn.headline(n), "\n\n".join(drawn.paragraphs(n))): [canonical(drawn.url(n))]
        for n in range(drawn.articles)
    }


def _editions() -> tuple[World, World, list[str], list[str]]:
    """Two editions of the miniature, and the addresses of what was edited and of what was removed between them."""
    first, second = World.miniature(), World.miniature()
    articles = {outlet: [a for a in found if not a.duplicate_of] for outlet, found in first.expected.items()}
    twins = {a.duplicate_of for found in first.expected.values() for a in found}
    living = [a for outlet in ("enab_baladi", "baladi_news") for a in articles[outlet] if a.url not in twins]
    edited = [a for a in living if "rest" in a.offered or "sitemap" in a.offered][:3]
    removed = [a for a in living if a not in edited][:2]
    for article in edited:
        second.edit(article.url, [*article.body, "تحديث: أضيفت هذه الفقرة بعد النشر."])
    for article in removed:
        second.remove(article.url)
    return first, second, [article.url for article in edited], [article.url for article in removed]


def _expected(first: World, second: World, removed: list[str], outlets: tuple[str, ...]) -> Expected:
    expected = Expected({}, removed)
    for world in (first, second):
        for outlet in outlets:
            for a in world.expected[outlet]:
                addresses = expected.texts.setdefault(content_hash(a.headline, "\n\n".join(a.body)), [])
                addresses += [url for url in (a.url, a.duplicate_of) if url and url not in addresses]
    return expected


@dataclass
class FaultyWorld(World):
    """The same world; its sites answer some requests with 429, 503 or 500, break off, drip, or send hostile documents.

    rate: the share of requests that are answered so.
    """

    seed: int = 0
    rate: float = 0.2

    @classmethod
    def of(cls, world: World, seed: int, rate: float = 0.2) -> FaultyWorld:
        """The same world with sites that fail."""
        return cls(**{name: getattr(world, name) for name in World.__dataclass_fields__}, seed=seed, rate=rate)

    def sites(self) -> list[Site]:
        """The servers, each behind its faults."""
        return [FaultySite(site, self.seed, self.rate) for site in super().sites()]


class FaultySite(Site):
    """A site's servers behind something that fails them now and then. What it does depends on seed, address and how often that
    was asked for, not on who came first.
    """

    def __init__(self, site: Site, seed: int, rate: float) -> None:
        super().__init__(site.stories, site.links)
        self._site, self._seed, self._rate = site, seed, rate
        self._asked: dict[str, int] = {}
        self.home = site.home
        self.hosts, self.mirrors, self.sources = site.hosts, site.mirrors, site.sources
        if hasattr(site, "outlet"):
            self.outlet = site.outlet

    def answer(self, request: SiteRequest) -> Answer:
        """The site's answer, or a fault."""
        times = self._asked[request.target] = self._asked.get(request.target, 0) + 1
        generator = random.Random(f"{self._seed} {request.url} {times}")  # noqa: S311 - faults, no secrets
        answer = self._site.answer(request)
        if generator.random() >= self._rate:
            return replace(answer, lasting=False)
        return _faulty_answer(answer, generator.choice(("429", "503", "500", "cut", "reset", "drip", "hostile")))

    def url(self, scenario: Any) -> str:
        """The site's own."""
        return self._site.url(scenario)

    def offers(self) -> Any:
        """The site's own."""
        return self._site.offers()


_HOSTILE: tuple[Callable[[bytes], bytes], ...] = (
    lambda _: b'<?xml version="1.0"?><rss version="2.0"><channel>' + b"<item><a>" * 100_000,
    lambda _: b'<?xml version="1.0"?><urlset>' + b"<x>" * 300_000,
    lambda _: b"[" * 200_000,
    lambda whole: re.sub(rb"20\d\d-\d\d-\d\d", b"0000-00-00", whole),
    lambda whole: re.sub(rb"20\d\d-\d\d-\d\d", b"2099-01-01", whole),
    lambda whole: whole.replace(b"https://", b"http://[", 3),
    lambda whole: b"<b>Warning</b>: Undefined variable in plugin.php on line 7<br />\n" + whole,
)
"""What strangers send in place of a feed, sitemap or wp-json: nested without end, or with odd values in it."""


def _faulty_answer(answer: Answer, how: str) -> Answer:
    if how in {"429", "503", "500"}:
        headers = () if how == "500" else (("Retry-After", "1"),)
        return replace(text("later\n", int(how)), headers=headers, lasting=False)
    whole = answer.body
    if answer.chunks is not None or answer.status != 200 or len(whole) < 200:
        return replace(answer, lasting=False)
    answer = replace(answer, gzipped=None, lasting=False, etag=None, last_modified=None)
    if how == "cut":
        return replace(answer, body=whole[: len(whole) // 2], claimed_length=len(whole))
    if how == "reset":
        return replace(answer, reset=True)
    if how == "hostile" and answer.content_type != HTML:
        return replace(answer, body=_HOSTILE[len(whole) % len(_HOSTILE)](whole))
    return _dripping(answer, len(whole) // 3 + 1)


def _dripping(answer: Answer, step: int) -> Answer:
    whole = answer.body
    return replace(answer, chunks=lambda: (whole[at : at + step] for at in range(0, len(whole), step)), drip=0.1)
