"""What the sites of the world have in common: hosts that redirect, a table of pages, a page for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crawler.demo.answer import Answer, SiteRequest, page, redirect
from crawler.demo.story import DemoStory, OfferedLink

Make = Callable[[SiteRequest], Answer]


@dataclass(frozen=True, slots=True)
class Offer:
    """A discovery document (`source`: feed, rest, sitemap, news-sitemap, listing, cdx) names an address.

    fate: what a first crawl makes of it; None = dropped by its look, never discovered.
    """

    outlet: str
    source: str
    url: str
    fate: str | None


class Site:
    """One outlet's servers. `home` is the host that serves; the others in `hosts` redirect to it unless in `mirrors`.

    stories: all of them; links: the other addresses its discovery documents offer. Subclasses fill `self.table`
    (decoded path → a function that makes the page) and override `moved` and `missing`.
    """

    outlet: str
    home: str
    hosts: tuple[str, ...]
    mirrors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __init__(self, stories: Iterable[DemoStory], links: Iterable[OfferedLink] = ()) -> None:
        self.stories = sorted(stories, key=lambda story: story.published, reverse=True)
        self.links = sorted(links, key=lambda link: link.published, reverse=True)
        self.by_id = {story.id: story for story in self.stories}
        self.table: dict[str, Make] = {}

    def answer(self, request: SiteRequest) -> Answer:
        """A page of the table, a redirect, or what `missing` says."""
        if request.scheme == "http" or (request.host != self.home and request.host not in self.mirrors):
            host = request.host if request.host in self.mirrors else self.home
            return redirect(f"https://{host}{request.target}")
        make = self.table.get(request.path)
        if make is not None:
            return make(request)
        moved = self.moved(request)
        return redirect(moved) if moved else self.missing(request)

    def moved(self, request: SiteRequest) -> str | None:  # noqa: ARG002 - one signature for all sites
        """Where an address that has no page of its own leads to."""
        return None

    def missing(self, request: SiteRequest) -> Answer:
        """A 404."""
        return page(f"<html><head><title>404</title></head><body><h1>404</h1><p>{request.host}</p></body></html>", 404)

    def url(self, story: DemoStory) -> str:
        """The address the outlet itself calls canonical."""
        raise NotImplementedError

    def href(self, story: DemoStory) -> str:
        """The address that its discovery documents print."""
        return self.url(story)

    def offered(self, source: str) -> list[DemoStory]:
        """The stories that one kind of discovery document names, newest first."""
        return [story for story in self.stories if source in story.offered]

    def offered_links(self, source: str) -> list[OfferedLink]:
        """The other addresses that one kind of discovery document names."""
        return [link for link in self.links if source in link.offered]

    def offers(self) -> list[Offer]:
        """Everything the discovery documents of this site name."""
        named = [
            Offer(self.outlet, source, self.href(story), fate_of(story))
            for source in self.sources
            for story in self.offered(source)
        ]
        return named + [
            Offer(self.outlet, source, link.url, link.fate) for source in self.sources for link in self.offered_links(source)
        ]


class ServedWorld(Protocol):
    """What the server asks of a world. It is pickled to get there."""

    @property
    def hosts(self) -> list[str]:
        """Every host that answers."""
        ...

    def sites(self) -> list[Site]:
        """The servers of the hosts."""
        ...


def fate_of(story: DemoStory) -> str:
    """What the first crawl of the whole world makes of a story that it discovers."""
    if story.refused:
        return "refused"
    if story.status != 200:
        return "gone"
    return "duplicate" if story.duplicate_of else "kept"


def latest(stories: Iterable[DemoStory], fallback: datetime) -> datetime:
    """When a document that lists these stories last changed."""
    return max((story.changed for story in stories), default=fallback)
