"""Where a crawl may go: a downloader middleware that sees every request, also redirects, robots.txt and sitemaps."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from crawler.download.binding import Component
from crawler.download.public_address import why_not

HUB: Final = "hub"
"""Key in the meta of a request to a WebSub hub, which need not be a host of the outlet."""


class OutOfBoundsError(IgnoreRequest):
    """A request that is not made: another scheme, a private address, or a host that is not the outlet's."""


class OffsiteMiddleware(Component):
    """Lets a spider ask its outlet's hosts and web archives, and nobody anything but public http(s) addresses. The hub that a
    feed names, and what a robots.txt redirects to (RFC 9309 §2.3.1.2), may be anywhere on the public internet.

    In the place of Scrapy's own, which lets pass what is not to be filtered as a duplicate.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._trusted = frozenset(crawler.settings.getlist("WARRAQ_PRIVATE_HOSTS"))

    def process_request(self, request: Request) -> None:
        """Raises OutOfBoundsError."""
        reason = why_not(request.url, self._trusted)
        if HUB not in request.meta and "dont_obey_robotstxt" not in request.meta:
            reason = reason or foreign(request.url, self._crawler.spider)
        if reason is not None:
            raise OutOfBoundsError(f"not asked: {reason}")


def foreign(url: str, spider: Spider | None) -> str | None:
    """Why a URL is none of the spider's, None if it is one. A spider that names no hosts may ask any."""
    hosts = getattr(spider, "allowed_domains", None)
    host = urlsplit(url).hostname or ""
    return f"{host} is not a host of {spider.name}" if spider is not None and hosts and host not in hosts else None
