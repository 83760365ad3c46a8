"""The sitemaps that robots.txt names (sitemaps.org, «Submitting your Sitemap»)."""

from __future__ import annotations

import re
from typing import Final

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.text import RawDocument, UnreadableError, text_of

MOST_SITEMAPS: Final = 1_000
_LINE: Final = re.compile(r"\A[^\S\n]*site-?map[^\S\n]*:[^\S\n]*([^\s#]+)", re.IGNORECASE)
"""`Site-map:` is read by Google's parser too."""


def read_robots(document: RawDocument) -> list[str]:
    """Absolute addresses in their order, each once."""
    try:
        text = text_of(document).text
    except UnreadableError:
        return []
    named: dict[str, None] = {}
    for line in text.splitlines():
        found = _LINE.match(line[:9_000])
        url = absolute(document.url, found[1]) if found else None
        if url is not None and len(named) < MOST_SITEMAPS:
            named.setdefault(url)
    return list(named)
