"""Scrapy extension at the end of a crawl: gives a fate to what Scrapy dropped, stores the notes, closes a session of its own."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.crawl.outlet_spider import OutletSpider
from crawler.crawl.process import LOOK_SECONDS
from crawler.crawl.visit import Visit
from crawler.download.binding import Component, bound
from crawler.download.slots import known_hosts
from crawler.download.waits import GRACE_SECONDS
from storage import ArchiveError

logger = logging.getLogger(__name__)

TOLD_BY_FATES = ("scrapy.core.downloader.handlers.http11", "scrapy.downloadermiddlewares.retry")
"""Scrapy warns of answers that broke off or were too large; their fate says so, with the address."""


class CrawlEnd(Component):
    """Listens where Scrapy drops things without a callback, and at the end of the spider."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        for name in TOLD_BY_FATES:
            logging.getLogger(name).setLevel(logging.ERROR)
        crawler.signals.connect(self._spider_error, signals.spider_error)
        crawler.signals.connect(self._item_error, signals.item_error)
        crawler.signals.connect(self._request_dropped, signals.request_dropped)
        crawler.signals.connect(self._spider_opened, signals.spider_opened)
        crawler.signals.connect(self._spider_closed, signals.spider_closed)
        self._stop: asyncio.Task[None] | None = None

    def _spider_error(self, failure: Failure, response: Response | None) -> None:
        if response is not None:
            self._lost(response.meta.get("visit"), f"spider: {_line(failure)}", by_page=True)

    def _item_error(self, item: Any, failure: Failure) -> None:
        self._lost(getattr(item, "visit", None), f"pipeline: {_line(failure)}", by_page=True)

    def _request_dropped(self, request: Request) -> None:
        self._lost(request.meta.get("visit"), "dropped by the scheduler")

    def _lost(self, visit: Visit | None, reason: str, *, by_page: bool = False) -> None:
        spider = self._crawler.spider
        if isinstance(spider, OutletSpider) and isinstance(visit, Visit):
            spider.walk.fates.lose(visit, reason, by_page=by_page)

    def _spider_opened(self, spider: Spider) -> None:
        for name in ("", "scrapy"):  # else every record is made, four for a page, and Scrapy's handler drops it
            logging.getLogger(name).setLevel(self._crawler.settings["LOG_LEVEL"])
        if bound(self._crawler) is None and isinstance(spider, OutletSpider) and self._crawler.crawling:  # `scrapy shell` is not
            self._stop = asyncio.ensure_future(self._break_off())

    async def _break_off(self) -> None:
        """Where Scrapy itself runs the crawl, a stop would wait for every answer: they have as long as in `warraq crawl`."""
        while self._crawler.crawling:
            await asyncio.sleep(LOOK_SECONDS)
        known_hosts(self._crawler).interrupt()
        await asyncio.sleep(GRACE_SECONDS)
        known_hosts(self._crawler).drop()

    async def _spider_closed(self, spider: Spider, reason: str) -> None:
        if not isinstance(spider, OutletSpider):
            return
        if self._stop is not None:
            self._stop.cancel()
        spider.session.ending.interrupted = spider.session.ending.interrupted or reason == "shutdown"
        await spider.walk.end()
        if bound(self._crawler) is None:
            if spider.session.consent.refused:
                logger.error("%s (-a yes=1)", spider.session.consent.refused)
            try:
                manifest = await asyncio.to_thread(spider.session.close)
            except ArchiveError as error:
                logger.error("%s", error)  # noqa: TRY400  # one line, the traceback says nothing more
            else:
                _print_end(spider, manifest)


def _print_end(spider: OutletSpider, manifest: dict[str, Any] | None) -> None:
    """What `scrapy crawl` did, on stderr: Scrapy itself prints nothing at our log level, and stdout may be its feed."""
    ending = spider.session.ending
    with suppress(ArchiveError):  # written by the pipeline already
        ending.report(spider.session.consent)
    if manifest is None:  # `scrapy parse` and `scrapy shell` begin no run
        return
    fates = " · ".join(f"{count} {fate}" for fate, count in manifest["fates"].items() if count) or "nothing new"
    how = "interrupted" if ending.interrupted else "done"
    sys.stderr.write(f"{spider.name}: {how}, {manifest['discovered']} discovered: {fates}; run {manifest['run_id']}\n")


def _line(failure: Failure) -> str:
    return f"{type(failure.value).__name__}: {failure.value}".splitlines()[0]
