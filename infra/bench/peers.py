"""The spiders that a crawl is measured against: they only fetch, or call trafilatura on each page."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.crawl.process import project_settings, settings_for_pages


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


def shipped() -> Settings:
    """Scrapy with the settings it comes with, as polite as a crawl and as many requests at once."""
    ours = project_settings()
    same = (
        "CONCURRENT_REQUESTS",
        "CONCURRENT_REQUESTS_PER_DOMAIN",
        "DOWNLOAD_DELAY",
        "LOG_LEVEL",
        "ROBOTSTXT_OBEY",
        "USER_AGENT",
    )
    return Settings({name: ours[name] for name in same})


PEERS: dict[str, tuple[type[Bare], Callable[[], Settings]]] = {
    "shipped": (Bare, shipped),
    "tuned": (Bare, settings_for_pages),
    "plain": (Plain, shipped),
}


def main() -> None:
    """`python -m infra.bench.peers shipped|tuned|plain FILE_OF_URLS`, with the pace and proxy of the environment."""
    kind, settings_of = PEERS[sys.argv[1]]
    with open(sys.argv[2], encoding="utf-8") as lines:  # noqa: PTH123  # a list of addresses, one a line
        kind.urls = lines.read().split()
    process = AsyncCrawlerProcess(settings_of())
    process.crawl(kind)
    process.start()


if __name__ == "__main__":
    main()
