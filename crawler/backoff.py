"""Retries that wait as long as the server asks: `Retry-After` on 429 and 503 holds back every request to that host."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from crawler.archives import HOSTS, pace_of

LONGEST_SECONDS = 300.0
"""A server that asks for more is left alone for this crawl: its pages fail and are met again."""


class Backoff(RetryMiddleware):
    """Scrapy's retries, after the pause the server asked for."""

    def process_response(  # type: ignore[override]  # Scrapy's own has a deprecated third argument
        self, request: Request, response: Response
    ) -> Request | Response:
        """Holds the host's queue back before the request goes into it once more."""
        if request.meta.get("dont_retry"):
            return response
        archive = request.url.split("/")[2] in HOSTS
        if response.status not in (self.retry_http_codes if archive else {429, 503}):
            return super().process_response(request, response)
        seconds = asked_pause((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        if seconds > LONGEST_SECONDS:
            return response
        if archive:
            self._hold_archive(request, seconds)
        else:
            self._hold(request, seconds)
        return super().process_response(request, response)

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

    def _hold(self, request: Request, seconds: float) -> None:
        """Scrapy's queue for a host waits until its delay has passed since `lastseen`: one in the future is a pause."""
        assert self.crawler.engine is not None
        slot = self.crawler.engine.downloader.slots.get(str(request.meta.get("download_slot")))
        if slot is not None and seconds > 0:
            slot.delay = max(slot.delay, 0.001)  # a queue without any delay never looks at the clock
            slot.lastseen = max(slot.lastseen, monotonic() + seconds)


def asked_pause(value: str, now: datetime) -> float:
    """Seconds that a `Retry-After` asks for, given as a number or as a date (RFC 9110 §10.2.3); 0 where it says nothing."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0
