"""One address on its way to its fate, and the article read from it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from crawler.discovery import Candidate, Found
from extractors import Article, Location
from extractors.article import Via
from storage import Capture

REPLAY_URL = re.compile(r"^https?://web\.archive\.org/web/(\d{14})(?:id_)?/(.+)$")


@dataclass(slots=True, eq=False)
class Visit:
    """`found` by a source at `place`; for a page in a web archive, `tried` counts the captures that were no use.

    invited: a source named it. A page looked at by hand (`scrapy parse`) leaves no fate unless it is kept.
    """

    found: Found
    place: Location
    tried: int = 0
    settled: bool = False
    invited: bool = True
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


class Reading(dict[str, Any]):
    """The Scrapy item: the fields of an article as read, and its fate once the pipeline has handed it over.

    A dictionary, so that `scrapy parse` and `scrapy crawl -o` show an article; the values that the pipeline needs are
    attributes.
    """

    def __init__(self, article: Article, capture: Capture, visit: Visit) -> None:
        super().__init__(asdict(article))
        self.article = article
        self.capture = capture
        self.visit = visit
