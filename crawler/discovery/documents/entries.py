"""What a document that lists addresses holds."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ENTRIES = 250_000
"""Entries read of one document. sitemaps.org allows 50,000; what lists more than this is listed in part."""


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
