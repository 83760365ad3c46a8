"""Counts of one crawl of one outlet, for the monitor of a watch: how much was new, and whether pages could be read."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.window import is_fresh

if TYPE_CHECKING:
    from extractors import Article
    from storage import Outcome

GOT: Final = frozenset({"kept", "revised", "unchanged", "duplicate"})
FIRST_KEPT: Final = 2
"""So many addresses of kept articles are handed to the monitor, which reads them again as canaries."""
MOST_LENGTHS: Final = 1_000
"""A crawl that takes over a hundred thousand articles needs no more memory than one of a few."""
MOST_ENTRIES: Final = 50
"""A sitemap lists all there is; as many entries as a long feed has are enough to go by."""


@dataclass(slots=True)
class AddressCounts:
    """What became of addresses, as far as it tells whether the outlet can be read (`crawler.crawl.verdict`).

    articles_named: addresses that have the form of an article; other_kinds: the others, by kind; moved: a sentence for each
    source all of whose links lead to other hosts. Of addresses with the form of an article: got: became one, or did not change;
    same_text: of those that show a text of another address, how many show each (content hash);
    left_known: known, and not asked for; failed, failed_again, no_article: by reason; `failed_again` failed in an earlier
    crawl too, `no_article` are something else, gone or refused by robots.txt, or known articles that failed.
    """

    articles_named: int = 0
    other_kinds: Counter[str] = field(default_factory=Counter)
    moved: list[str] = field(default_factory=list)
    got: int = 0
    same_text: Counter[str] = field(default_factory=Counter)
    left_known: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    failed_again: Counter[str] = field(default_factory=Counter)
    no_article: Counter[str] = field(default_factory=Counter)

    def left(self, outcome: Outcome, *, fetched: bool, known: bool, repeated: bool) -> None:
        """An address came to its fate. known: as an article, before this crawl; repeated: it failed before this crawl too."""
        if not fetched:
            self.left_known += outcome.fate == "unchanged"
            if repeated:
                self.failed_again[reason_label(outcome.reason)] += 1
        elif outcome.fate in GOT:
            self.got += 1
            if outcome.fate == "duplicate" and outcome.content_hash:
                self.same_text[outcome.content_hash] += 1
        elif known or outcome.fate != "failed":
            self.no_article[reason_label(outcome.reason)] += 1
        else:
            (self.failed_again if repeated else self.failed)[reason_label(outcome.reason)] += 1


@dataclass(slots=True)
class CrawlStatistics:
    """entries, new: of the first source that answered (None: it said that nothing has changed), and how many were not known.

    fetched: pages asked for; elsewhere_hosts: of links that are none of the outlet's; verdict: (cause, detail) of a crawl that
    got nothing. answered: one of the sources did; troubles: what the others said; failed_sources: how many failed. fates: of
    addresses that were fetched; reasons: of those that were no article. wanted: fate and reason of each address that was asked
    for; canaries: of each kept article that was read again; thin: of which little was left. kept: how many
    articles were; fresh: those published within two days; first_kept: addresses of the first few. articles: how many were read;
    lengths, filled, doubts: of the last of them the lengths of the text, how many had each field, and each doubt of its text.
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
    kept: int = 0
    fresh: int = 0
    first_kept: list[str] = field(default_factory=list)
    articles: int = 0
    lengths: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_LENGTHS))
    filled: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    announced: int = 0
    fetched: int = 0
    elsewhere_hosts: Counter[str] = field(default_factory=Counter)
    addresses: AddressCounts = field(default_factory=AddressCounts)
    verdict: tuple[str, str] | None = None
    failed_sources: int = 0

    def offered(self, entries: int, new: int) -> None:
        """The first source that answers tells when to ask again."""
        if not self.heard:
            self.heard, self.entries, self.new = True, min(entries, MOST_ENTRIES) or None, min(new, MOST_ENTRIES)

    def elsewhere(self, url: str) -> None:
        """A source named an address that is none of the outlet's."""
        self.elsewhere_hosts[_host(url)] += 1

    def read(self, article: Article) -> None:
        """A page was an article."""
        self.articles += 1
        self.lengths.append(len(article.body))
        self.doubts.update(article.reading.doubts)
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
            self.kept += 1
            self.fresh += is_fresh(published, datetime.now(UTC))
            if len(self.first_kept) < FIRST_KEPT:
                self.first_kept.append(outcome.url)
        self.announced += outcome.fate in {"kept", "revised", "gone"}


def reason_label(reason: str | None) -> str:
    """A reason without what differs from page to page: `challenge (cloudflare)`, `elsewhere (new.example)`, `HTTP 500`."""
    name, _, detail = (reason or "no reason").partition(": ")
    if name in {"challenge", "consent-wall"} and detail:
        return f"{name} ({detail})"
    if name == "elsewhere":
        return f"elsewhere ({_host(detail.rpartition(' ')[2])})"
    return name[:80]


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc or "?"
    except ValueError:
        return "?"
