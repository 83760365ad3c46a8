"""The item pipeline only hands over: dedup, archive and announce are one transaction, `storage/run/keep.py`."""

from __future__ import annotations

from scrapy.exceptions import DropItem

from crawler.crawl.outlet_spider import OutletSpider
from crawler.crawl.visit import ArticleItem
from crawler.download.binding import Component


class KeepPipeline(Component):
    """Items that are kept or revised go on (to `scrapy crawl -o`, say); duplicates and the unchanged are dropped."""

    async def process_item(self, item: ArticleItem) -> ArticleItem:
        spider = self._crawler.spider
        assert isinstance(spider, OutletSpider)
        outcome = await spider.walk.fates.keep(item)
        item["fate"] = outcome.fate
        if outcome.fate not in ("kept", "revised"):
            raise DropItem(f"{outcome.fate}: {outcome.url}")
        return item
