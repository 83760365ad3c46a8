"""The links of an HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode
from w3lib.encoding import html_body_declared_encoding

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.text import RawDocument, text_of

MOST_LINKS: Final = 20_000
MOST_CHARACTERS: Final = 500_000
_ANCHORS: Final = frozenset({"a", "area"})
_DATA: Final = ("data-href", "data-url", "data-link")
_LINKING: Final = ", ".join(("a", "area", "[onclick]", *(f"[{name}]" for name in _DATA)))
_ADDRESS: Final = re.compile(r"[/?]")
"""In an attribute that may say anything: a word alone is no address."""
_NEXT: Final = "link[rel~=next i][href], a[rel~=next i][href]"
_LONGEST_SCRIPT: Final = 2_000
_GOES_TO: Final = re.compile(
    r"(?:location(?:\s{0,9}\.\s{0,9}href)?\s{0,9}=|location\s{0,9}\.\s{0,9}(?:assign|replace)\s{0,9}\(|\bopen\s{0,9}\()"
    r"\s{0,9}(?P<quote>[\"'])(?P<address>[^\"']{1,2000})(?P=quote)"
)
"""In `onclick`: where a script goes to."""
_REFRESH: Final = re.compile(
    r"^\s{0,9}[0-9]{1,2}\s{0,9}[;,]\s{0,9}url\s{0,9}=\s{0,9}[\"']?(?P<address>[^\"']{1,2000})", re.IGNORECASE
)
_URL: Final = re.compile(r'"(?:url|@id)"\s{0,9}:\s{0,9}"([^"]{1,2000})"')


@dataclass(frozen=True, slots=True)
class PageLinks:
    """links: absolute addresses in the order of the page, each once, without fragments, those of linked data last; next: of the
    page that follows this one, if it names it (`rel=next`).
    """

    links: tuple[str, ...]
    next: str | None = None


def read_links(document: RawDocument) -> PageLinks:
    """The links of an HTML page."""
    if "charset" not in document.content_type.lower():
        declared = html_body_declared_encoding(document.body[:4_096])
        document = replace(document, content_type=f"text/html; charset={declared}" if declared else "")
    tree = LexborHTMLParser(text_of(document).text)
    start = base_of(tree, document.url)
    written = chain((address for _, address in linking(tree)), _in_linked_data(tree))
    found = (absolute(start, each.partition("#")[0]) for each in written)
    return PageLinks(tuple(dict.fromkeys(url for url in found if url))[:MOST_LINKS], stated_next(tree, start))


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """What relative addresses of the page at `url` are relative to."""
    base = tree.css_first("base[href]")
    return (absolute(url, base.attributes.get("href") or "") if base is not None else None) or url


def linking(tree: LexborHTMLParser) -> Iterator[tuple[LexborNode, str]]:
    """(element, address as written) of all that a reader can follow by a click: links, SVG's links, and elements that a script
    makes one (`data-href`, `onclick="location.href='…'"`).
    """
    for node in tree.css(_LINKING):
        attributes = node.attributes
        if node.tag in _ANCHORS:
            yield node, attributes.get("href") or attributes.get("xlink:href") or ""
        for name in _DATA:
            if (written := attributes.get(name)) and _ADDRESS.search(written):
                yield node, written
        for found in _GOES_TO.finditer((attributes.get("onclick") or "")[:_LONGEST_SCRIPT]):
            yield node, found["address"]


def leads_to(tree: LexborHTMLParser, base: str) -> str | None:
    """Where a page sends its reader by itself: `<meta http-equiv=refresh>` with an address, or a script that sets `location`."""
    refresh = tree.css_first("meta[http-equiv=refresh i][content]")
    found = _REFRESH.search((refresh.attributes.get("content") or "")[:_LONGEST_SCRIPT]) if refresh is not None else None
    if found is not None:
        return absolute(base, found["address"].strip())
    scripts = (_GOES_TO.search(script.text()[:_LONGEST_SCRIPT]) for script in tree.css("script:not([src])"))
    return next((absolute(base, sent["address"]) for sent in scripts if sent is not None), None)


def stated_next(tree: LexborHTMLParser, base: str) -> str | None:
    """What `rel=next` names, in the head or on a link."""
    named = (absolute(base, (node.attributes.get("href") or "").partition("#")[0]) for node in tree.css(_NEXT))
    return next((url for url in named if url is not None), None)


def _in_linked_data(tree: LexborHTMLParser) -> Iterator[str]:
    """Addresses in JSON-LD: a page that a script draws has its list there (schema.org `ItemList`), if anywhere."""
    for script in tree.css('script[type="application/ld+json"]'):
        for found in _URL.finditer(script.text()[:MOST_CHARACTERS]):
            yield found[1].replace("\\/", "/")
