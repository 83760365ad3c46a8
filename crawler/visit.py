"""One address on its way to its fate, and the article read from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crawler.discovery import Candidate, Found
from extractors import Article, Location
from extractors.article import Via
from storage import Capture

REPLAY_URL = re.compile(r"^https?://web\.archive\.org/web/(\d{14})(?:id_)?/(.+)$")


@dataclass(slots=True, eq=False)
class Visit:
    """`found` by a source at `place`; for a page in a web archive, `tried` counts the captures that were no use."""

    found: Found
    place: Location
    tried: int = 0
    settled: bool = False
    holds_room: bool = False

    @property
    def candidate(self) -> Candidate | None:
        """The capture being tried; None for a live page."""
        return self.found.candidates[self.tried] if self.found.candidates else None

    def try_next(self) -> bool:
        """Goes on to the next capture; False when there is none."""
        if self.tried + 1 >= len(self.found.candidates):
            return False
        self.tried += 1
        return True

    @property
    def via(self) -> Via:
        return "wayback" if self.found.candidates else "live"

    def page_url(self, fetched_url: str) -> str:
        """The page's own address: for a replay the original's, which a redirect inside the archive may have changed."""
        if self.candidate is None:
            return fetched_url
        replay = REPLAY_URL.match(fetched_url)
        return replay[2] if replay else self.candidate.original_url

    def memento_at(self, fetched_url: str) -> datetime | None:
        """When the archive captured what it sent: its redirects lead to the capture it has nearest to the one asked."""
        if self.candidate is None:
            return None
        replay = REPLAY_URL.match(fetched_url)
        return datetime.strptime(replay[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if replay else self.candidate.memento_at


@dataclass(slots=True, kw_only=True)
class Reading:
    """The Scrapy item: an article as read, where it came from, and its fate once the pipeline has handed it over."""

    article: Article
    capture: Capture
    visit: Visit = field(repr=False)
    fate: str | None = None
