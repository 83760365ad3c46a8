"""The outlets of files and packages, read again while a watch runs (SIGHUP)."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Final

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.spiderloader import get_spider_loader

from crawler.crawl.process import project_settings
from crawler.outlet_files.loading import loaded, outlets_of_files, read_again
from crawler.read.reader_pool import ReaderPool
from extractors.outlets import provide

SPIDERS: Final = "crawler.spiders.from_files"


@dataclass(frozen=True, slots=True)
class OutletChanges:
    """Slugs of the outlets that came, are stated otherwise, and went, in alphabetical order."""

    added: list[str]
    changed: list[str]
    removed: list[str]


def reload_outlets(process: AsyncCrawlerProcess, readers: ReaderPool) -> OutletChanges:
    """Crawls that begin from now on are those of the outlets as the files state them now; those under way end as they began.

    Raises OutletFileError, ConfigError: all stays as it was.
    """
    before = loaded()
    after = read_again()
    both = sorted(before.keys() & after.keys())
    changes = OutletChanges(
        sorted(after.keys() - before.keys()),
        [slug for slug in both if before[slug] != after[slug]],
        sorted(before.keys() - after.keys()),
    )
    if changes.added or changes.changed or changes.removed:
        provide(outlets_of_files)
        spiders = importlib.import_module(SPIDERS)
        for name in [name for name in vars(spiders) if name.startswith("Outlet_")]:
            delattr(spiders, name)
        importlib.reload(spiders)
        process.spider_loader = get_spider_loader(project_settings())
        readers.renew()
    return changes
