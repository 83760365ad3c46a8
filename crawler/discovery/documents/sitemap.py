"""Sitemaps (sitemaps.org protocol 0.9): `urlset` and `sitemapindex`, RSS, Atom, or a text file of one address a line."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.entries import MOST_ENTRIES, Entry, Listed, not_barren
from crawler.discovery.documents.feed import ROOTS as FEED_ROOTS
from crawler.discovery.documents.feed import feed_in
from crawler.discovery.documents.scanner import Element, Scanner
from crawler.discovery.documents.text import RawDocument, Text, UnreadableError, refuse_entities, text_of

ROOTS: Final = frozenset({"urlset", "sitemapindex"})
ENTRIES: Final = {"url": "urlset", "sitemap": "sitemapindex"}
"""What stands in which document. Where the two do not agree, the entries say what it is."""

_COLUMN: Final = re.compile(r"\t|[,;](?=\s*\d{4}-\d\d(?:\D|$))")
"""Between the address and what else stands in its line: a table that was named a sitemap."""


def read_sitemap(document: RawDocument) -> Listed:
    """Raises UnreadableError for what is no sitemap, such as an error page."""
    text = text_of(document)
    refuse_entities(text.text)
    scanner = Scanner(ROOTS | FEED_ROOTS | {"html"}, frozenset(ENTRIES))
    handler = _SitemapHandler(document.url, scanner)
    scanner.scan(text.text, handler)
    if scanner.root in FEED_ROOTS:
        return feed_in(text, document.url)
    if not scanner.first:
        return _text_sitemap(text, document.url)
    if scanner.root not in ROOTS:
        raise UnreadableError(f"is not a sitemap (its root element is <{(scanner.root or scanner.first)[:40]}>)")
    whole = text.whole and scanner.whole and len(handler.entries) < MOST_ENTRIES
    kind = handler.kinds.most_common(1)[0][0] if handler.kinds else scanner.root
    return not_barren(Listed(kind, tuple(handler.entries), whole, handler.dropped), len(text.text))


class _SitemapHandler:
    """kinds: of document, by how many entries are of it."""

    def __init__(self, url: str, scanner: Scanner) -> None:
        self.entries: list[Entry] = []
        self.dropped = 0
        self.kinds: Counter[str] = Counter()
        self._url, self._scanner = url, scanner
        self._prefix = ""
        self._values: dict[str, str] = {}

    def opened(self, prefix: str, attributes: str) -> None:  # noqa: ARG002 - the scanner's signature
        self._prefix, self._values = prefix, {}

    def element(self, element: Element, *, in_entry: bool) -> None:
        """`<image:loc>` and `<video:publication_date>` stand inside other elements, and are not the page's."""
        own = len(element.ancestors) == 1 and element.prefix == self._prefix and element.name in ("loc", "lastmod")
        stated = element.name == "publication_date" and "news" in element.ancestors
        if in_entry and element.text and (own or stated):
            self._values.setdefault(element.name, element.text)

    def closed(self) -> None:
        values, self._values = self._values, {}
        url = absolute(self._url, values.get("loc", ""))
        if url is None or len(self.entries) >= MOST_ENTRIES:
            self.dropped += 1
        else:
            self.kinds[ENTRIES[self._scanner.entry]] += 1
            self.entries.append(Entry(url, values.get("publication_date", ""), values.get("lastmod", "")))


def _text_sitemap(text: Text, url: str) -> Listed:
    lines = text.text.splitlines()
    if not text.whole:
        lines = lines[:-1]  # the last one is cut
    written = [_COLUMN.split(line.strip(), maxsplit=1)[0] for line in lines if line.strip()]
    entries = [Entry(address) for line in written[:MOST_ENTRIES] if line.startswith("http") and (address := absolute(url, line))]
    if not entries:
        raise UnreadableError("is not a sitemap")
    return Listed("text", tuple(entries), text.whole and len(written) <= MOST_ENTRIES, len(written) - len(entries))
