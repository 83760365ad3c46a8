"""What victims crawl: two editions of the miniature, a crowd of small pages, and sites in a bad mood."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

from crawler.demo.answer import Answer, Asked, text
from crawler.demo.expected import canonical
from crawler.demo.generated import Generated
from crawler.demo.sites.site import Site
from crawler.demo.world import World
from storage.identity import content_hash

CROWD_KILOBYTES = 16


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be in an archive in the end, and nothing else. texts: content hash → the canonical addresses that showed it
    (the article is filed under one of them); gone: addresses whose removal must be announced.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Chapter:
    """A crawl of an edition until it ends well. outlets: none = all."""

    world: World
    outlets: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@lru_cache
def miniature() -> tuple[tuple[Chapter, ...], Expected]:
    """`make demo`'s world; then one in which texts were edited, removed and published; and that once more, as removals count
    only when they are seen twice.
    """
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
    expected = Expected({}, [article.url for article in removed])
    for world in (first, second):
        for found in world.expected.values():
            for a in found:
                addresses = expected.texts.setdefault(content_hash(a.headline, "\n\n".join(a.body)), [])
                addresses += [url for url in (a.url, a.duplicate_of) if url and url not in addresses]
    again = ("--refetch",)
    return (Chapter(first), Chapter(second, options=again), Chapter(second, options=again)), expected


@lru_cache
def crowd(articles: int, seed: int = 1) -> tuple[tuple[Chapter, ...], Expected]:
    """Enab Baladi with so many small pages, crawled, and all of them fetched again."""
    drawn = Generated(articles, CROWD_KILOBYTES, seed)
    texts = {
        content_hash(drawn.headline(n), "\n\n".join(drawn.paragraphs(n))): [canonical(drawn.url(n))] for n in range(articles)
    }
    world = World.generated(articles, CROWD_KILOBYTES, seed)
    outlets = ("enab_baladi",)
    return (Chapter(world, outlets), Chapter(world, outlets, ("--refetch",))), Expected(texts)


@dataclass
class BadMood(World):
    """The same world, whose sites answer some requests with 429 or 503 and Retry-After, break off, or drip.

    rate: the share of requests that are answered so.
    """

    seed: int = 0
    rate: float = 0.2

    @classmethod
    def of(cls, world: World, seed: int, rate: float = 0.2) -> BadMood:
        """The world, in a bad mood."""
        return cls(**{name: getattr(world, name) for name in World.__dataclass_fields__}, seed=seed, rate=rate)

    def sites(self) -> list[Site]:
        """The servers, each behind its mood."""
        return [Moody(site, self.seed, self.rate) for site in super().sites()]


class Moody(Site):
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

    def answer(self, asked: Asked) -> Answer:
        """The site's answer, or a fault."""
        times = self._asked[asked.target] = self._asked.get(asked.target, 0) + 1
        generator = random.Random(f"{self._seed} {asked.url} {times}")  # noqa: S311 - faults, no secrets
        answer = self._site.answer(asked)
        if generator.random() >= self._rate:
            return replace(answer, lasting=False)
        return _spoilt(answer, generator.choice(("429", "503", "500", "cut", "reset", "drip")))

    def url(self, story: Any) -> str:
        """The site's own."""
        return self._site.url(story)

    def offers(self) -> Any:
        """The site's own."""
        return self._site.offers()


def _spoilt(answer: Answer, how: str) -> Answer:
    if how in {"429", "503"}:
        return replace(text("later\n", int(how)), headers=(("Retry-After", "1"),), lasting=False)
    if how == "500":
        return replace(text("oops\n", 500), lasting=False)
    whole = answer.body
    if answer.chunks is not None or answer.status != 200 or len(whole) < 200:
        return replace(answer, lasting=False)
    answer = replace(answer, gzipped=None, lasting=False, etag=None, last_modified=None)
    if how == "cut":
        return replace(answer, body=whole[: len(whole) // 2], claimed_length=len(whole))
    if how == "reset":
        return replace(answer, body=b"", claimed_length=len(whole))
    third = len(whole) // 3 + 1
    return replace(answer, chunks=lambda: (whole[at : at + third] for at in range(0, len(whole), third)), drip=0.1)
