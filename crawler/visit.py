"""One address on its way to its fate, and the article read from it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from scrapy.http import Response

from crawler.discovery import Candidate, Found
from extractors import Article, Location, Page
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

    @property
    def address(self) -> str:
        """What to ask for: the capture to be tried, or the page in the form its source wrote, which the source says exists.

        The canonical form is for naming; nobody promised that the server answers it. Queries and fragments mark variants
        (AMP, tracking) and are left out where the canonical form has none.
        """
        if self.candidate is not None:
            return self.candidate.replay_url
        parts = urlsplit(self.found.url)
        by_query = urlsplit(self.place.url).query or (parts.path in ("", "/") and "=" in parts.query)
        return urlunsplit(("https", parts.netloc, parts.path, parts.query if by_query else "", ""))

    def capture(self, response: Response, now: datetime) -> Capture:
        """How the response came."""
        return Capture(fetched_at=now, status=response.status, via=self.via, memento_at=self.memento_at(response.url))

    def page(self, response: Response, capture: Capture) -> Page:
        """The response as a page to be read."""
        return Page(
            url=self.page_url(response.url),
            fetched_url=response.url,
            body=response.body,
            status=response.status,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            fetched_at=capture.fetched_at,
            via=capture.via,
            memento_at=capture.memento_at,
        )

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
