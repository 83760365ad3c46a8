"""What was seen of a site: the values that a `Surveyor` gives and drafting takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from crawler.discovery.documents.entries import Entry
from crawler.survey.documents import WordPressSite
from crawler.survey.evidence import Evidence
from crawler.survey.layout import SeenLayout
from crawler.survey.page import PageLook


@dataclass(frozen=True, slots=True)
class SeenFeed:
    """A feed that answered, and its entries."""

    url: str
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class SeenSitemaps:
    """robots: its address; named: the sitemaps that robots.txt names; found: those that answered elsewhere; entries: of all that
    were read; children: of indexes, read or not; unread: some that may list articles were not read;
    daily: (index, template) of one sitemap a day.
    """

    robots: str
    named: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    unread: bool = False
    daily: tuple[str, str] | None = None


@dataclass(slots=True)
class Survey:
    """One look at a site. tried: what was asked in vain, and why; verified: see `grammar_of`; listings: pages that link to
    articles; posts_unread: WordPress has more posts than were asked for; last_capture: of a site that is gone.
    """

    home: PageLook
    hosts: tuple[str, ...]
    evidence: Evidence
    sitemaps: SeenSitemaps
    looks: list[PageLook] = field(default_factory=list)
    listings: list[PageLook] = field(default_factory=list)
    feeds: list[SeenFeed] = field(default_factory=list)
    posts: str | None = None
    posts_unread: bool = False
    last_capture: date | None = None
    wordpress: WordPressSite | None = None
    verified: str | None = None
    tried: list[str] = field(default_factory=list)
    requests: int = 0
    layout: SeenLayout | None = None

    @property
    def has_home(self) -> bool:
        """Whether `home` is the home page; of a site that is gone, it may be the first capture that there is."""
        return self.last_capture is None or self.evidence.get(self.home.page.url) is None

    @property
    def articles(self) -> list[PageLook]:
        """The pages that read as articles and are no navigation."""
        sure = {seen.url for seen in self.evidence.articles}
        return [
            look
            for look in self.looks
            if (seen := self.evidence.get(look.page.url)) is not None and seen.url in sure and look.is_article
        ]


def hosts_of(host: str) -> tuple[str, str]:
    """The host, and the same with or without `www.`: one site, as a rule."""
    return host, host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
