"""The grammar of a site's addresses, from those that are surely articles and those that surely are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from crawler.survey.address_groups import address_groups
from crawler.survey.article_routes import ANY, RouteDraft, article_routes
from crawler.survey.evidence import Evidence, SeenAddress
from crawler.survey.shapes import LANGUAGES
from extractors.outlet import Route


@dataclass(slots=True)
class Grammar:
    """routes: in the order in which they are tried; prefixes: first segments that make no difference; doubts: for a person."""

    routes: list[RouteDraft] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def add(self, route: Route, why: str) -> None:
        self.routes.append(RouteDraft(route, why))


USUAL: Final = (
    (Route("image", r".*\.(?:jpe?g|png|gif|webp|svg|bmp|ico|pdf|mp3|mp4)"), "files"),
    (Route("feed", r"(?:.*/)?(?:feed|rss|atom|feeds/.*)|.*\.(?:xml|rss)(?:\.gz)?|.*/feed/[a-z0-9]+"), "feeds and sitemaps"),
    (Route("other", r"/(?:wp-(?:json|content|admin|includes|login\.php)|cdn-cgi|users?|login|register)(?:/.*)?"), "software"),
    (Route("print", r"/(?:print|amp)/.*|.*/(?:print|amp)|(?:.*/)?print[a-z_]*\.(?:php|aspx?|jsp)"), "print and AMP versions"),
    (Route("search", r"(?:/[a-z]{2})?/search(?:/.*)?"), "search"),
    (Route("tag", r"(?:/[^/]+)?/(?:tags?|topics?|keywords?|labels?|وسم|وسوم)/.+"), "pages of keywords"),
    (Route("author", r"(?:/[^/]+)?/(?:authors?|writers?|كاتب|كتاب)/.+"), "pages of authors"),
    (Route("video", r"(?:/[^/]+)?/(?:videos?|podcasts?|audio)/.+"), "videos"),
    (Route("gallery", r"(?:/[^/]+)?/(?:gallery|galleries|photos?|albums?|infographics?)/.+"), "pictures"),
    (Route("liveblog", r"(?:/[^/]+)*/(?:liveblog|live-blog)/.+"), "live blogs"),
    (Route("listing", r"(?:/[^/]+)?/(?:category|categories|cat|sections?|date|archive)/.+"), "sections"),
    (Route("listing", r"(?:/.*)?/page/[0-9]+"), "following pages of listings"),
)  # fmt: skip
"""What addresses mean on most sites, tried before the routes of articles."""


def grammar_of(evidence: Evidence, verified_prefix: str | None) -> Grammar:
    """The routes of a site. verified_prefix: key of a shape whose address, cut off after the number, shows the same page."""
    grammar = Grammar()
    groups = address_groups(evidence.articles)
    articles = [draft for group in groups for draft in article_routes(group, evidence, verified=verified_prefix)]
    queries = {draft.route: draft for draft in articles if draft.route.query is not None}
    grammar.routes += queries.values()
    for path in dict.fromkeys(route.path for route in queries):
        grammar.add(Route("listing", path, None, "[^&=]+=[^&]*"), "other queries")
    named = [seen for group in groups for seen in group.seen]
    for route, why in USUAL:
        if sum(takes(route, seen) for seen in named) > len(named) / 100:  # fewer may be an oddity of a feed
            grammar.doubts.append(f"articles have addresses that mean «{why}» elsewhere, so that those are not told apart")
        else:
            grammar.add(route, why)
    grammar.add(Route("home", r"(?:/(?:ar|index\.(?:html?|php)))?"), "the home page")
    _refuse_listings(evidence, [draft.route for draft in articles], grammar)
    paths = [draft for draft in articles if draft.route.query is None]
    paths.sort(key=lambda draft: (draft.route.path.startswith(f"/{ANY}"), "(?P<id>" not in draft.route.path))
    grammar.prefixes = _prefixes(paths)
    grammar.routes += _needed([_with_canonical(draft, paths) for draft in paths], grammar.prefixes)
    grammar.add(Route("listing", r"/.+"), "whatever else there is may list articles")
    return grammar


def _with_canonical(draft: RouteDraft, drafts: Sequence[RouteDraft]) -> RouteDraft:
    """An older form of an address that the site redirects to another has the one address of that."""
    if draft.route.canonical is not None or "(?P<id>" not in draft.route.path:
        return draft
    led_to = [seen.led_to for seen in draft.seen if seen.led_to is not None]
    routes = [other.route for other in drafts if other.route.canonical is not None]
    targets = {target.canonical for seen in led_to if (target := article_route_of(routes, seen)) is not None}
    if len(targets) != 1:
        return draft
    return replace(
        draft, route=replace(draft.route, canonical=targets.pop()), why=f"{draft.why}; it is redirected to the present form"
    )


def _prefixes(drafts: Sequence[RouteDraft]) -> list[str]:
    """Words before a path that is one of an article without them: the same site by another door (`/public/…`, `/index.php/…`)."""
    paths = {draft.route.path for draft in drafts}
    own = [draft for draft in drafts if not any(seen.led_to for seen in draft.seen)]
    found = (re.fullmatch(r"/([\w-]+|index\\\.php)(/.+)", draft.route.path) for draft in own)
    words = (each[1].replace("\\", "") for each in found if each and each[2] in paths)
    return [word for word in dict.fromkeys(words) if word not in LANGUAGES]


def _needed(drafts: Sequence[RouteDraft], prefixes: Sequence[str]) -> list[RouteDraft]:
    """Without those whose every address another takes, tried before."""
    kept: list[RouteDraft] = []
    for draft in drafts:
        if any(draft.route.path.startswith(f"/{re.escape(prefix)}/") for prefix in prefixes):
            continue
        routes = [other.route for other in kept]
        if draft.route in routes:
            continue
        if not draft.seen or not all(article_route_of(routes, seen) for seen in draft.seen):
            kept.append(draft)
    return kept


def takes(route: Route, seen: SeenAddress) -> bool:
    """Whether a route takes an address."""
    path = "".join(f"/{segment.replace('/', '%2F')}" for segment in seen.address.segments)
    return route.match(path, seen.address.query) is not None


def route_of(routes: Sequence[Route], seen: SeenAddress) -> Route | None:
    """The first route that takes an address."""
    return next((route for route in routes if takes(route, seen)), None)


def article_route_of(routes: Sequence[Route], seen: SeenAddress) -> Route | None:
    """The same, if it is one of an article."""
    found = route_of(routes, seen)
    return found if found is not None and found.kind == "article" else None


def _refuse_listings(evidence: Evidence, articles: Sequence[Route], grammar: Grammar) -> None:
    """Addresses of the same shape as articles that are none: navigation, and pages that were looked at."""
    paths: dict[str, str] = {}
    for seen in evidence.all:
        if seen.address.query or seen.listed_as_article:
            continue
        navigation = evidence.is_navigation(seen)
        if not navigation and seen.is_article is not False:
            continue
        if article_route_of(articles, seen) is not None:
            path = "".join(f"/{segment}" for segment in seen.address.segments)
            paths[path] = "linked from most pages" if navigation else "looked at: no article"
    if paths:
        listed = "|".join(re.escape(path) for path in sorted(paths))
        grammar.add(Route("listing", f"(?:{listed})(?:/page/[0-9]+)?"), "sections that look like articles by their address")
