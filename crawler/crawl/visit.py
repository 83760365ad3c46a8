"""One address on its way to its fate, and the article read from it.

Who writes what: the frontier makes the `Target` (frozen); the exchange recorder replaces `Visit.fetched` at each response;
`VisitFates` moves `Visit.captures` on and sets `Visit.left`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from scrapy.http import Response

from crawler.discovery.found import CaptureCandidate, Document, Found
from crawler.discovery.web_archives.captures import moment
from crawler.discovery.web_archives.selection import RESORT
from crawler.download.web_archives import REPLAY_URL
from crawler.read.encoded_page import EncodedPage
from extractors import Article, Location
from extractors.article import Via
from extractors.outlets import outlets
from storage import Capture, Known, Outcome, Settled
from storage.record import to_dict
from storage.warc.exchange import Exchange
from storage.warc.headers import Headers
from storage.warc.records import Packed

EXCHANGES = "exchanges"
"""Meta key: what went over the wire (`crawler.crawl.exchanges`) for a page that has no visit yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is known of an address before it is asked for.

    found: as a source named it; place: what its form says; source: its name; known: what the archive knows of it; conditions:
    headers that ask for the page only if it changed. invited: a source named it; a page looked at by hand (`scrapy parse`)
    leaves no fate unless kept.
    """

    found: Found
    place: Location
    source: str = ""
    known: Known | None = None
    conditions: dict[str, str] = field(default_factory=dict)
    invited: bool = True

    @property
    def url(self) -> str:
        """The canonical URL: it is what has a fate."""
        return self.place.url

    @property
    def live_url(self) -> str:
        """The page in the form its source wrote, which the source says exists.

        The canonical form is for naming; nobody promised that the server answers it. The scheme is that of the outlet's home
        page, since old links say `http`. Queries and fragments mark variants (AMP, tracking) and are left out where the canonical
        form has none.
        """
        parts = urlsplit(self.found.url)
        by_query = urlsplit(self.place.url).query or (parts.path in ("", "/") and "=" in parts.query)
        return urlunsplit((outlets()[self.place.outlet].scheme, parts.netloc, parts.path, parts.query if by_query else "", ""))

    def without_article(self, fate: Settled, reason: str) -> tuple[Settled, str]:
        """(fate, reason) of an address that was asked and shows no article, while the page itself does not say that it is gone.

        It is, if the outlet's API says that it is unpublished. It stays so, as long as it shows none.
        """
        if self.found.unlisted is not None and self.found.unlisted.unpublished:
            return "gone", f"unpublished: {reason}"
        if self.known is not None and self.known.fate == "gone" and self.known.content_hash and fate == "not_an_article":
            return "unchanged", f"gone, and no article: {reason}"
        return fate, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What the request under way brought so far, until it is filed. codings: content codings that the body of the last exchange
    still has; record: another archive's WARC record, to be filed instead of exchanges; packed: the same, as a gzip member.
    """

    exchanges: tuple[Exchange, ...] = ()
    codings: Headers = ()
    record: bytes | None = None
    packed: Packed | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to file."""
        return bool(self.exchanges) or self.record is not None or self.packed is not None


class CaptureProgress:
    """Which capture of an address in web archives is being tried, and what those before came to.

    outcome: the strongest so far; passed: set when a capture that was an article was handed over and it is clear whether another
    follows.
    """

    def __init__(self, candidates: tuple[CaptureCandidate, ...]) -> None:
        self._candidates, self._tried = candidates, 0
        self._served: set[int] = set()
        self.outcome: Outcome | None = None
        self.passed = asyncio.Event()

    @property
    def candidate(self) -> CaptureCandidate | None:
        """The capture being tried; None for a live page."""
        return self._candidates[self._tried] if self._candidates else None

    def try_next(self, *, served: bool = False) -> bool:
        """Goes on to the next capture; False when there is none.

        served: the one tried was an article, so that those which stand for it are not needed.
        """
        if served and self._candidates:
            self._served |= {self._candidates[self._tried].slot, RESORT}
        following = (at for at in range(self._tried + 1, len(self._candidates)) if self._candidates[at].slot not in self._served)
        number = next(following, None)
        if number is None:
            return False
        self._tried = number
        return True


class Visit:
    """An address from its admission to its fate. documents: all that named it, each waits for its fate."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.captures = CaptureProgress(target.found.candidates)
        self.fetched = Fetched()
        self.left = asyncio.Event()
        """Set with its fate."""
        self.asked: str | None = None
        """The address of the request, in the client's spelling."""
        self.documents: list[Document] = [target.found.document]
        self.earlier: list[ArticleItem] = []
        """The parts of a story before this one, which are kept after it."""
        self.stands_back = False
        """Whether this address waits for that of the next part, which has its place among those under way."""
        self.has_room = True
        """Whether it was admitted, and not followed to from the part before."""

    @property
    def url(self) -> str:
        """The canonical URL."""
        return self.target.url

    @property
    def candidate(self) -> CaptureCandidate | None:
        """The capture being tried; None for a live page."""
        return self.captures.candidate

    @property
    def address(self) -> str:
        """What to ask for: the capture to be tried, or the live page."""
        return self.candidate.replay_url if self.candidate is not None else self.target.live_url

    @property
    def via(self) -> Via:
        return self.candidate.via if self.candidate is not None else "live"

    def capture(self, response: Response, now: datetime) -> Capture:
        """How the response came, at the time that stands in its raw capture; `now` where there is none."""
        at = self.fetched.exchanges[-1].at if self.fetched.exchanges else now
        return Capture(fetched_at=at, status=response.status, via=self.via, memento_at=self.memento_at(response.url))

    def page(self, response: Response, capture: Capture) -> EncodedPage:
        """The response as a page to be read."""
        return EncodedPage(
            codings=self.fetched.codings,
            url=self.page_url(response.url),
            fetched_url=response.url,
            body=response.body,
            status=response.status,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            fetched_at=capture.fetched_at,
            via=capture.via,
            memento_at=capture.memento_at,
        )

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
        captured = moment(replay[1]) if replay else None
        return captured or self.candidate.memento_at


class ArticleItem(dict[str, Any]):
    """The Scrapy item: the fields of an article as read, and its fate once the pipeline has handed it over.

    A dictionary, so that `scrapy parse` and `scrapy crawl -o` show an article; the values that the pipeline needs are
    attributes. validators: headers to ask for the page with the next time; kept_after: the visit of the page where the story
    goes on, which comes to its fate first: were this part kept before, a killed crawl would leave nothing that names the next.
    unread_part: the address of a next part that is none of the outlet's articles.
    """

    def __init__(self, article: Article, capture: Capture, visit: Visit, validators: dict[str, str] | None = None) -> None:
        super().__init__(to_dict(article))
        self.article, self.capture, self.visit, self.validators = article, capture, visit, validators
        self.kept_after: Visit | None = None
        self.unread_part: str | None = None
