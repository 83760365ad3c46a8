"""One page, fetched by the rules of a crawl, for `warraq record`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.process import settings_for_pages
from crawler.download.errors import words
from extractors import Page


def fetch(url: str) -> Page | str:
    """The page at a URL, asked for as a crawl does (robots.txt, pace, proxy, TLS), or the reason why there is none."""
    answers: list[Page | str] = []
    process = AsyncCrawlerProcess(settings_for_pages())
    process.crawl(OnePage, url=url, answers=answers)
    process.start()
    return answers[0] if answers else "no answer"


class OnePage(Spider):
    """Fetches one page and leaves it in `answers`, or the reason why not."""

    name = "one_page"

    def __init__(self, url: str, answers: list[Page | str]) -> None:
        super().__init__()
        self.start_urls = [url]
        self._answers = answers

    async def start(self) -> AsyncIterator[Request]:
        for url in self.start_urls:
            yield Request(url, self.parse, errback=self.failed, dont_filter=True)

    def parse(self, response: Response) -> None:
        if response.status != 200:
            self._answers.append(f"HTTP {response.status}")
            return
        self._answers.append(
            Page(
                url=response.url,
                body=response.body,
                fetched_at=datetime.now(UTC),
                status=response.status,
                content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            )
        )

    def failed(self, failure: Failure) -> None:
        assert failure.value is not None
        self._answers.append(words(failure.value))
