"""Where Enab Baladi's articles are found. None of these could be looked at when this was written."""

from crawler.crawl.outlet_spider import OutletSpider
from crawler.discovery.feed import Feed
from crawler.discovery.listing import Listing
from crawler.discovery.sitemap import Sitemap
from crawler.discovery.wordpress import WordPress


class EnabBaladi(OutletSpider):
    name = "enab_baladi"
    sources = (
        Feed("https://www.enabbaladi.net/feed/"),
        WordPress("https://www.enabbaladi.net/wp-json/wp/v2/posts"),
        Sitemap(
            "https://www.enabbaladi.net/robots.txt",
            (
                "https://www.enabbaladi.net/sitemap_index.xml",  # Yoast
                "https://www.enabbaladi.net/wp-sitemap.xml",  # WordPress's own since 5.5
                "https://www.enabbaladi.net/sitemap.xml",
            ),
        ),
        Listing(
            "https://www.enabbaladi.net/archives/category/online",
            "https://www.enabbaladi.net/archives/category/online/page/{page}",
        ),
    )
