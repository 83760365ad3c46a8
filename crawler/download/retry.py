"""Retries that wait: as long as the server asks (`Retry-After`), else longer from refusal to refusal. Each holds back every
request to the host.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.utils.response import response_status_message

from crawler.download.binding import HttpSession, session_of
from crawler.download.retry_after import WEB_ARCHIVES, asked_pause
from crawler.download.slots import known_hosts
from crawler.download.web_archives import HOSTS, SLOW_DOWN, pace_of
from storage import ArchiveError

LONGEST_SECONDS: Final = 300.0
"""So long waits who works in no session (`warraq read`), whose settings would say."""
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
        host = request.url.split("/")[2]
        if host in HOSTS:
            return await self._of_archive(request, response, host)
        if response.status not in BUSY:
            if "download_slot" in request.meta:
                known_hosts(self.crawler).answered(request.meta["download_slot"])
            return super().process_response(request, response)
        closed = await self._leave_alone(request, _asked(response))
        return response if closed else super().process_response(request, response)

    async def _of_archive(self, request: Request, response: Response, host: str) -> Request | Response:
        """A web archive's answer: one that asks for a pause gets it, of all outlets and processes, and is asked again."""
        slow_down = response.status in SLOW_DOWN.get(host, ())
        if not slow_down and response.status not in self.retry_http_codes:
            return response
        seconds, session = _asked(response), session_of(self.crawler)
        self._hold_archive(request, seconds)
        patience = session.config.pause_seconds if session is not None else LONGEST_SECONDS
        if seconds and session is not None:
            await self._keep(session, WEB_ARCHIVES, host, seconds)
        if seconds > patience:
            return response
        reason = response_status_message(response.status)
        return self._retry(request, reason) or response

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
            pause = seconds or pace.pause(request.meta.get("retry_times", 0) + 1)
            pace.hold(request.url.split("/")[2], pause, asked=seconds > 0)

    async def _leave_alone(self, request: Request, asked: float) -> bool:
        """Nobody asks the host for so many seconds (0: it did not say how long); whether that is longer than this crawl waits."""
        host, downloader = str(request.meta.get("download_slot")), known_hosts(self.crawler)
        seconds = asked or downloader.back_off(host)
        session = session_of(self.crawler)
        patience = session.config.pause_seconds if session is not None else LONGEST_SECONDS
        downloader.leave_alone(host, seconds, patience=patience)
        if session is not None:
            assert self.crawler.spider is not None
            await self._keep(session, self.crawler.spider.name, host, seconds, kept=asked > 0 or seconds > patience)
        return seconds > patience

    async def _keep(self, session: HttpSession, owner: str, host: str, seconds: float, *, kept: bool = True) -> None:
        """Says it, and keeps what a later crawl must know: a back-off of seconds is over before that. owner: of the host."""
        assert self.crawler.spider is not None
        outlet = self.crawler.spider.name
        try:
            if not kept:
                session.facts("host.backoff", outlet=outlet, host=host, seconds=round(seconds, 1))
            elif await session.in_thread(session.pause, owner, host, seconds):
                session.facts("host.paused", outlet=outlet, host=host, seconds=round(seconds))
        except ArchiveError as error:  # it is known here, for as long as this process lives
            session.facts("archive.unavailable", reason=str(error))


def _asked(response: Response) -> float:
    """Seconds that an answer's `Retry-After` asks for; 0: it does not say."""
    return asked_pause((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
