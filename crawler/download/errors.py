"""Why a request got no answer, in words an operator can use."""

from __future__ import annotations

from typing import Final

from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, DownloadTimeoutError, IgnoreRequest

_BY_CLASS: Final = {
    "ResponseDataLossError": "the answer broke off",
    "ConnectionDone": "the connection was closed without an answer",
    "ParseError": "the answer is no HTTP",
    "BadResponseVersion": "the answer is no HTTP",
}
"""By name of the exception's class, those of Scrapy and of Twisted's HTTP client."""
INTERRUPTED: Final = "interrupted"
"""The reason of what a crawl did not wait for, because a signal broke it off."""
MOST_CHARACTERS: Final = 300
"""Of a message: some repeat what a server sent."""


class InterruptedCrawlError(Exception):
    """The crawl was broken off before this address had its turn."""


class LeftAloneError(Exception):
    """The host has asked for a longer pause than a crawl waits."""


class RobotsUnreachableError(Exception):
    """Nobody knows what the host allows: its robots.txt could not be had."""


def _innermost(error: BaseException) -> BaseException:
    """What Twisted's wrapper of a broken answer holds: its own text shows objects instead of reasons."""
    wrapper = error.__cause__ if isinstance(error, DownloadFailedError) and error.__cause__ is not None else error
    reasons = getattr(wrapper, "reasons", None)
    inner = getattr(reasons[0], "value", None) if isinstance(reasons, list) and reasons else None
    return inner if isinstance(inner, Exception) else error


def words(error: BaseException) -> str:
    """One line: what happened, without Scrapy's class names where they say nothing."""
    error = _innermost(error)
    message = str(error).splitlines()[0][:MOST_CHARACTERS] if str(error) else ""
    if isinstance(error, DownloadCancelledError) or "exceeded DOWNLOAD_MAXSIZE" in message:  # on the wire, or decompressed
        return "larger than the limit (WARRAQ_MAX_PAGE_BYTES, for feeds and sitemaps WARRAQ_MAX_DOCUMENT_BYTES)"
    if isinstance(error, IgnoreRequest):
        return message or "refused by a rule of the crawl"
    if isinstance(error, DownloadTimeoutError):
        return "no full answer in time (WARRAQ_DOWNLOAD_TIMEOUT)"
    if type(error).__name__ in _BY_CLASS:
        return _BY_CLASS[type(error).__name__]
    if isinstance(error, (InterruptedCrawlError, LeftAloneError, RobotsUnreachableError)):
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
