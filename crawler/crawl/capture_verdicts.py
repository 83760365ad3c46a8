"""Which captures of web archives were looked at in this crawl, saved while it goes on."""

from __future__ import annotations

import asyncio
import logging

from crawler.crawl.session import Session
from crawler.discovery.found import CaptureCandidate
from crawler.discovery.web_archives.seen_captures import SeenCaptures
from storage import ArchiveError

logger = logging.getLogger(__name__)


class CaptureVerdicts:
    """For one outlet in one crawl."""

    def __init__(self, session: Session, outlet: str) -> None:
        self._session, self._outlet = session, outlet
        self._seen: SeenCaptures | None = None
        self._loading = asyncio.Lock()
        self._saving: set[asyncio.Future[None]] = set()

    async def load(self) -> SeenCaptures:
        """What earlier crawls looked at. Read when a source of web archives first asks."""
        async with self._loading:
            if self._seen is None:
                self._seen = await self._session.in_thread(SeenCaptures, self._session.archive.state(self._outlet))
            return self._seen

    async def close(self) -> None:
        """Saves what was not saved."""
        if self._seen is not None and self._seen.changed:
            self._save(self._seen)
        await asyncio.gather(*self._saving)

    def mark(self, candidate: CaptureCandidate, *, article: bool) -> None:
        """The capture was looked at. article: it was one, and was handed over; else it will be none the next time either."""
        if self._seen is None:  # a page looked at by hand
            return
        self._seen.mark(candidate, article=article)
        if self._seen.due:
            self._save(self._seen)

    def _save(self, seen: SeenCaptures) -> None:
        saving = asyncio.ensure_future(self._session.in_thread(self._put, *seen.unsaved()))
        self._saving.add(saving)
        saving.add_done_callback(self._saving.discard)

    def _put(self, name: str, data: bytes) -> None:
        try:
            self._session.archive.state(self._outlet).put(name, data)
        except ArchiveError as error:
            logger.warning("%s", error)  # a convenience: the next crawl asks again
