"""What one crawl learned of an outlet, for whoever watches it: how much was new, and whether its pages could be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from crawler.window import is_fresh
from extractors import Article
from storage import Outcome

THIN: Final = 0.3
"""A body that is shorter than this part of what is usual, or of what it was, was not read as it should be."""
MOST_ENTRIES: Final = 50
"""A sitemap lists all there is; as many entries as a long feed has are enough to go by."""


@dataclass(slots=True)
class CrawlStatistics:
    """entries, new: of the first source that answered (None: it said that nothing has changed), and how many were not known.

    answered: one of the sources did; troubles: what the others said. fates: of addresses that were fetched; reasons: of those
    that were no article. wanted: fate and reason of each address that was asked for; canaries: of each kept article that was
    read again; thin: of which little was left. kept: (address, length of the text) of
    articles kept, with their publication. lengths, filled: of articles read, the length of the text, and which fields they had.
    """

    entries: int | None = None
    new: int = 0
    heard: bool = False
    answered: bool = False
    troubles: list[str] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wanted: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    canaries: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    thin: set[str] = field(default_factory=set)
    kept: list[tuple[str, str | None]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    filled: Counter[str] = field(default_factory=Counter)
    announced: int = 0
    fetched: int = 0
    elsewhere_hosts: Counter[str] = field(default_factory=Counter)

    def offered(self, entries: int, new: int) -> None:
        """The first source that answers tells when to ask again."""
        if not self.heard:
            self.heard, self.entries, self.new = True, min(entries, MOST_ENTRIES) or None, min(new, MOST_ENTRIES)

    def elsewhere(self, url: str) -> None:
        """A source named an address that is none of the outlet's."""
        self.elsewhere_hosts[urlsplit(url).netloc] += 1

    def read(self, article: Article) -> None:
        """A page was an article."""
        self.lengths.append(len(article.body))
        self.filled.update(name for name in ("authors", "date_published", "sources", "section") if getattr(article, name))

    def left(self, outcome: Outcome, published: str | None, *, fetched: bool, wanted: bool, canary: bool = False) -> None:
        """An address came to its fate."""
        if wanted:
            self.wanted[outcome.url] = (outcome.fate, outcome.reason)
        if canary:
            self.canaries[outcome.url] = (outcome.fate, outcome.reason)
        if fetched:
            self.fates[outcome.fate] += 1
            if outcome.fate in {"failed", "not_an_article", "gone"}:
                self.reasons[(outcome.reason or "").partition(":")[0]] += 1
        if outcome.fate == "kept":
            self.kept.append((outcome.url, published))
        self.announced += outcome.fate in {"kept", "revised", "gone"}

    def fresh(self, now: datetime) -> int:
        """How many of the articles kept were published within two days."""
        return sum(is_fresh(published, now) for _, published in self.kept)
