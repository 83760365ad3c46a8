"""Raw captures of one outlet's pages: what is filed, and when an article may point to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from crawler.crawl.session import Session
from crawler.crawl.visit import Fetched, Visit
from storage import Capture
from storage.record import Pointer
from storage.warc.archiver import Filed


class RawCaptures:
    """Files what led to a fate. Call from one event loop.

    It counts how many addresses are under way: when all of them wait for their captures to be durable, no more will come,
    and the file is written at once.
    """

    def __init__(self, session: Session, outlet: str) -> None:
        self._session, self._outlet = session, outlet
        self._wanted = session.config.raw
        self._under_way = self._waiting = self._archiver = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def admitted(self) -> None:
        """An address is under way to its fate."""
        self._under_way += 1

    def left(self) -> None:
        """It has its fate."""
        self._under_way -= 1
        self._release()

    async def of_article(self, visit: Visit, capture: Capture, url: str) -> Capture:
        """The capture of an article, pointing to its raw bytes when they are durable. Raises ArchiveError.

        url: canonical, of the article: what an earlier capture of it holds already is not stored again.
        """
        if self._wanted == "none" or capture.warc is not None or not visit.fetched:
            return capture
        return await self._filed(visit, capture, url)

    async def of_fate(self, visit: Visit, capture: Capture | None, fate: str) -> Capture | None:
        """The same for an address that has no article (now): the evidence of a removal, and with WARRAQ_RAW=pages every page."""
        if capture is None or self._wanted == "none" or capture.warc is not None or not visit.fetched:
            return capture
        if self._wanted == "articles":
            run, url = self._session.run, visit.url
            known = await self._session.in_thread(run.known, self._outlet, url) if fate == "gone" else None
            if known is None or known.content_hash is None:
                return capture
        return await self._filed(visit, capture, visit.url)

    async def idle(self) -> None:
        """Waits until nothing is being filed. `scrapy parse` ends without waiting for its items."""
        await self._idle.wait()

    async def _filed(self, visit: Visit, capture: Capture, url: str) -> Capture:
        self._archiver += 1
        self._idle.clear()
        try:
            filed = await self._session.in_thread(self._file, visit, url)
            await self._durable(filed)
        finally:
            self._archiver -= 1
            if not self._archiver:
                self._idle.set()
        visit.fetched = Fetched()
        return replace(capture, warc=filed.pointer)

    async def _durable(self, filed: Filed) -> None:
        self._waiting += 1
        self._release()
        try:
            await asyncio.wrap_future(filed.durable)  # no thread waits with it
        finally:
            self._waiting -= 1

    def _file(self, visit: Visit, url: str) -> Filed:
        fetched = visit.fetched
        if fetched.record is not None:
            return self._session.run.raw.copy(self._outlet, fetched.record)
        return self._session.run.raw.keep(self._outlet, fetched.exchanges, self._held(url))

    def _held(self, url: str) -> Pointer | None:
        """Where the last kept article of the address has its raw bytes."""
        known = self._session.run.known(self._outlet, url)
        if known is None or known.key is None:
            return None
        warc = self._session.archive.get(known.key)["capture"]["warc"]
        return Pointer(**warc) if warc else None

    def _release(self) -> None:
        if self._waiting and self._waiting >= self._under_way:
            self._session.run.raw.release(self._outlet)
