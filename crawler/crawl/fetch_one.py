"""Pages fetched by the rules of a crawl, and kept nowhere: for `warraq read`, `warraq record` and `warraq outlet add`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import Settings

from crawler.crawl.process import InterruptibleProcess, settings_for_pages
from crawler.download.errors import words
from extractors import Page


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """What came of a request. page: None where there is none, then `reason` says why; requests: made for it, redirects and
    retries too; unreachable: nobody answered.
    """

    page: Page | None
    reason: str
    requests: int = 1
    unreachable: bool = False


Fetch = Callable[[str, str, int | None], Awaitable[FetchAnswer]]
"""(address, what is accepted, how many redirects are followed at most; None: as many as in a crawl) to an answer."""


def fetch(url: str) -> Page | str:
    """The page at a URL, asked for as a crawl does (robots.txt, pace, proxy, TLS), or the reason why there is none."""
    settings = settings_for_pages()
    answer = ask(lambda fetch: fetch(url, settings["DEFAULT_REQUEST_HEADERS"]["Accept"], None), settings)
    return "no answer" if answer is None else answer.page or answer.reason


def ask(work: Callable[[Fetch], Awaitable[Any]], settings: Settings, domains: Sequence[str] = ()) -> Any:
    """What `work` gives, called with what fetches; None where it was broken off. Raises what it raises, KeyboardInterrupt.

    domains: no redirect to another is followed. Once in a process: Scrapy's reactor starts no second time.
    """
    outcome: list[Any] = []
    process = InterruptibleProcess(settings)
    process.crawl(PageSpider, work=work, outcome=outcome, domains=domains)
    process.run()
    if process.interrupted:
        raise KeyboardInterrupt
    if outcome and isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0] if outcome else None


class PageSpider(Spider):
    """Leaves what `work` gave in `outcome`, or the error."""

    name = "survey"

    def __init__(self, work: Callable[[Fetch], Awaitable[Any]], outcome: list[Any], domains: Sequence[str]) -> None:
        super().__init__()
        self.allowed_domains = list(domains)
        self._work, self._outcome = work, outcome

    async def start(self) -> AsyncIterator[Request]:
        """Asks everything here, one after another; yields no request."""
        try:
            self._outcome.append(await self._work(self._fetch))
        except Exception as error:  # noqa: BLE001  # raised again by `ask`: Scrapy would only log it
            self._outcome.append(error)
        requests: list[Request] = []
        for request in requests:
            yield request

    async def _fetch(self, url: str, accept: str, redirects: int | None) -> FetchAnswer:
        engine = self.crawler.engine
        assert engine is not None  # open while the spider starts
        request = Request(url, headers={"Accept": accept}, callback=NO_CALLBACK, dont_filter=True)
        if redirects is not None:
            request.meta["redirect_ttl"] = min(redirects, self.settings.getint("REDIRECT_MAX_TIMES"))
        try:
            response: Response = await engine.download_async(request)
        except Exception as error:  # noqa: BLE001  # whatever a download raises is the answer; who is told: the person who asked
            return FetchAnswer(None, words(error), unreachable=not isinstance(error, IgnoreRequest))
        requests = 1 + sum(int(response.meta.get(again, 0)) for again in ("redirect_times", "retry_times"))
        if response.status != 200:
            location = (response.headers.get("Location") or b"").decode("utf-8", "replace")
            return FetchAnswer(None, f"HTTP {response.status}{f' to {location}' if location else ''}", requests)
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        page = Page(url=response.url, body=response.body, fetched_at=datetime.now(UTC), content_type=content_type)
        return FetchAnswer(page, "", requests)
