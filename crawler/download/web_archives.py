"""Politeness to web archives, and what their answers are: one clock for all spiders, redirects, pages of the archive's own."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from time import monotonic
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response

from crawler.download.binding import Component, session_of
from crawler.download.errors import LeftAloneError
from crawler.download.offsite import foreign
from storage.warc.replay import OWN_TITLE, OWN_WORDS, TOOLBAR

REPLAYS = "web.archive.org"
HOSTS = (REPLAYS, "index.commoncrawl.org", "data.commoncrawl.org")

REPLAY_URL = re.compile(r"^https?://web\.archive\.org/web/(\d{1,14})(?:[a-z]{2}_)?/(.+)$", re.DOTALL)

SLOW_DOWN = {"data.commoncrawl.org": frozenset({403}), "index.commoncrawl.org": frozenset({403})}
"""By host, statuses that mean «you ask too often» besides 429 and 503: Common Crawl's files are public, its CDN refuses so."""

LOOK_SECONDS = 30.0
"""How often a process looks which pauses others were asked for."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})


NO_MEMENTO = "archive-no-memento"
"""A page that is no replay and says nothing we know: a form to log in, a limit of requests, a proxy between."""


class LeftTheArchiveError(IgnoreRequest):
    """A replay that leads out of the archive, to the live web or to a page that is no replay."""


class Pace:
    """When the next request may go to an archive: `seconds` after the last one, whichever spider of this process made it.

    patience: seconds that a request waits for a pause that the archive asked for; one that asks for more is not asked at all, and
    its captures fail for now.
    """

    def __init__(self, seconds: float, patience: float = 300.0) -> None:
        self._seconds, self._patience = seconds, patience
        self._free: defaultdict[str, float] = defaultdict(float)
        self._asked: defaultdict[str, float] = defaultdict(float)
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._looked = -LOOK_SECONDS

    async def turn(self, host: str) -> None:
        """Waits for it. Raises LeftAloneError where that is longer than our patience."""
        async with self._queues[host]:
            while (wait := self._free[host] - monotonic()) > 0:
                asked = self._asked[host] - monotonic()
                if asked > self._patience:
                    back = datetime.now(UTC) + timedelta(seconds=asked)
                    raise LeftAloneError(f"busy: {host} asks to be left alone until {back:%Y-%m-%d %H:%M:%S} UTC")
                await asyncio.sleep(min(wait, LOOK_SECONDS))
            self._free[host] = monotonic() + self._seconds

    def hold(self, host: str, seconds: float, *, asked: bool = False) -> None:
        """Nobody asks the host for so long. asked: by itself (`Retry-After`)."""
        until = monotonic() + seconds
        self._free[host] = max(self._free[host], until)
        if asked:
            self._asked[host] = max(self._asked[host], until)

    def pause(self, tries: int) -> float:
        """How long to leave an archive alone that failed and did not say how long: longer each time."""
        return float(self._seconds * 2 ** min(tries, 6))

    @property
    def look_is_due(self) -> bool:
        """Whether it is time to look which pauses other processes were asked for; it counts as done then."""
        due = monotonic() - self._looked >= LOOK_SECONDS
        if due:
            self._looked = monotonic()
        return due


class ArchivePace(Component):
    """Downloader middleware: requests to web archives wait for their turn, and for the end of a pause that any outlet or process
    was asked for (the note `pauses.json` of `state/web_archives/`).
    """

    async def process_request(self, request: Request) -> None:
        """Raises LeftAloneError for an archive that asks for more than our patience, InterruptedCrawlError."""
        host, pace, session = urlsplit(request.url).hostname or "", pace_of(self._crawler), session_of(self._crawler)
        if host not in HOSTS or pace is None or session is None:
            return
        if pace.look_is_due:
            for each, seconds in (await session.in_thread(session.archive_pauses)).items():
                pace.hold(each, seconds, asked=True)
        with session.waits.turn():
            await pace.turn(host)


def pace_of(crawler: Crawler) -> Pace | None:
    """The clock of the crawl that the spider belongs to; None for a spider that belongs to none (`warraq read`)."""
    session = getattr(crawler.spider, "session", None)
    return session.pace if session is not None else None


class Redirects(RedirectMiddleware):
    """Redirects between captures are followed inside the archive, as raw replays; never out of it. A page that redirects off
    its outlet's hosts has no answer but this redirect.
    """

    def process_response(  # type: ignore[override]  # Scrapy's own has a deprecated third argument
        self, request: Request, response: Response
    ) -> Request | Response:
        """Raises LeftTheArchiveError for a replay that leads elsewhere."""
        location = response.headers.get("Location")
        if response.status in REDIRECTS and location and REPLAY_URL.match(request.url):
            target = urljoin(request.url, location.decode("utf-8", "replace"))
            response = response.replace(headers={**response.headers, "Location": raw_replay(target)})
        following = super().process_response(request, response)
        if isinstance(following, Request) and "visit" in request.meta and foreign(following.url, self.crawler.spider):
            return response
        return following


def raw_replay(url: str) -> str:
    """The replay without the archive's toolbar. LeftTheArchiveError if the address is no replay."""
    replay = REPLAY_URL.match(url)
    if replay is None:
        raise LeftTheArchiveError(f"the archive redirects out of itself, to {url}")
    return f"https://{REPLAYS}/web/{replay[1]}id_/{replay[2]}"


def own_page(headers: Headers, body: bytes) -> str | None:
    """Why an answer with status 200 is the archive's own page and no capture; None for a capture.

    body: without its content coding. A replay says when it was captured (`Memento-Datetime`, RFC 7089): what does not is no
    replay, whatever it looks like.
    """
    if any(mark in body for mark in TOOLBAR):
        return "archive-toolbar"
    if not headers.get("Memento-Datetime"):
        words = any(mark in body for mark in OWN_WORDS) or OWN_TITLE.search(body[:4096])
        return "archive-message" if words else NO_MEMENTO
    return None
