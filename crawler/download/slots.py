"""Scrapy's downloader, whose queue for a host begins where the crawl before left it, and rests when the host asks for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from scrapy import Request, Spider
from scrapy.core.downloader import Downloader, Slot
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.binding import session_of
from crawler.download.errors import INTERRUPTED, InterruptedCrawlError, LeftAloneError
from crawler.download.politeness import Politeness
from crawler.download.retry_after import LONGEST
from crawler.download.waits import Waits

LEAST_BACK_OFF: Final = 1.0
BACK_OFF_DELAYS: Final = 5.0
"""A first back-off lasts so many of the host's own delays, a second at least: 5, 10, 20, … seconds at one request a second."""


class KnownHosts(Downloader):
    """What it knows of hosts is shared with the other crawls of a session that shares its pace."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        session = session_of(crawler)
        self._politeness: Politeness | None = session.politeness if session is not None else None
        self._waits = session.waits if session is not None else Waits()
        self._interrupted = False
        self._resting: dict[str, float] = {}
        self._closed: dict[str, str] = {}
        self._refusals: dict[str, int] = {}
        self._crawl_delays: dict[str, float] = {}
        self._least: dict[Slot, float] = {}
        """Of a host's queue, its Crawl-delay: AutoThrottle knows one least delay for all hosts."""

    def _get_slot(self, request: Request, spider: Spider | None = None) -> tuple[str, Slot]:  # noqa: ARG002 - Scrapy's
        known = self.get_slot_key(request) in self.slots
        key, slot = super()._get_slot(request)
        if not known and self._politeness is not None:
            seen = self._politeness.last(key)
            slot.lastseen, slot.delay = seen.lastseen, max(slot.delay, seen.delay)
        if not known and key in self._resting:
            _rest(slot, self._resting[key])
        if not known and key in self._crawl_delays:
            self._least[slot] = self._crawl_delays[key]
        return key, slot

    async def _enqueue_request(self, request: Request) -> Response:
        if self._interrupted:
            raise InterruptedCrawlError(INTERRUPTED)
        if (why := self._closed.get(self.get_slot_key(request))) is not None:
            raise LeftAloneError(why)
        return await super()._enqueue_request(request)

    async def _download(self, slot: Slot, request: Request) -> Response:
        """Raises InterruptedCrawlError where the crawl is broken off and the answer does not come in time."""
        with self._waits.answer():
            return await super()._download(slot, request)

    @property
    def hosts(self) -> set[str]:
        """Those that were asked, or are left alone."""
        return {*self.slots, *self._resting}

    def leave_alone(self, host: str, seconds: float, *, patience: float) -> None:
        """The host is asked nothing for so long. Where that is more than our patience, what waits for it fails now, and so does
        all that comes in this crawl: its pages are met again in a later one.
        """
        until = monotonic() + seconds
        self._resting[host] = max(self._resting.get(host, 0.0), until)
        if self._politeness is not None:
            self._politeness.seen(host, until, 0.0)
        slot = self.slots.get(host)
        if slot is not None:
            _rest(slot, until)
        if seconds > patience and host not in self._closed:
            back = datetime.now(UTC) + timedelta(seconds=seconds)
            self._closed[host] = f"{host} asks to be left alone until {back:%Y-%m-%d %H:%M:%S} UTC"
            if slot is not None:
                _fail(slot, LeftAloneError(self._closed[host]))

    def back_off(self, host: str) -> float:
        """Seconds to leave a host alone that refuses (429, 503) and does not say how long: twice as long at each refusal, until
        `answered`. What is refused within a pause was on its way when it began, and does not count.
        """
        resting = self._resting.get(host, 0.0) - monotonic()
        if resting > 0:
            return resting
        delay = max(self.slots[host].delay, self._crawl_delays.get(host, 0.0)) if host in self.slots else 0.0
        times = self._refusals[host] = self._refusals.get(host, 0) + 1
        first = max(LEAST_BACK_OFF, BACK_OFF_DELAYS * delay)
        return min(first * 2.0 ** min(times - 1, 20), LONGEST.total_seconds())

    def answered(self, host: str) -> None:
        """The host gave another answer than a refusal."""
        self._refusals.pop(host, None)

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """No two requests to the host come within so many seconds, whatever else its delay is (robots.txt, `Crawl-delay`)."""
        self._crawl_delays[host] = seconds
        if self._politeness is not None:
            self._politeness.set_crawl_delay(host, seconds)
        if host in self.slots:
            self._least[self.slots[host]] = seconds

    def _process_queue(self, slot: Slot) -> None:
        own = slot.delay
        slot.delay = max(own, self._least.get(slot, 0.0))
        super()._process_queue(slot)
        slot.delay = own
        self.tell()

    def tell(self) -> None:
        """Notes in `Politeness` when each host was asked last, and the delay towards it."""
        if self._politeness is not None:
            for key, slot in self.slots.items():
                self._politeness.seen(key, slot.lastseen, slot.delay)

    def close(self) -> None:
        """Notes the hosts, then ends."""
        self.tell()
        super().close()

    def interrupt(self) -> None:
        """What waits for its turn fails; what is on its way comes back, or is dropped (`Waits.drop`)."""
        self._interrupted = True
        self._waits.interrupt()
        for slot in self.slots.values():
            _fail(slot, InterruptedCrawlError(INTERRUPTED))

    def drop(self) -> None:
        """What is on its way fails, too, and so does what a reader has."""
        self._waits.drop()


def engine_of(crawler: Crawler) -> ExecutionEngine | None:
    """None before the crawl has begun, and where its spider could not be made."""
    return crawler._engine  # noqa: SLF001 - `Crawler.engine` raises then


def break_off(crawler: Crawler) -> asyncio.Future[None] | None:
    """Ends a crawl: requests that wait fail as interrupted, no new one is made. Its end; None where it is broken off already, or
    cannot be yet: Scrapy takes no notice of a stop before its engine runs.
    """
    engine = engine_of(crawler)
    if not crawler.crawling or engine is None or not engine.running:
        return None
    ending = asyncio.ensure_future(crawler.stop_async())
    known_hosts(crawler).interrupt()
    return ending


def known_hosts(crawler: Crawler) -> KnownHosts:
    """The downloader of a crawl that has begun."""
    assert crawler.engine is not None
    assert isinstance(crawler.engine.downloader, KnownHosts)
    return crawler.engine.downloader


def _rest(slot: Slot, until: float) -> None:
    """Scrapy's queue for a host waits until its delay has passed since `lastseen`: one in the future is a pause."""
    slot.delay = max(slot.delay, 0.001)  # a queue without any delay never looks at the clock
    slot.lastseen = max(slot.lastseen, until)


def _fail(slot: Slot, error: Exception) -> None:
    while slot.queue:
        _, waiting = slot.queue.popleft()
        waiting.errback(Failure(error))  # type: ignore[no-untyped-call]
