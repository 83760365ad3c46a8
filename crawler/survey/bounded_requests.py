"""Requests to a site by the rules of a crawl, within a bound."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from crawler.crawl.fetch_one import Fetch
from crawler.discovery.documents.text import RawDocument
from extractors.article import Page

MOST_REQUESTS: Final = 40

Run = Callable[..., Awaitable[Any]]
"""Calls a function in a reader process."""


class BoundedRequests:
    """spent: requests so far; tried: what was asked in vain, and why; unreachable: nobody answered the last one of those."""

    def __init__(self, fetch: Fetch, run: Run, max_bytes: int) -> None:
        """max_bytes: of a document, decompressed."""
        self._fetch, self.run, self._max_bytes = fetch, run, max_bytes
        self.spent = 0
        self.tried: list[str] = []
        self.unreachable = False
        self._hosts_asked: set[str] = set()

    async def get(self, url: str, accept: str) -> Page | None:
        """None where nothing came, which is kept with its reason, and where the bound is reached."""
        host = urlsplit(url).netloc
        left = MOST_REQUESTS - self.spent - 1 - (host not in self._hosts_asked)
        if left < 0:
            return None
        answer = await self._fetch(url, accept, left)
        self.spent += answer.requests + (host not in self._hosts_asked)  # robots.txt comes first
        self._hosts_asked.add(host)
        if answer.page is None:
            self.unreachable = answer.unreachable
            self.tried.append(f"{url}: {answer.reason}")
            return None
        led_to = urlsplit(answer.page.url).netloc
        self.spent += led_to not in self._hosts_asked
        self._hosts_asked.add(led_to)
        return answer.page

    async def document(self, url: str, accept: str, parser: Callable[[RawDocument], Any]) -> Any:
        """What a parser makes of a document; None where there is none, or it is another."""
        page = await self.get(url, accept)
        if page is None:
            return None
        try:
            return await self.run(parser, RawDocument(page.url, page.body, page.content_type or "", self._max_bytes))
        except Exception as error:  # noqa: BLE001  # any document may trip any parser; who is told: whoever reads what was tried
            self.tried.append(f"{url}: {error}")
            return None
