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


def numbering_of(look: PageLook) -> str | None:
    """What follows the address of a listing on page n, with `{page}` (from 1) or `{index}` (from 0); None where no link tells."""
    base = _base(look.page.url)
    second, third = _labelled(look.links, "2"), _labelled(look.links, "3")
    for link in second:
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
