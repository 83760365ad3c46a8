"""The miniature with a cache before Enab Baladi's pages: they have validators, as caches before most sites give them."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.sites.enab_baladi import EnabBaladiSite
from crawler.demo.sites.site import Site
from infra.world.worlds import World


class Validated(EnabBaladiSite):
    """A conditional request for a page that has not changed is answered 304."""

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        page = answer.status == 200 and answer.content_type.startswith("text/html")
        return answer.validated(datetime(2026, 1, 1, tzinfo=UTC)) if page else answer


class ValidatedWorld(World):
    """`enab`: what serves Enab Baladi."""

    enab: type[EnabBaladiSite] = Validated

    def sites(self) -> list[Site]:
        return [self.enab(site.stories, site.links) if isinstance(site, EnabBaladiSite) else site for site in super().sites()]
