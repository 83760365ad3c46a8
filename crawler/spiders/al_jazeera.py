"""Where Al Jazeera's Arabic articles are found."""

from crawler.crawl.outlet_spider import OutletSpider
from crawler.discovery.daily_sitemap import DailySitemap
from crawler.discovery.feed import Feed
from crawler.discovery.sitemap import Sitemap


class AlJazeera(OutletSpider):
    name = "al_jazeera"
    sources = (
        # The home page's rel=alternate; 25 entries while some 370 articles a day appear, so the sitemap is the full list.
        Feed("https://www.aljazeera.net/aljazeerarss/a7c186be-1baa-4bd4-9d80-a84db769f779/73d0e1b4-532f-45ef-b135-bfdff8b8cab9"),
        DailySitemap("https://www.aljazeera.net/sitemap.xml", "https://www.aljazeera.net/sitemap.xml?yyyy=%Y&mm=%m&dd=%d"),
        Sitemap("https://www.aljazeera.net/robots.txt", apart=("https://www.aljazeera.net/sitemap.xml",)),
    )
