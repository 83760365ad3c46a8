"""Scrapy's downloader, whose queue for a host begins where the crawl before left it."""

from __future__ import annotations

from scrapy import Request, Spider
from scrapy.core.downloader import Downloader, Slot
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.failures import InterruptedCrawlError
from crawler.manners import Manners
from crawler.session import bound


class KnownHosts(Downloader):
    """For a session that shares its manners with others; for any other it is Scrapy's own."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        session = bound(crawler)
        self._manners: Manners | None = session.manners if session is not None else None
        self._interrupted = False

    def _get_slot(self, request: Request, spider: Spider | None = None) -> tuple[str, Slot]:  # noqa: ARG002 - Scrapy's
        known = self.get_slot_key(request) in self.slots
        key, slot = super()._get_slot(request)
        if not known and self._manners is not None:
            seen = self._manners.last(key)
            slot.lastseen, slot.delay = seen.lastseen, max(slot.delay, seen.delay)
        return key, slot

    async def _enqueue_request(self, request: Request) -> Response:
        if self._interrupted:
            raise InterruptedCrawlError("interrupted")
        return await super()._enqueue_request(request)

    def _process_queue(self, slot: Slot) -> None:
        super()._process_queue(slot)
        self.tell()

    def tell(self) -> None:
        """Leaves word of every host."""
        if self._manners is not None:
            for key, slot in self.slots.items():
                self._manners.seen(key, slot.lastseen, slot.delay)

    def close(self) -> None:
        """Leaves word, then ends."""
        self.tell()
        super().close()

    def interrupt(self) -> None:
        """What waits for its turn fails; what is on its way comes back."""
        self._interrupted = True
        for slot in self.slots.values():
            while slot.queue:
                _, waiting = slot.queue.popleft()
                waiting.errback(Failure(InterruptedCrawlError("interrupted")))  # type: ignore[no-untyped-call]
