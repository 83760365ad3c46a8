"""The miniature web as a value: the stories of five outlets, and the sites that serve them.

    with serve(DemoWorld.miniature()) as running:
        subprocess.run(["warraq", "crawl"], env={**os.environ, **running.env()})

A world is data and can be pickled; the server of `crawler.demo.running` gets it so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from crawler.demo.history import captures
from crawler.demo.sites.al_jazeera import AlJazeeraSite
from crawler.demo.sites.baladi_news import BaladiNewsSite
from crawler.demo.sites.enab_baladi import EnabBaladiSite
from crawler.demo.sites.site import Site
from crawler.demo.sites.wayback import ServedCapture, WaybackSite
from crawler.demo.story import OUTLETS, DemoStory, OfferedLink, links, stories

_LIVING: tuple[type[Site], ...] = (EnabBaladiSite, AlJazeeraSite, BaladiNewsSite)


@dataclass
class DemoWorld:
    """Stories of all outlets, and the other addresses that their discovery documents name."""

    stories: list[DemoStory] = field(default_factory=list)
    links: list[OfferedLink] = field(default_factory=list)

    @classmethod
    def miniature(cls) -> Self:
        """Five outlets with a dozen stories each, and the web archive of the two dead ones."""
        return cls(
            [story for outlet in OUTLETS for story in stories(outlet)], [link for outlet in OUTLETS for link in links(outlet)]
        )

    def sites(self) -> list[Site]:
        """The servers of this world, made anew: hold on to them if you ask much."""
        return [*self.living_sites(), WaybackSite(self.captures())]

    def living_sites(self) -> list[Site]:
        """The sites of the outlets that still publish."""
        return [
            site(
                [story for story in self.stories if story.outlet == site.outlet],
                [link for link in self.links if link.outlet == site.outlet],
            )
            for site in _LIVING
        ]

    def captures(self) -> list[ServedCapture]:
        """What the web archive holds of the dead outlets."""
        return captures(self.stories, self.links)

    @property
    def hosts(self) -> list[str]:
        """Every host that answers. The dead outlets' do not."""
        return [host for site in self.sites() for host in site.hosts]
