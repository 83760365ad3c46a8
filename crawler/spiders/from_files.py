"""A spider for each outlet that is not built in: the sources that its file states, as `crawler.discovery` has them."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from crawler.crawl.outlet_spider import OutletSpider
from crawler.discovery.asking import Source
from crawler.discovery.daily_sitemap import DailySitemap
from crawler.discovery.feed import Feed
from crawler.discovery.listing import Listing
from crawler.discovery.sitemap import Sitemap
from crawler.discovery.web_archives.commoncrawl import CommonCrawl
from crawler.discovery.web_archives.wayback import Wayback
from crawler.discovery.wordpress import WordPress
from crawler.outlet_files.loading import loaded
from crawler.outlet_files.reading import with_tuples

KINDS: Final[dict[str, type[Any]]] = {
    "feed": Feed,
    "sitemap": Sitemap,
    "daily_sitemap": DailySitemap,
    "wordpress": WordPress,
    "listing": Listing,
    "wayback": Wayback,
    "commoncrawl": CommonCrawl,
}
"""The source of each `kind`; its arguments are called as the keys are."""


def source(facts: BaseModel) -> Source:
    """The source of one `[[sources]]`."""
    given = with_tuples(facts)
    made: Source = KINDS[given.pop("kind")](**given)
    return made


# Scrapy takes for a spider what a module has among its names and says that it is its own.
globals().update(
    {
        f"Outlet_{slug}": type(
            f"Outlet_{slug}",
            (OutletSpider,),
            {"__module__": __name__, "name": slug, "sources": tuple(map(source, each.sources))},
        )
        for slug, each in loaded().items()
    }
)
