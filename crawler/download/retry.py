"""Retries that wait: as long as the server asks (`Retry-After`), else longer from refusal to refusal. Each holds back every
request to the host.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from crawler.download.binding import HttpSession, session_of
from crawler.download.retry_after import asked_pause
from crawler.download.slots import known_hosts
from crawler.download.web_archives import HOSTS, pace_of
from storage import ArchiveError

LONGEST_SECONDS: Final = 300.0
"""A web archive that asks for more is left alone for so long, and the page that it refused is met again in a later crawl."""
BUSY: Final = frozenset({429, 503})
"""Answers that ask for a pause, whether they say how long or not."""


class RetryAfterMiddleware(RetryMiddleware):
    """Scrapy's retries, after a pause. One that is longer than WARRAQ_PAUSE_SECONDS closes the host for this crawl and for those
    that begin before it is over; `crawler.download.retry_after` keeps it.
    """

    async def process_response(  # type: ignore[override]  # Scrapy awaits what is a coroutine
        self, request: Request, response: Response
    ) -> Request | Response:
        """Holds the host's queue back before the request goes into it once more."""
        if request.meta.get("dont_retry"):
            return response
        archive = request.url.split("/")[2] in HOSTS
        if response.status not in (self.retry_http_codes if archive else BUSY):
            if not archive and "download_slot" in request.meta:
                known_hosts(self.crawler).answered(request.meta["download_slot"])
            return super().process_response(request, response)
        seconds = asked_pause((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        if archive:
            self._hold_archive(request, min(seconds, LONGEST_SECONDS))
            closed = seconds > LONGEST_SECONDS
        else:
            closed = await self._leave_alone(request, seconds)
        return response if closed else super().process_response(request, response)

    def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """A web archive that refuses connections has had enough of us for now."""
        if request.url.split("/")[2] in HOSTS and isinstance(exception, self.exceptions_to_retry):
            self._hold_archive(request, 0)
        return super().process_exception(request, exception)

    def _hold_archive(self, request: Request, seconds: float) -> None:
        """All spiders leave the archive alone: as long as it asked for, else longer from try to try."""
        pace = pace_of(self.crawler)
        if pace is not None:
            pace.hold(request.url.split("/")[2], seconds or pace.pause(request.meta.get("retry_times", 0) + 1))

    async def _leave_alone(self, request: Request, asked: float) -> bool:
        """Nobody asks the host for so many seconds (0: it did not say how long); whether that is longer than this crawl waits."""
        host, downloader = str(request.meta.get("download_slot")), known_hosts(self.crawler)
        seconds = asked or downloader.back_off(host)
        session = session_of(self.crawler)
        patience = session.config.pause_seconds if session is not None else LONGEST_SECONDS
        downloader.leave_alone(host, seconds, patience=patience)
        if session is not None:
            await self._keep(session, host, seconds, kept=asked > 0 or seconds > patience)
        return seconds > patience

    async def _keep(self, session: HttpSession, host: str, seconds: float, *, kept: bool) -> None:
        """Says it, and keeps what a later crawl must know: a back-off of seconds is over before that."""
        assert self.crawler.spider is not None
        outlet = self.crawler.spider.name
        try:
            if not kept:
                session.facts("host.backoff", outlet=outlet, host=host, seconds=round(seconds, 1))
            elif await session.in_thread(session.pause, outlet, host, seconds):
                session.facts("host.paused", outlet=outlet, host=host, seconds=round(seconds))
        except ArchiveError as error:  # it is known here, for as long as this process lives
            session.facts("archive.unavailable", reason=str(error))
