"""Whether a story goes on on another page: `<link rel="next">`, or links to numbered parts (WordPress' `<!--nextpage-->`)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractors.addresses import absolute

_NAMES = frozenset({"page", "paged", "p", "pg"})


def next_part_url(tree: LexborHTMLParser, url: str, part: int = 1) -> str | None:
    """The absolute address of the part after the one at this address; None where the story ends here.

    part: the number of this one. A next page at another address is another story: themes mark those so too.
    """
    number = str(part + 1)
    try:
        first = _path(url)[: None if part == 1 else -1]
    except ValueError:
        return None
    first = first[:-1] if part > 1 and first[-1:] == ("page",) else first
    numbered = re.compile(rf"(?:^|/)(?:page-)?{number}/?\s*$")  # most that end so are another article's, and joining is dear
    for node in tree.css(f"link[rel~=next i][href], a[href$='{number}'], a[href$='{number}/']"):
        attributes = node.attributes
        href = attributes.get("href") or ""
        stated = node.tag == "link" or "next" in (attributes.get("rel") or "").lower().split()
        if not stated and numbered.search(href) is None:
            continue
        address = absolute(url, href.strip())
        if address is None:
            continue
        try:
            path, query = _path(address), parse_qsl(urlsplit(address).query)
        except ValueError:
            continue
        added = path[len(first) :] if path[: len(first)] == first else None
        if added in {(number,), ("page", number), (f"page-{number}",)}:
            return address
        if stated and added == () and any(name in _NAMES and value == number for name, value in query):
            return address
    return None


def _path(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    return ((parts.hostname or "").removeprefix("www."), *(part for part in unquote(parts.path).split("/") if part))
