"""The parser of sitemaps (sitemaps.org protocol 0.9, XML)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

from lxml import etree
from scrapy.http import Response
from scrapy.utils.gz import gunzip, gzip_magic_number

from crawler.discovery.entities import declares_entities
from crawler.discovery.found import SourceError

END = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>|<(?:[\w.-]+:)?(?:urlset|sitemapindex)[^>]*/>")

MAX_LOCS = 50_000
"""Most addresses in one file, by the sitemaps.org protocol. More is a bomb or a mistake."""


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """One `<url>` or `<sitemap>`: where, last modified, and the news publication date if stated."""

    loc: str
    lastmod: str | None = None
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A sitemap read: its root element (`urlset` or `sitemapindex`), its entries, and whether it had its end."""

    root: str
    entries: list[SitemapEntry]
    whole: bool


def parse(response: Response, max_bytes: int) -> Content:
    """Reads a sitemap, gunzipped if need be. A file cut short gives what could be read.

    Raises SourceError for what is not a sitemap (an HTML page, nothing), for one that declares entities (the way to
    make a small file large) and for more than MAX_LOCS addresses.
    """
    body = response.body
    if gzip_magic_number(response):
        try:
            body = gunzip(body, max_size=max_bytes)
        except (OSError, EOFError, ValueError) as error:
            raise SourceError(response.url, f"cannot be gunzipped: {error}") from error
    if declares_entities(body):
        raise SourceError(response.url, "declares XML entities, which a sitemap never needs")
    if not body.strip():
        raise SourceError(response.url, "is empty")
    # With recover=True libxml2 closes what the file left open and gives half an address as a whole one: the cut must be
    # found in the bytes, and made before the last entry that is not whole.
    whole = END.search(body[-200:]) is not None
    if not whole:
        body = _up_to_last_entry(body)
    reading = _SitemapHandler(response.url)
    events = etree.iterparse(
        BytesIO(body.lstrip()), events=("start", "end"), recover=True, resolve_entities=False, no_network=True
    )
    try:
        for event, element in events:
            reading.take(event, element)
    except etree.XMLSyntaxError as error:
        if not reading.entries:
            raise SourceError(response.url, f"is not XML: {error.msg}") from error
    if not reading.root:
        raise SourceError(response.url, "is not XML")
    return Content(reading.root, reading.entries, whole)


def _up_to_last_entry(body: bytes) -> bytes:
    end = max(body.rfind(b"</url>"), body.rfind(b"</sitemap>"))
    return body if end < 0 else body[: body.index(b">", end) + 1]


class _SitemapHandler:
    """Takes the parser's events, forgets elements as it goes: memory stays at one entry, whatever the file's size."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root = ""
        self.entries: list[SitemapEntry] = []
        self._fields: dict[str, str] = {}

    def take(self, event: str, element: etree._Element) -> None:
        tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if event == "start":
            self._start(tag)
        elif tag in ("lastmod", "publication_date"):
            self._fields[tag] = (element.text or "").strip()
        elif tag == "loc":
            parent = element.getparent()
            # <image:loc> and <video:…loc> stand inside other elements and are no pages.
            if parent is not None and etree.QName(parent).localname in ("url", "sitemap"):
                self._fields[tag] = (element.text or "").strip()
        elif tag in ("url", "sitemap"):
            self._entry(element)

    def _start(self, tag: str) -> None:
        self.root = self.root or tag
        if self.root not in ("urlset", "sitemapindex"):
            raise SourceError(self.url, f"is not a sitemap (its root element is <{self.root}>)")

    def _entry(self, element: etree._Element) -> None:
        fields, self._fields = self._fields, {}
        if fields.get("loc"):
            self.entries.append(
                SitemapEntry(fields["loc"], fields.get("lastmod") or None, fields.get("publication_date") or None)
            )
        if len(self.entries) > MAX_LOCS:
            raise SourceError(self.url, f"names more than {MAX_LOCS} addresses")
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
