"""Loads every module that a victim needs: imported once by the process of which `infra.chaos.launcher` makes victims by fork.

But not the settings, which are a victim's own, and a reactor, which cannot be forked.
"""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from datetime import UTC, datetime
from typing import Final

from scrapy.settings import default_settings

from extractors import Page, read

_WANTED: Final = (
    *("boto3", "storage.stores.s3", "storage.queues.local", "storage.verify", "xml.sax.expatreader"),
    *("scrapy.core.engine", "scrapy.core.downloader.handlers.http11", "scrapy.statscollectors", "scrapy.logformatter"),
    *("scrapy.dupefilters", "scrapy.squeues", "scrapy.pqueues", "scrapy.robotstxt"),
    *("crawler.crawl.extension", "crawler.crawl.pipeline", "crawler.crawl.process", "crawler.crawl.exchanges"),
    *("crawler.download.robots", "crawler.download.header_limit", "crawler.watch.service", "crawler.delivery.webhook"),
    *(f"crawler.cli.{name}" for name in ("app", "crawl", "watch", "submit", "cost_prompt", "progress")),
    *(f"crawler.spiders.{outlet}" for outlet in ("al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart")),
    *("infra.chaos.checker", "infra.chaos.victim"),
)


def _load() -> None:
    for name in _WANTED:
        importlib.import_module(name)
    for name, parts in vars(default_settings).items():  # middlewares, extensions, handlers: Scrapy loads them by name
        if name.endswith("_BASE") and isinstance(parts, dict):
            for path in filter(None, (part if isinstance(part, str) else None for part in (*parts, *parts.values()))):
                if path.count(".") > 1:
                    importlib.import_module(path.rpartition(".")[0])
    page = "<html><body><article><h1>عنوان</h1><p>" + "كلمات من خبر لا وجود له " * 30 + "</p></article></body></html>"
    url = "https://www.enabbaladi.net/1/x/"
    read(Page(url=url, body=page.encode(), fetched_at=datetime.now(UTC)), "enab_baladi")
    if "twisted.internet.reactor" in sys.modules or threading.active_count() > 1:
        raise RuntimeError("what is forked may have neither a reactor nor threads")
    gc.collect()
    gc.freeze()  # a victim's collector then leaves what it shares with the others alone, and copies nothing


_load()
