"""Which page of a listing is looked at after its first: the second one, or a listing that the first one lists."""

from __future__ import annotations

import re
from typing import Final

from crawler.discovery.listing_pages import is_numbered, next_by_number
from crawler.survey.evidence import NAV_WORDS, Evidence
from crawler.survey.page import PageLook

_PAGE: Final = re.compile(r"\W*[0-9\u0660-\u0669]{0,3}\W*")
"""A label that leads from page to page of a listing."""


def second_page(look: PageLook, evidence: Evidence) -> str | None:
    """The page after the first of a listing."""
    following = evidence.see(look.next) if look.next is not None else None
    if following is not None and not following.is_surely_article:
        return look.next
    return next_by_number(look.page.url, look.page.url, [link.url for link in look.links], 2)


def first_part(look: PageLook, evidence: Evidence) -> str | None:
    """The first of the listings that a page lists, where it lists no articles: a month of an archive."""
    own = [seen for link in look.links if (seen := evidence.see(link.url)) and seen.pages == {look.page.url}]
    if any(seen.words > NAV_WORDS or seen.is_surely_article for seen in own):
        return None
    parts = (seen.url for seen in own if seen.words and not _PAGE.fullmatch(seen.labels[0]))
    return next((url for url in parts if not is_numbered(url)), None)


def lists_listings(look: PageLook, others: list[PageLook], evidence: Evidence) -> bool:
    """Whether one of these listings of articles is linked from this page only, and is none of its following pages."""
    parts = [(other, evidence.get(other.page.url)) for other in others if other is not look]
    return any(
        seen is not None
        and seen.pages == {look.page.url}
        and not is_numbered(seen.url)
        and not _PAGE.fullmatch(seen.labels[0])
        and any((linked := evidence.get(link.url)) is not None and linked.words > NAV_WORDS for link in other.links)
        for other, seen in parts
    )
