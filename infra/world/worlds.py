"""The worlds of tests, benches and chaos: the demo's five outlets, changed between crawls, with hostile pages, or generated.

    with serve(World.miniature(hostile=True)) as running:
        subprocess.run(["warraq", "crawl"], env={**os.environ, **running.env()})

A world is data and can be pickled; change it between crawls (`edit`, `remove`, `publish`) and serve it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from crawler.demo.sites.site import Offer, Site
from crawler.demo.sites.wayback import ServedCapture, WaybackSite
from crawler.demo.story import OUTLETS, DemoStory, StoryBlock
from crawler.demo.world import DemoWorld
from infra.world import expected
from infra.world.commoncrawl import CommonCrawlSite
from infra.world.generated import Generated, GeneratedSite
from infra.world.generated_archive import GeneratedArchive
from infra.world.hostile import HostilePages, hostile_links, hostile_stories

_EDITED_AFTER = timedelta(minutes=1)  # whole seconds must not put an edit before a crawl that preceded it


@dataclass
class World(DemoWorld):
    """The demo's world, what a crawl of it must find, and what may be added to it.

    hostile: whether the pages of `infra.world.hostile` stand among the others. archived: captures that the web archives have
    besides those of the dead outlets; news: what is in CC-NEWS. generated_pages: the benches' world, which has no stories;
    generated_archive: its site is gone and the Wayback Machine has a capture of each page.
    """

    hostile: bool = False
    archived: list[ServedCapture] = field(default_factory=list)
    news: list[ServedCapture] = field(default_factory=list)
    generated_pages: Generated | None = None
    generated_archive: bool = False

    @classmethod
    def miniature(cls, *, hostile: bool = False) -> Self:
        """The demo's world, with the hostile pages if asked for."""
        world = super().miniature()
        if hostile:
            world.stories += hostile_stories()
            world.links += hostile_links()
            world.hostile = True
        return world

    @classmethod
    def generated(
        cls, articles: int = 2000, kilobytes: int = 160, seed: int = 1, *, archived: bool = False, unlisted: int = 0
    ) -> Self:
        """Enab Baladi alone with that many articles in pages of that size, found through a sitemap index.

        archived: the site is gone, and the Wayback Machine has a capture of each. unlisted: see `Generated`.
        """
        return cls(generated_pages=Generated(articles, kilobytes, seed, unlisted), generated_archive=archived)

    def sites(self) -> list[Site]:
        """The servers of this world, made anew: hold on to them if you ask much."""
        if self.generated_pages is not None:
            return [(GeneratedArchive if self.generated_archive else GeneratedSite)(self.generated_pages)]
        living = self.living_sites()
        archived = [*self.captures(), *self.archived]
        return [
            *(map(HostilePages, living) if self.hostile else living),
            WaybackSite(archived),
            CommonCrawlSite(archived, self.news),
        ]

    @property
    def offers(self) -> list[Offer]:
        """Every address that a discovery document names, once per document."""
        living = [offer for site in self.sites() for offer in site.offers()]
        return living + expected.archived_offers(self.stories, self.links)

    @property
    def expected(self) -> dict[str, list[expected.ExpectedArticle]]:
        """The articles that a first crawl finds, per outlet."""
        found: dict[str, list[expected.ExpectedArticle]] = {outlet: [] for outlet in OUTLETS}
        for article in expected.articles(self.stories, self.sites()):
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
        return expected.fates(self.offers, frozenset(without))

    def expected_fate(self, url: str) -> str | None:
        """What a first crawl makes of an address; None if no discovery document names it or it is dropped by its look."""
        wanted = expected.canonical(url)
        return next((offer.fate for offer in self.offers if expected.canonical(offer.url) == wanted), None)

    def url(self, story: DemoStory) -> str:
        """The canonical address of a story."""
        return expected.address(story, self.sites())

    def story(self, url: str) -> DemoStory:
        """The story at an address, in any of its forms; KeyError if there is none."""
        wanted, sites = expected.canonical(url), self.sites()
        for story in self.stories:
            if expected.address(story, sites) == wanted:
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
