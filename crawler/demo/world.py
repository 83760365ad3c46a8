"""The miniature web as a value: the stories of five outlets, what serves them, and what a crawl of them must find.

    with serve(World.miniature()) as running:
        subprocess.run(["warraq", "crawl"], env={**os.environ, **running.env()})

`python -m crawler.demo.world` serves it for a person and prints the environment to export.
A world is data and can be pickled; change it between crawls (`edit`, `remove`, `publish`) and serve it again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from crawler.demo import expected as expecting
from crawler.demo.expected import ExpectedArticle, canonical
from crawler.demo.generated import Generated, GeneratedSite
from crawler.demo.generated_archive import GeneratedArchive
from crawler.demo.history import captures
from crawler.demo.hostile import HostilePages, hostile_links, hostile_stories
from crawler.demo.running import Request, Running, serve
from crawler.demo.sites.al_jazeera import AlJazeeraSite
from crawler.demo.sites.baladi_news import BaladiNewsSite
from crawler.demo.sites.commoncrawl import CommonCrawlSite
from crawler.demo.sites.enab_baladi import EnabBaladiSite
from crawler.demo.sites.site import Offer, Site
from crawler.demo.sites.wayback import ServedCapture, WaybackSite
from crawler.demo.story import OUTLETS, DemoStory, OfferedLink, StoryBlock, links, stories

__all__ = ["ExpectedArticle", "Offer", "Request", "Running", "World", "serve"]

_LIVING: tuple[type[Site], ...] = (EnabBaladiSite, AlJazeeraSite, BaladiNewsSite)
_EDITED_AFTER = timedelta(minutes=1)  # whole seconds must not put an edit before a crawl that preceded it


@dataclass
class World:
    """Stories and links of all outlets, and what is served from them.

    archived: captures that the web archives have besides those of the dead outlets; news: what is in CC-NEWS.
    hostile: whether the pages of `crawler.demo.hostile` stand among them; generated: the bench's world, which has no stories.
    """

    stories: list[DemoStory] = field(default_factory=list)
    links: list[OfferedLink] = field(default_factory=list)
    hostile: bool = False
    generated_pages: Generated | None = None
    generated_archive: bool = False
    archived: list[ServedCapture] = field(default_factory=list)
    news: list[ServedCapture] = field(default_factory=list)

    @classmethod
    def miniature(cls, *, hostile: bool = False) -> World:
        """Five outlets with a dozen stories each, and the web archive of the two dead ones."""
        everything = [story for outlet in OUTLETS for story in stories(outlet)]
        others = [link for outlet in OUTLETS for link in links(outlet)]
        if hostile:
            everything, others = everything + hostile_stories(), others + hostile_links()
        return cls(everything, others, hostile)

    @classmethod
    def generated(
        cls, articles: int = 2000, kilobytes: int = 160, seed: int = 1, *, archived: bool = False, unlisted: int = 0
    ) -> World:
        """Enab Baladi alone with that many articles in pages of that size, found through a sitemap index.

        archived: the site is gone, and the Wayback Machine has a capture of each. unlisted: see `Generated`.
        """
        return cls(generated_pages=Generated(articles, kilobytes, seed, unlisted), generated_archive=archived)

    def sites(self) -> list[Site]:
        """The servers of this world, made anew: hold on to them if you ask much."""
        if self.generated_pages is not None:
            return [(GeneratedArchive if self.generated_archive else GeneratedSite)(self.generated_pages)]
        sites: list[Site] = [
            site(
                [story for story in self.stories if story.outlet == site.outlet],
                [link for link in self.links if link.outlet == site.outlet],
            )
            for site in _LIVING
        ]
        if self.hostile:
            sites = [HostilePages(site) for site in sites]
        archived = [*captures(self.stories, self.links), *self.archived]
        return [*sites, WaybackSite(archived), CommonCrawlSite(archived, self.news)]

    @property
    def hosts(self) -> list[str]:
        """Every host that answers. The dead outlets' do not."""
        return [host for site in self.sites() for host in site.hosts]

    @property
    def offers(self) -> list[Offer]:
        """Every address that a discovery document names, once per document."""
        living = [offer for site in self.sites() for offer in site.offers()]
        return living + expecting.archived_offers(self.stories, self.links)

    @property
    def expected(self) -> dict[str, list[ExpectedArticle]]:
        """The articles that a first crawl finds, per outlet."""
        found: dict[str, list[ExpectedArticle]] = {outlet: [] for outlet in OUTLETS}
        for article in expecting.articles(self.stories, self.sites()):
            found[article.outlet].append(article)
        return found

    @property
    def expected_fates(self) -> dict[str, dict[str, int]]:
        """Fates of a first crawl from every source without dates. Of two pages with one text either may be the duplicate:
        across outlets it is Baladi's here, but if Enab's is read later, Baladi keeps one more and Enab one less.
        """
        return self.fates()

    def fates(self, *without: str) -> dict[str, dict[str, int]]:
        """The same for a crawl that leaves out some sources, such as `listing` or `news-sitemap`."""
        return expecting.fates(self.offers, frozenset(without))

    def expected_fate(self, url: str) -> str | None:
        """What a first crawl makes of an address; None if no discovery document names it or it is dropped by its look."""
        wanted = canonical(url)
        return next((offer.fate for offer in self.offers if canonical(offer.url) == wanted), None)

    def url(self, story: DemoStory) -> str:
        """The canonical address of a story."""
        return expecting.address(story, self.sites())

    def story(self, url: str) -> DemoStory:
        """The story at an address, in any of its forms; KeyError if there is none."""
        wanted, sites = canonical(url), self.sites()
        for story in self.stories:
            if expecting.address(story, sites) == wanted:
                return story
        raise KeyError(f"no story of this world has the address {url}")

    def edit(self, url: str, paragraphs: Iterable[str] | None = None, headline: str | None = None) -> None:
        """The outlet changes a story now: its permalink stays, its modification time moves past all others."""
        story = self.story(url)
        site = next((site for site in self.sites() if site.outlet == story.outlet), None)
        blocks = story.blocks if paragraphs is None else tuple(StoryBlock("paragraph", (text,)) for text in paragraphs)
        slug = site.url(story).rstrip("/").rsplit("/", 1)[-1] if site else story.slug
        changes: dict[str, Any] = {"blocks": blocks, "headline": headline or story.headline, "slug": slug}
        latest = max(other.changed for other in self.stories)
        now = datetime.now(story.published.tzinfo).replace(microsecond=0)
        changed = max(latest, now).astimezone(story.published.tzinfo) + _EDITED_AFTER
        self._replace(story, replace(story, **changes, modified=changed, duplicate_of=None))

    def remove(self, url: str, status: int = 404) -> None:
        """The outlet takes a story down; its discovery documents go on naming it, as caches do."""
        story = self.story(url)
        self._replace(story, replace(story, status=status))

    def unpublish(self, url: str, page: Literal["", "cached", "redirected"] = "redirected") -> None:
        """The outlet withdraws a story in its WordPress, and no document names it any more; "" publishes it again, untold."""
        story = self.story(url)
        self._replace(story, replace(story, withdrawn=page, offered=frozenset()))

    def publish(self, story: DemoStory) -> None:
        """A new story; `story.offered` says which discovery documents name it."""
        self.stories.append(story)

    def _replace(self, old: DemoStory, new: DemoStory) -> None:
        self.stories[self.stories.index(old)] = new


def main() -> None:
    """Serve the miniature until ^C."""
    from crawler.demo.world import World as Named  # noqa: PLC0415 - the server's process does not know ours as `__main__`

    with serve(Named.miniature()) as running:
        for name, value in running.env().items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
