"""Enab Baladi with discovery documents that hurt their parser: nested without end, large, without an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crawler.demo.answer import JSON, XML, Answer, SiteRequest
from crawler.demo.sites.enab_baladi import EnabBaladiSite
from crawler.demo.sites.site import Site
from infra.world.worlds import World

LARGE: Final = 48_000_000
"""Bytes: below the limit of a document (`WARRAQ_MAX_DOCUMENT_BYTES`), above what sitemaps.org allowed for long."""
HOSTILE: Final = {
    "feed": ("/feed", b'<?xml version="1.0"?><rss version="2.0"><channel>', b"<item><a>", LARGE),
    "sitemap": ("/post-sitemap", b'<?xml version="1.0"?><urlset>', b"<x>", LARGE),
    "wp-json": ("/wp-json/wp/v2/posts", b"", b"[", 200_000),
}
"""By kind of source: the beginning of its path and of the document there, what follows again and again, bytes in all."""


class HostileDocumentsSite(EnabBaladiSite):
    def __init__(self, site: EnabBaladiSite, kinds: tuple[str, ...]) -> None:
        """kinds: of `HOSTILE`, those that are."""
        super().__init__(site.stories, site.links)
        self.kinds = kinds

    def answer(self, request: SiteRequest) -> Answer:
        for kind in self.kinds:
            path, head, unit, size = HOSTILE[kind]
            if request.path.startswith(path):
                return Answer(body=head + unit * (size // len(unit)), content_type=JSON if kind == "wp-json" else XML)
        return super().answer(request)


@dataclass
class HostileDocumentsWorld(World):
    """The miniature with such documents."""

    kinds: tuple[str, ...] = tuple(HOSTILE)

    def sites(self) -> list[Site]:
        sites = super().sites()
        return [HostileDocumentsSite(site, self.kinds) if isinstance(site, EnabBaladiSite) else site for site in sites]
