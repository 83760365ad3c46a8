"""How the pages of a listing are numbered, from the links to its second and third page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from crawler.discovery.listing_pages import PAGE_NAMES
from crawler.survey.page import Link, PageLook
from extractors.text import western_digits

USUAL: Final = re.compile(rf"(?:[?&](?:{'|'.join(sorted(PAGE_NAMES))})=|/page/)\{{page\}}/?$")
"""What a walk of a listing follows by itself (`crawler.discovery.listing_pages`)."""


_NEXT_WORDS: Final = re.compile(
    r"(?:(?:الصفحة )?(?:التالي|التالية)|next(?: page)?|older(?: posts)?)? ?[›»>→←‹«<]{0,2}", re.IGNORECASE
)
_AFTER_LISTING: Final = re.compile(r"(?:\?(?:[^&]*&)*[A-Za-z_]{1,20}=|[/_-](?:[A-Za-z]{1,12}[/_-]?)?)[12](?:/|\.html?)?")
"""What follows a listing's address on its second page, where only a word such as «التالي» says so."""


def numbering_of(look: PageLook) -> str | None:
    """What follows the address of a listing on page n, with `{page}` (from 1) or `{index}` (from 0); None where no link tells."""
    base = _base(look.page.url)
    second, third = _labelled(look.links, "2"), _labelled(look.links, "3")
    for link in second or _labelled_next(look.links, base):
        if not link.startswith(base) or "{" in link:
            continue
        rest = link[len(base) :]
        for found in re.finditer(r"[0-9]+", rest):
            if found[0] not in {"1", "2"}:
                continue
            name = "{page}" if found[0] == "2" else "{index}"
            template = rest[: found.start()] + name + rest[found.end() :]
            of_third = base + template.format(page=3, index=2)
            if not third or of_third in third:
                return template
    return None


def following(url: str, numbering: str) -> str:
    """The address of page n of a listing."""
    return _base(url) + numbering


def _base(url: str) -> str:
    """Without a slash or `.html` at its end, which numbers may stand before."""
    return re.sub(r"(?:/|\.html?)$", "", url)


def _labelled(links: Sequence[Link], label: str) -> list[str]:
    return [link.url for link in links if western_digits(link.label).strip() == label]


def _labelled_next(links: Sequence[Link], base: str) -> list[str]:
    """Links that a word or an arrow calls the next page, and whose address is that of a second page."""
    called = (link.url for link in links if link.label.strip() and _NEXT_WORDS.fullmatch(link.label.strip()))
    return [url for url in called if url.startswith(base) and _AFTER_LISTING.fullmatch(url[len(base) :])]
