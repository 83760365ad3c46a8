"""Where the articles of a site are found: which of what answered names them, and whether listings have to be walked too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crawler.survey.evidence import SeenAddress
from crawler.survey.grammar import article_route_of, route_of
from crawler.survey.listings import lists_listings
from crawler.survey.numbering import USUAL, following, numbering_of
from crawler.survey.page import PageLook
from crawler.survey.site import Survey
from extractors.outlet import Route

MOST_LISTINGS: Final = 20
"""Sections with an entry of their own, where a walk from the home page would not come past their first pages."""


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A table of `[[sources]]`, and how it was found."""

    facts: dict[str, Any]
    why: str


def sources_of(survey: Survey, routes: Sequence[Route]) -> list[SourceDraft]:
    """In the order in which they are asked: the newest first, then what is complete, then what must be walked."""
    evidence = survey.evidence
    if survey.last_capture is not None:
        return [SourceDraft({"kind": "wayback"}, "the site is gone; the Wayback Machine has its pages")]
    drafts = []
    for feed in survey.feeds:
        named = _articles((evidence.get(entry.url) for entry in feed.entries), routes)
        if named:
            why = f"the newest; {named} of its {len(feed.entries)} entries are articles"
            drafts.append(SourceDraft({"kind": "feed", "url": feed.url}, why))
    if survey.posts is not None:
        drafts.append(SourceDraft({"kind": "wordpress", "endpoint": survey.posts}, "every post, by WordPress's API"))
    in_sitemaps = list(dict.fromkeys(entry.url for entry in survey.sitemaps.entries))
    listed = _articles((evidence.get(url) for url in in_sitemaps), routes)
    if listed:
        drafts += _sitemaps(survey, f"{listed} of the {len(in_sitemaps)} addresses that were read are articles")
    linked = [seen for seen in evidence.all if seen.pages and article_route_of(routes, seen) is not None]
    missing = [seen for seen in linked if not seen.named_by & {"sitemap", "wordpress"}]
    # What was read in part does not tell what is missing in it.
    in_part = survey.sitemaps.unread or survey.posts_unread
    if (survey.posts is None and not listed) or (missing and not in_part):
        lists = survey.feeds or survey.sitemaps.entries
        why = f"{len(missing)} articles are linked that no sitemap and no API names" if lists else "no feed, API or sitemap"
        drafts += _listings(survey, routes, why)
    return drafts


def _articles(addresses: Iterable[SeenAddress | None], routes: Sequence[Route]) -> int:
    return sum(seen is not None and article_route_of(routes, seen) is not None for seen in addresses)


def _sitemaps(survey: Survey, why: str) -> list[SourceDraft]:
    sitemaps, drafts = survey.sitemaps, []
    facts: dict[str, Any] = {"kind": "sitemap", "robots": sitemaps.robots}
    if sitemaps.found:
        facts["usual"] = sitemaps.found
    if sitemaps.daily is not None:
        index, template = sitemaps.daily
        drafts.append(SourceDraft({"kind": "daily_sitemap", "index": index, "template": template}, "a sitemap for each day"))
        facts["apart"] = [index]
    if sitemaps.daily is None or len(sitemaps.named) > 1:
        drafts.append(SourceDraft(facts, why))
    return drafts


def _listings(survey: Survey, routes: Sequence[Route], why: str) -> list[SourceDraft]:
    """The home page and its sections, followed to their ends."""
    first = survey.home.page.url
    drafts = {first: SourceDraft({"kind": "listing", "first": first, "sections": True}, why)}
    for look in survey.listings:
        if not _is_linked(survey, look):
            why = "lists articles, though nothing links to it"
            drafts[look.page.url] = SourceDraft({"kind": "listing", "first": look.page.url}, why)
        elif lists_listings(look, survey.listings, survey.evidence):
            why = "lists listings to which nothing else leads"
            drafts[look.page.url] = SourceDraft({"kind": "listing", "first": look.page.url, "sections": True}, why)
    numberings = {look.page.url: numbering for look in (survey.home, *survey.listings) if (numbering := numbering_of(look))}
    own = [numbering for numbering in numberings.values() if not USUAL.search(numbering)]
    if own:
        sections = [seen.url for seen in survey.evidence.all if _is_section(survey, seen, routes)]
        for url in dict.fromkeys([first, *sections]):
            numbering = numberings.get(url, own[0])
            facts: dict[str, Any] = {"kind": "listing", "first": url, "following": following(url, numbering)}
            if url == first:
                facts["sections"] = True
            drafts[url] = SourceDraft(facts, "its pages are numbered in a form of their own")
    return list(drafts.values())[: MOST_LISTINGS + 1]


def _is_section(survey: Survey, seen: SeenAddress, routes: Sequence[Route]) -> bool:
    """A listing that navigation leads to."""
    route = route_of(routes, seen)
    return route is not None and route.kind == "listing" and survey.evidence.is_navigation(seen)


def _is_linked(survey: Survey, look: PageLook) -> bool:
    """Whether a walk comes to a page from the home page, or need not, since it lists no article."""
    evidence = survey.evidence
    seen = evidence.get(look.page.url)
    if seen is None or seen.pages:
        return True
    return not any((linked := evidence.get(link.url)) is not None and linked.is_surely_article for link in look.links)
