"""SMART's site is gone (last page seen: August 2020); its articles are in the Wayback Machine."""

from crawler.crawl.outlet_spider import OutletSpider
from crawler.discovery.web_archives.wayback import Wayback


class Smart(OutletSpider):
    name = "smart"
    sources = (Wayback(("smartnews-agency.com/ar/",)),)
