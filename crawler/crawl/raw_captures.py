"""Raw captures of one outlet's pages: which are filed, and when an article may point to them."""

from __future__ import annotations

import asyncio
import concurrent.futures
from dataclasses import replace

from crawler.crawl.session import Session
from crawler.crawl.visit import Fetched
from storage import Capture
from storage.errors import NotAtHandError
from storage.record import Pointer
from storage.warc.archiver import Filed


class RawCaptures:
    """Puts the responses that led to a fate into WARC files. Call from one event loop.

    It counts the addresses between `admitted` and `left`. When every one of them waits for a capture to become durable, no other
    capture can arrive meanwhile, so the WARC file is written at once instead of waiting for more.
    """

    def __init__(self, session: Session, outlet: str) -> None:
        self._session, self._outlet = session, outlet
        self._wanted = session.config.raw
        self._under_way = self._waiting = self._being_filed = 0
        self._file_under_way: tuple[concurrent.futures.Future[None], asyncio.Future[None]] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def admitted(self) -> None:
        """An address is under way to its fate."""
        self._under_way += 1

    def left(self) -> None:
        """It has its fate."""
        self._under_way -= 1
        self._release()

    async def of_article(self, fetched: Fetched, capture: Capture, url: str) -> Capture:
        """The capture of an article with the pointer to its WARC record, once that is durable. Raises ArchiveError.

        url: canonical, of the article: a payload that an earlier capture of it has is filed as a `revisit`.
        """
        if self._wanted == "none" or capture.warc is not None or not fetched:
            return capture
        return await self._filed(fetched, capture, url)

    async def of_fate(self, fetched: Fetched, url: str, capture: Capture | None, fate: str) -> Capture | None:
        """The same for an address without an article. Filed are the evidence of the removal of a known article, and with
        WARRAQ_RAW=pages every page.
        """
        if capture is None or self._wanted == "none" or capture.warc is not None or not fetched:
            return capture
        if self._wanted == "articles":
            known = await self._session.known(self._outlet, url) if fate == "gone" else None
            if known is None or known.content_hash is None:
                return capture
        return await self._filed(fetched, capture, url)

    async def idle(self) -> None:
        """Waits until nothing is being filed. `scrapy parse` ends without waiting for its items."""
        await self._idle.wait()

    async def _filed(self, fetched: Fetched, capture: Capture, url: str) -> Capture:
        self._being_filed += 1
        self._idle.clear()
        try:
            filed = self._file_at_hand(fetched, url)
            if filed is None:
                filed = await self._session.in_thread(self._file, fetched, url)
            await self._durable(filed)
        finally:
            self._being_filed -= 1
            if not self._being_filed:
                self._idle.set()
        return replace(capture, warc=filed.pointer)

    async def _durable(self, filed: Filed) -> None:
        self._waiting += 1
        self._release()
        try:
            await self._when_done(filed.durable)  # no thread waits with it
        finally:
            self._waiting -= 1

    async def _when_done(self, durable: concurrent.futures.Future[None]) -> None:
        """Waits for a WARC file together with the other captures in it: the thread that wrote it wakes the loop once."""
        if self._file_under_way is None or self._file_under_way[0] is not durable:
            self._file_under_way = durable, asyncio.wrap_future(durable)
        await asyncio.shield(self._file_under_way[1])

    def _file_at_hand(self, fetched: Fetched, url: str) -> Filed | None:
        """Files a page of which nothing is kept yet, where that is quicker than going to a thread for it; else None."""
        if fetched.packed is not None or fetched.record is not None:
            return None
        try:
            known = self._session.run.known_at_hand(self._outlet, url)
            if known is not None and known.key is not None:
                return None
            return self._session.run.raw.keep(self._outlet, fetched.exchanges, wait=False)
        except NotAtHandError:
            return None

    def _file(self, fetched: Fetched, url: str) -> Filed:
        if fetched.packed is not None:
            return self._session.run.raw.file(self._outlet, fetched.packed)
        if fetched.record is not None:
            return self._session.run.raw.copy(self._outlet, fetched.record)
        return self._session.run.raw.keep(self._outlet, fetched.exchanges, self._held(url))

    def _held(self, url: str) -> Pointer | None:
        """The pointer of the last kept article of the address to its WARC record."""
        known = self._session.run.known(self._outlet, url)
        if known is None or known.key is None:
            return None
        warc = self._session.archive.get(known.key)["capture"]["warc"]
        return Pointer(**warc) if warc else None

    def _release(self) -> None:
        if self._waiting and self._waiting >= self._under_way:
            self._session.run.raw.release(self._outlet)
