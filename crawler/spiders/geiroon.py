"""Geiroon's site is gone (last page seen: September 2019); the Wayback Machine has it under the three domains it had."""

from crawler.crawl.outlet_spider import OutletSpider
from crawler.discovery.web_archives.wayback import Wayback


class Geiroon(OutletSpider):
    name = "geiroon"
    sources = (Wayback(("geiroon.net/", "geiroon.com/", "geroun.net/")),)
