"""Why a request got no answer, in words an operator can use."""

from __future__ import annotations

from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest, ResponseDataLossError


class InterruptedCrawlError(Exception):
    """The crawl was broken off before this address had its turn."""


class LeftAloneError(Exception):
    """The host has asked for a longer pause than a crawl waits."""


class RobotsUnreachableError(Exception):
    """Nobody knows what the host allows: its robots.txt could not be had."""


def words(error: BaseException) -> str:
    """One line: what happened, without Scrapy's class names where they say nothing."""
    message = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, DownloadCancelledError) or "exceeded DOWNLOAD_MAXSIZE" in message:  # on the wire, or decompressed
        return "larger than the limit (WARRAQ_MAX_PAGE_BYTES, for feeds and sitemaps WARRAQ_MAX_DOCUMENT_BYTES)"
    if isinstance(error, IgnoreRequest):
        return message or "refused by a rule of the crawl"
    if isinstance(error, DownloadTimeoutError):
        return "no full answer in time (WARRAQ_DOWNLOAD_TIMEOUT)"
    if isinstance(error, ResponseDataLossError):
        return "the answer broke off"
    if isinstance(error, (InterruptedCrawlError, LeftAloneError, RobotsUnreachableError)):
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
