"""What one worker of a watch has to do, and how it ended."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from scrapy.crawler import Crawler

from crawler.crawl.statistics import CrawlStatistics
from crawler.watch.http.events_in import DUE
from storage.queues import Lease


@dataclass(slots=True)
class Task:
    """What one worker has to do: the leases of one outlet. urls: asked for, by canonical address; due: ask its sources; paused:
    it was broken off since the outlet is; drop_at: monotonic time after which no answer is waited for.
    """

    outlet: str
    leases: list[Lease]
    began: float = field(default_factory=time.monotonic)
    crawler: Crawler | None = None
    broken_off: bool = False
    drop_at: float = math.inf
    paused: bool = False

    @property
    def due(self) -> bool:
        return any(lease.event["type"] == DUE for lease in self.leases)

    @property
    def urls(self) -> list[str]:
        return [lease.event["data"]["url"] for lease in self.leases if lease.event["type"] != DUE]


@dataclass(frozen=True, slots=True)
class CrawlResult:
    """How a crawl went. failure: why it must be done again, None if it need not be. manifest: there was something to tell."""

    statistics: CrawlStatistics
    failure: str | None
    fates: dict[str, int]
    seconds: float
    archive_down: bool = False
    manifest: bool = False
