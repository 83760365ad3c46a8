"""The links of an HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from selectolax.lexbor import LexborHTMLParser
from w3lib.encoding import html_body_declared_encoding

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.text import RawDocument, text_of

MOST_LINKS: Final = 20_000
MOST_CHARACTERS: Final = 500_000
_URL: Final = re.compile(r'"(?:url|@id)"\s{0,9}:\s{0,9}"([^"]{1,2000})"')


def read_links(document: RawDocument) -> list[str]:
    """Absolute addresses in the order of the page, each once, without fragments."""
    if "charset" not in document.content_type.lower():
        declared = html_body_declared_encoding(document.body[:4_096])
        document = replace(document, content_type=f"text/html; charset={declared}" if declared else "")
    tree = LexborHTMLParser(text_of(document).text)
    base = tree.css_first("base[href]")
    start = absolute(document.url, base.attributes.get("href") or "") if base is not None else None
    anchors = (node.attributes.get("href") or "" for node in tree.css("a[href], area[href]"))
    written = chain(anchors, _in_linked_data(tree))
    found = (absolute(start or document.url, each.partition("#")[0]) for each in written)
    return list(dict.fromkeys(url for url in found if url))[:MOST_LINKS]


def _in_linked_data(tree: LexborHTMLParser) -> Iterator[str]:
    """Addresses in JSON-LD: a page that a script draws has its list there (schema.org `ItemList`), if anywhere."""
    for script in tree.css('script[type="application/ld+json"]'):
        for found in _URL.finditer(script.text()[:MOST_CHARACTERS]):
            yield found[1].replace("\\/", "/")
