"""Whether a story goes on on another page: `<link rel="next">`, or links to numbered parts (WordPress' `<!--nextpage-->`)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractors.addresses import absolute

_PARTS = (("2",), ("page", "2"), ("page-2",))
_NUMBERED = re.compile(r"(?:^|/)(?:page-)?2/?\s*$")  # most links that end with 2 are another article's, and joining is dear
_NAMES = frozenset({"page", "paged", "p", "pg"})


def second_part(tree: LexborHTMLParser, url: str) -> str | None:
    """The absolute address of the second part of the story whose first part is at this address; None where it is whole.

    A next page at another address is another story: themes mark those so too.
    """
    try:
        own = _path(url)
    except ValueError:
        return None
    for node in tree.css("link[rel~=next i][href], a[href$='2'], a[href$='2/']"):
        attributes = node.attributes
        href = attributes.get("href") or ""
        stated = node.tag == "link" or "next" in (attributes.get("rel") or "").lower().split()
        if not stated and _NUMBERED.search(href) is None:
            continue
        address = absolute(url, href.strip())
        if address is None:
            continue
        try:
            path, query = _path(address), parse_qsl(urlsplit(address).query)
        except ValueError:
            continue
        numbered = path[: len(own)] == own and path[len(own) :] in _PARTS
        if numbered or (stated and path == own and any(name in _NAMES and value == "2" for name, value in query)):
            return address
    return None


def _path(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    return ((parts.hostname or "").removeprefix("www."), *(part for part in unquote(parts.path).split("/") if part))
