"""Where Baladi News' articles are found: no feed or API is known, so its home page and sections are walked."""

from crawler.crawl.outlet_spider import OutletSpider
from crawler.discovery.listing import Listing
from crawler.discovery.sitemap import Sitemap


class BaladiNews(OutletSpider):
    name = "baladi_news"
    sources = (
        Sitemap("https://baladi-news.com/robots.txt", ("https://baladi-news.com/sitemap.xml",)),
        Listing("https://baladi-news.com/ar", sections=True),
        Listing("https://baladi-news.com/ar/articles", "https://baladi-news.com/ar/articles?page={page}"),
    )
