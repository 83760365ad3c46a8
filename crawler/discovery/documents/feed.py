"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.1."""

from __future__ import annotations

from typing import Any, Final

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.entries import MOST_ENTRIES, Entry, Listed, not_barren
from crawler.discovery.documents.json_text import load_json
from crawler.discovery.documents.scanner import Element, Scanner, attributes_of
from crawler.discovery.documents.text import RawDocument, Text, UnreadableError, refuse_entities, text_of

ROOTS: Final = frozenset({"rss", "feed", "rdf", "channel"})
ENTRIES: Final = frozenset({"item", "entry"})
PUBLISHED: Final = ("pubdate", "published", "issued", "created", "date")
"""Elements that date an entry, the strongest first: RSS 2.0, Atom 1.0, Atom 0.3 and Dublin Core."""
MODIFIED: Final = ("updated", "modified")
MOST_LINKS: Final = 50
IANA: Final = "http://www.iana.org/assignments/relation/"


def read_feed(document: RawDocument) -> Listed:
    """Raises UnreadableError for what is no feed."""
    text = text_of(document)
    if text.text.lstrip()[:1] == "{":
        return _json_feed(text, document.url)
    return feed_in(text, document.url)


def feed_in(text: Text, url: str) -> Listed:
    """Of RSS or Atom. What a cut document leaves open at its end is no entry."""
    refuse_entities(text.text)
    handler, scanner = _FeedHandler(url), Scanner(ROOTS, ENTRIES)
    handler.scanner = scanner
    scanner.scan(text.text, handler)
    if not scanner.root:
        raise UnreadableError(f"is not a feed (its root element is <{scanner.first[:40]}>)" if scanner.first else "is not a feed")
    whole = text.whole and scanner.whole and len(handler.entries) < MOST_ENTRIES
    listed = Listed("feed", tuple(handler.entries), whole, handler.dropped, tuple(handler.links))
    return not_barren(listed, len(text.text))


class _FeedHandler:
    """Collects the values of one entry at a time; the first of each kind counts."""

    def __init__(self, url: str) -> None:
        self.scanner: Scanner
        self.entries: list[Entry] = []
        self.links: list[tuple[str, str]] = []
        self.dropped = 0
        self._url = url
        self._base = ""
        self._values: dict[str, str] = {}

    def opened(self, prefix: str, attributes: str) -> None:  # noqa: ARG002 - the scanner's signature
        given = attributes_of(attributes)
        self._values = {"about": given.get("rdf:about", "")}
        self._base = given.get("xml:base", "")

    def element(self, element: Element, *, in_entry: bool) -> None:
        if not in_entry:
            if element.name == "link" and element.parent in ROOTS and len(self.links) < MOST_LINKS:
                self.links.append((element.attribute("rel") or "alternate", element.attribute("href")))
        elif len(element.ancestors) == 1:
            self._value(element)

    def _value(self, element: Element) -> None:
        name, text = element.name, element.text
        if name == "link" and not text:
            relation = (element.attribute("rel") or "alternate").lower()
            # RFC 4287 §4.2.7.2: a name, or the same as an address.
            name = "href" if relation in ("alternate", f"{IANA}alternate") else ""
            # One entry may have alternates of several types: its JSON in an API is not its page.
            name = name if not name or "html" in (element.attribute("type") or "html").lower() else "other"
            text = element.attribute("href")
        if name == "guid" and element.attribute("ispermalink").lower() == "false":
            name = "id"
        if name and text:
            self._values.setdefault(name, text)

    def closed(self) -> None:
        base = absolute(self._url, attributes_of(self.scanner.root_attributes).get("xml:base", "")) or self._url
        base = absolute(base, self._base) or base
        values, self._values = self._values, {}
        # A proxy that counts readers (FeedBurner) puts the entry's own address elsewhere.
        written = [values.get(name, "") for name in ("origlink", "link", "href", "other", "guid", "about")]
        url = next((url for each in written if (url := absolute(base, each))), None)
        if url is None and values.get("id", "").startswith("http"):
            url = absolute(base, values["id"])
        if url is None or len(self.entries) >= MOST_ENTRIES:
            self.dropped += 1
            return
        dates = [next((values[name] for name in names if values.get(name)), "") for names in (PUBLISHED, MODIFIED)]
        self.entries.append(Entry(url, *dates))


def _json_feed(text: Text, url: str) -> Listed:
    feed = load_json(text.text)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise UnreadableError("is not a feed")
    entries, dropped = [], 0
    for item in feed["items"][:MOST_ENTRIES]:
        fields: dict[str, Any] = item if isinstance(item, dict) else {}
        written = [fields.get("url"), fields.get("external_url"), fields.get("id")]
        address = next((found for each in written if isinstance(each, str) and (found := absolute(url, each))), None)
        if address is None:
            dropped += 1
            continue
        dates = [date if isinstance(date := fields.get(name), str) else "" for name in ("date_published", "date_modified")]
        entries.append(Entry(address, *dates))
    hubs = feed.get("hubs") if isinstance(feed.get("hubs"), list) else []
    links = [("hub", hub["url"]) for hub in hubs or [] if isinstance(hub, dict) and isinstance(hub.get("url"), str)]
    own = feed.get("feed_url")
    links += [("self", own)] if isinstance(own, str) else []
    following = feed.get("next_url")
    links += [("next", following)] if isinstance(following, str) else []
    return Listed("feed", tuple(entries), text.whole, dropped, tuple(links[:MOST_LINKS]))
