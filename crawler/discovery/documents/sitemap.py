"""Sitemaps (sitemaps.org protocol 0.9): `urlset` and `sitemapindex`, RSS, Atom, or a text file of one address a line."""

from __future__ import annotations

from typing import Final

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.entries import MOST_ENTRIES, Entry, Listed, not_barren
from crawler.discovery.documents.feed import ROOTS as FEED_ROOTS
from crawler.discovery.documents.feed import feed_in
from crawler.discovery.documents.scanner import Element, Scanner
from crawler.discovery.documents.text import RawDocument, Text, UnreadableError, refuse_entities, text_of

ROOTS: Final = frozenset({"urlset", "sitemapindex"})
ENTRIES: Final = frozenset({"url", "sitemap"})


def read_sitemap(document: RawDocument) -> Listed:
    """Raises UnreadableError for what is no sitemap, such as an error page."""
    text = text_of(document)
    refuse_entities(text.text)
    handler, scanner = _SitemapHandler(document.url), Scanner(ROOTS | FEED_ROOTS | {"html"}, ENTRIES)
    scanner.scan(text.text, handler)
    if scanner.root in FEED_ROOTS:
        return feed_in(text, document.url)
    if not scanner.first:
        return _text_sitemap(text, document.url)
    if scanner.root not in ROOTS:
        raise UnreadableError(f"is not a sitemap (its root element is <{(scanner.root or scanner.first)[:40]}>)")
    whole = text.whole and scanner.whole and len(handler.entries) < MOST_ENTRIES
    return not_barren(Listed(scanner.root, tuple(handler.entries), whole, handler.dropped), len(text.text))


class _SitemapHandler:
    def __init__(self, url: str) -> None:
        self.entries: list[Entry] = []
        self.dropped = 0
        self._url = url
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
            self.entries.append(Entry(url, values.get("publication_date", ""), values.get("lastmod", "")))


def _text_sitemap(text: Text, url: str) -> Listed:
    lines = text.text.splitlines()
    if not text.whole:
        lines = lines[:-1]  # the last one is cut
    written = [line.strip() for line in lines if line.strip()]
    entries = [Entry(address) for line in written[:MOST_ENTRIES] if line.startswith("http") and (address := absolute(url, line))]
    if not entries:
        raise UnreadableError("is not a sitemap")
    return Listed("text", tuple(entries), text.whole and len(written) <= MOST_ENTRIES, len(written) - len(entries))
