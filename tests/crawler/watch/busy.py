"""A world in which Enab Baladi refuses the first document it is asked for, and says how long it wants to be left alone."""

from __future__ import annotations

from dataclasses import replace

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.sites.enab_baladi import EnabBaladiSite
from crawler.demo.sites.site import Site
from infra.world.worlds import World

PAUSE = 4
"""Seconds."""


class BusySite(EnabBaladiSite):
    """429 with `Retry-After` once."""

    pause = PAUSE
    _refused = False

    def answer(self, asked: SiteRequest) -> Answer:
        """Of the site, the first document besides robots.txt excepted."""
        answer = super().answer(asked)
        if asked.path == "/robots.txt" or self._refused:
            return replace(answer, lasting=False)
        self._refused = True
        return Answer(status=429, body=b"slow down", headers=(("Retry-After", str(self.pause)),), lasting=False)


class BusyWorld(World):
    """The same world with that site."""

    enab = BusySite

    def sites(self) -> list[Site]:
        """The servers."""
        return [self.enab(site.stories, site.links) if isinstance(site, EnabBaladiSite) else site for site in super().sites()]


class ShutSite(BusySite):
    """Wants to be left alone for longer than a crawl waits."""

    pause = 3_600


class ShutWorld(BusyWorld):
    """The world with that one."""

    enab = ShutSite
