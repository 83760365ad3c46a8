"""Scrapy's counters of a crawl."""

from scrapy.statscollectors import MemoryStatsCollector


class Counters(MemoryStatsCollector):
    """As Scrapy has them, without its look for a deprecated argument at each of 26 uses a page (2 % of the main process)."""

    __getattribute__ = object.__getattribute__
