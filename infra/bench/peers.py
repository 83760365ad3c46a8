"""The spiders that a crawl is measured against: one that only fetches, one with trafilatura called on each page."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from crawler.crawl.process import project_settings


class Bare(Spider):
    """Fetches every page of a list and drops it."""

    name = "bare"
    urls: list[str]

    async def start(self) -> AsyncIterator[Request]:
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response) -> None:
        assert response.status == 200


class Plain(Bare):
    """What one writes in five minutes: Scrapy and `trafilatura.extract`."""

    name = "plain"

    def parse(self, response: Response) -> None:
        import trafilatura  # noqa: PLC0415  # the bare spider does without

        assert trafilatura.extract(response.text)


def main() -> None:
    """`python -m infra.bench.peers bare|plain FILE_OF_URLS`, with the pace and proxy of the environment."""
    settings = project_settings()
    for ours in ("ITEM_PIPELINES", "EXTENSIONS"):
        settings.set(ours, {}, priority="cmdline")
    kind = {"bare": Bare, "plain": Plain}[sys.argv[1]]
    with open(sys.argv[2], encoding="utf-8") as lines:  # noqa: PTH123  # a list of addresses, one a line
        kind.urls = lines.read().split()
    process = AsyncCrawlerProcess(settings)
    process.crawl(kind)
    process.start()


if __name__ == "__main__":
    main()
