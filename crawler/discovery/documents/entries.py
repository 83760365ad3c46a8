"""What a document that lists addresses holds."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.discovery.documents.text import UnreadableError

MOST_ENTRIES = 250_000
"""Entries read of one document. sitemaps.org allows 50,000; what lists more than this is listed in part."""

MOST_WITHOUT_ENTRY = 200_000
"""Characters of a document that lists nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """url: absolute; published, modified: dates as they stand there, not judged; "" for none."""

    url: str
    published: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """kind: `urlset`, `sitemapindex`, `text`, or `feed`; whole: it was read to its end; dropped: entries without an address that
    can be asked for; links: (rel, address) of a feed, for its hub.
    """

    kind: str
    entries: tuple[Entry, ...]
    whole: bool = True
    dropped: int = 0
    links: tuple[tuple[str, str], ...] = ()


def not_barren(listed: Listed, characters: int) -> Listed:
    """The same. Raises UnreadableError where none of its entries has an address, and where there is none in a document that was
    not read to its end, or that is large: the empty list of an outlet without news is short.
    """
    if listed.entries:
        return listed
    if listed.dropped:
        raise UnreadableError(f"has {listed.dropped} entries, none with an address")
    if not listed.whole:
        raise UnreadableError(f"is cut or broken before its first entry ({characters} characters)")
    if characters > MOST_WITHOUT_ENTRY:
        raise UnreadableError(f"has no entry in {characters} characters")
    return listed
