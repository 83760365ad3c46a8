"""Asks URLs through the project's own settings, as any spider does, and prints what became of each as JSON.

    python -m tests.crawler.security.asking '["http://…", …]' [HOST…]

HOST: the hosts that the spider may ask; any if none is named. With NAMES in the environment, names are looked up in it:
a JSON object of name → the addresses that DNS gives one after the other.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from collections.abc import AsyncIterator
from time import monotonic

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.process import settings_for_pages
from crawler.download.errors import words


class Asking(Spider):
    """Leaves in `answers`, by URL: the status, the length of the body, or why there is none; and how long it took."""

    name = "asking"

    def __init__(self, urls: list[str], hosts: list[str], answers: dict[str, list[object]]) -> None:
        super().__init__()
        self._urls, self.allowed_domains, self._answers = urls, hosts, answers

    async def start(self) -> AsyncIterator[Request]:
        for url in self._urls:
            try:
                request = Request(url, self.parse, errback=self.failed, dont_filter=True, cb_kwargs={"asked": url})
            except ValueError as error:
                self._answers[url] = [str(error), 0.0]
                continue
            request.meta.update(asked=url, began=monotonic())
            yield request

    def parse(self, response: Response, asked: str) -> None:
        self._answers[asked] = [f"{response.status} {len(response.body)}", monotonic() - response.meta["began"]]

    def failed(self, failure: Failure) -> None:
        meta = failure.request.meta  # type: ignore[attr-defined]
        assert failure.value is not None
        self._answers[meta["asked"]] = [words(failure.value), monotonic() - meta["began"]]


def _answering(names: dict[str, list[str]]) -> None:
    def lookup(name: str) -> str:
        if name not in names:
            return str(real(name))
        return names[name].pop(0) if len(names[name]) > 1 else names[name][0]

    real, socket.gethostbyname = socket.gethostbyname, lookup


def main() -> None:
    """One crawl."""
    if given := os.environ.get("NAMES"):
        _answering(json.loads(given))
    answers: dict[str, list[object]] = {}
    process = AsyncCrawlerProcess(settings_for_pages())
    process.crawl(Asking, urls=json.loads(sys.argv[1]), hosts=sys.argv[2:], answers=answers)
    process.start()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"answers": answers, "peak_mb": peak}))


if __name__ == "__main__":
    main()
