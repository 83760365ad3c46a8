"""The miniature, with a hub named in Enab Baladi's feed. A module of its own: the server of the world imports it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.sites.site import Site
from infra.world.worlds import World

FEED = "https://www.enabbaladi.net/feed/"


@dataclass
class Pushing(World):
    """hub: its address; none is named without it."""

    hub: str = ""

    def sites(self) -> list[Site]:
        sites = super().sites()
        for site in sites:
            if site.outlet == "enab_baladi" and self.hub:
                site.table["/feed/"] = _Naming(site, self.hub)
        return sites


class _Naming:
    def __init__(self, site: Site, hub: str) -> None:
        self._make = site.table["/feed/"]
        self._links = f'<atom:link href="{FEED}" rel="self" type="application/rss+xml"/>\n<atom:link rel="hub" href="{hub}"/>\n'

    def __call__(self, asked: SiteRequest) -> Answer:
        plain = self._make(asked)
        assert plain.last_modified is not None
        body = plain.body.replace(b"<channel>\n", b"<channel>\n" + self._links.encode(), 1)
        return replace(plain, body=body).validated(plain.last_modified)
