"""The item pipeline only hands over: dedup, archive and announce are one transaction, `storage/run/keep.py`."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.crawl.outlet_spider import OutletSpider
from crawler.crawl.visit import ArticleItem


class KeepPipeline:
    """Items that are kept or revised go on (to `scrapy crawl -o`, say); duplicates and the unchanged are dropped."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: ArticleItem) -> ArticleItem:
        spider = self._crawler.spider
        assert isinstance(spider, OutletSpider)
        outcome = await spider.walk.fates.keep(item)
        item["fate"] = outcome.fate
        if outcome.fate not in ("kept", "revised"):
            raise DropItem(f"{outcome.fate}: {outcome.url}")
        return item
