"""Retries that wait as long as the server asks: `Retry-After` on 429 and 503 holds back every request to that host."""

from __future__ import annotations

from datetime import UTC, datetime

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from crawler.download.binding import HttpSession, session_of
from crawler.download.retry_after import LONGEST, asked_pause
from crawler.download.slots import known_hosts
from crawler.download.web_archives import HOSTS, pace_of
from storage import ArchiveError

LONGEST_SECONDS = 300.0
"""A web archive that asks for more is left alone for so long, and the page that it refused is met again in a later crawl."""


class RetryAfterMiddleware(RetryMiddleware):
    """Scrapy's retries, after the pause the server asked for. One that is longer than WARRAQ_PAUSE_SECONDS closes the host for
    this crawl and for those that begin before it is over; `crawler.download.retry_after` keeps it.
    """

    async def process_response(  # type: ignore[override]  # Scrapy awaits what is a coroutine
        self, request: Request, response: Response
    ) -> Request | Response:
        """Holds the host's queue back before the request goes into it once more."""
        if request.meta.get("dont_retry"):
            return response
        archive = request.url.split("/")[2] in HOSTS
        if response.status not in (self.retry_http_codes if archive else {429, 503}):
            return super().process_response(request, response)
        seconds = asked_pause((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        if archive:
            self._hold_archive(request, min(seconds, LONGEST_SECONDS))
            closed = seconds > LONGEST_SECONDS
        else:
            closed = seconds > 0 and await self._leave_alone(request, seconds)
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

    async def _leave_alone(self, request: Request, seconds: float) -> bool:
        """Nobody asks the host for so long; whether that is longer than this crawl waits."""
        host, seconds = str(request.meta.get("download_slot")), min(seconds, LONGEST.total_seconds())
        session = session_of(self.crawler)
        patience = session.config.pause_seconds if session is not None else LONGEST_SECONDS
        known_hosts(self.crawler).leave_alone(host, seconds, patience=patience)
        if session is not None:
            await self._keep(session, host, seconds)
        return seconds > patience

    async def _keep(self, session: HttpSession, host: str, seconds: float) -> None:
        """For whoever asks the host next."""
        assert self.crawler.spider is not None
        outlet = self.crawler.spider.name
        try:
            if await session.in_thread(session.pause, outlet, host, seconds):
                session.facts("host.paused", outlet=outlet, host=host, seconds=round(seconds))
        except ArchiveError as error:  # it is known here, for as long as this process lives
            session.facts("archive.unavailable", reason=str(error))
