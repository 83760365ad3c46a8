"""Where articles are found: one module per access pattern, each a class an outlet fills in with its facts.

A source is asked once per crawl and yields `Found` addresses, newest first where it can. It never stores and never
decides what is fetched: the spider does (`crawler/crawl/outlet_spider.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.late_names import late_names

if TYPE_CHECKING:
    from crawler.discovery.asking import Ask, Source
    from crawler.discovery.daily_sitemap import DailySitemap
    from crawler.discovery.feed import Feed
    from crawler.discovery.found import CaptureCandidate, Document, Found, SourceError, modified_since
    from crawler.discovery.listing import Listing
    from crawler.discovery.sitemap import Sitemap
    from crawler.discovery.web_archives.commoncrawl import CommonCrawl
    from crawler.discovery.web_archives.wayback import Wayback
    from crawler.discovery.wordpress import WordPress

__all__ = [
    "Ask",
    "CaptureCandidate",
    "CommonCrawl",
    "DailySitemap",
    "Document",
    "Feed",
    "Found",
    "Listing",
    "Sitemap",
    "Source",
    "SourceError",
    "Wayback",
    "WordPress",
    "modified_since",
]

_HOMES = {
    "crawler.discovery.asking": (
        "Ask",
        "Source",
    ),
    "crawler.discovery.daily_sitemap": ("DailySitemap",),
    "crawler.discovery.feed": ("Feed",),
    "crawler.discovery.found": (
        "CaptureCandidate",
        "Document",
        "Found",
        "SourceError",
        "modified_since",
    ),
    "crawler.discovery.listing": ("Listing",),
    "crawler.discovery.sitemap": ("Sitemap",),
    "crawler.discovery.web_archives.commoncrawl": ("CommonCrawl",),
    "crawler.discovery.web_archives.wayback": ("Wayback",),
    "crawler.discovery.wordpress": ("WordPress",),
}
"""The module of each name, loaded when it is first asked for: who reads a state file needs nothing of what asks the web."""

__getattr__ = late_names(__name__, _HOMES)
