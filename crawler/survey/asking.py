"""The Scrapy side of a look: requests as a crawl makes them (user agent, robots.txt, pace, TLS, public addresses only)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.config import Config
from crawler.crawl.process import InterruptibleProcess, settings_for_pages
from crawler.crawl.session import readers_for
from crawler.download.errors import words
from crawler.download.web_archives import HOSTS
from crawler.survey.errors import SurveyError
from crawler.survey.site import Survey, hosts_of
from crawler.survey.surveyor import Answer, Surveyor
from extractors.article import Page


def survey(url: str, config: Config, note: Callable[[str], None]) -> Survey:
    """Looks at a site. Once in a process: Scrapy's reactor starts no second time. Raises SurveyError, KeyboardInterrupt."""
    outcome: list[Survey | Exception] = []
    settings = settings_for_pages()
    settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")  # what fails is the outcome, in a line of ours
    process = InterruptibleProcess(settings)
    process.crawl(SurveySpider, url=url, config=config, note=note, outcome=outcome)
    process.run()
    if process.interrupted:
        raise KeyboardInterrupt
    if not outcome:
        raise SurveyError(f"{url}: the look was broken off")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


class SurveySpider(Spider):
    """Leaves what it saw in `outcome`, or the error."""

    name = "survey"

    def __init__(self, url: str, config: Config, note: Callable[[str], None], outcome: list[Survey | Exception]) -> None:
        super().__init__()
        host = (urlsplit(url).hostname or "").lower()
        # A redirect to another host than these is not followed: it is another site, which a person decides about.
        self.allowed_domains = [*HOSTS, *hosts_of(host)]
        self._url, self._config, self._note, self._outcome = url, config, note, outcome

    async def start(self) -> AsyncIterator[Request]:
        """Asks everything here, one after another; yields no request."""
        readers = readers_for(self._config)
        try:
            surveyor = Surveyor(self._fetch, readers.run, self._config.max_document_bytes, self._note)
            self._outcome.append(await surveyor.look(self._url))
        except Exception as error:  # noqa: BLE001  # raised again by `survey`: Scrapy would only log it
            self._outcome.append(error)
        finally:
            readers.close()
        requests: list[Request] = []
        for request in requests:
            yield request

    async def _fetch(self, url: str, accept: str) -> Answer:
        engine = self.crawler.engine
        assert engine is not None  # open while the spider starts
        request = Request(url, headers={"Accept": accept}, callback=NO_CALLBACK, dont_filter=True)
        try:
            response: Response = await engine.download_async(request)
        except Exception as error:  # noqa: BLE001  # whatever a download raises is the answer; who is told: the person who asked
            return Answer(None, words(error), unreachable=not isinstance(error, IgnoreRequest))
        requests = 1 + int(response.meta.get("redirect_times", 0))
        if response.status != 200:
            location = (response.headers.get("Location") or b"").decode("utf-8", "replace")
            return Answer(None, f"HTTP {response.status}{f' to {location}' if location else ''}", requests)
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        page = Page(url=response.url, body=response.body, fetched_at=datetime.now(UTC), content_type=content_type)
        return Answer(page, "", requests)
