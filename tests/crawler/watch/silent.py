"""A world in which articles of Enab Baladi with an even number never come."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.sites.enab_baladi import EnabBaladiSite
from crawler.demo.sites.site import Site
from infra.world.worlds import World

FOR_EVER = 3_600.0
SILENT = re.compile(r"/\d*[02468]/[^/]+/")
"""Their paths."""


def _nothing() -> Iterator[bytes]:
    yield b"too late"


class SilentSite(EnabBaladiSite):
    """Sends the head of such a page, and then nothing."""

    def answer(self, request: SiteRequest) -> Answer:
        """As the site, such pages excepted."""
        if SILENT.fullmatch(request.path):
            return Answer(chunks=_nothing, drip=FOR_EVER)
        return super().answer(request)


class SilentWorld(World):
    """The same world with that site."""

    def sites(self) -> list[Site]:
        """The servers."""
        return [SilentSite(site.stories, site.links) if isinstance(site, EnabBaladiSite) else site for site in super().sites()]
