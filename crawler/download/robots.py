"""robots.txt as RFC 9309 has it, where Scrapy is laxer: an outlet that cannot give its rules is not asked for pages."""

from __future__ import annotations

import logging

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler

from crawler.download.binding import bound

UNREACHABLE = b"User-agent: *\nDisallow: /\n"


class Robots(RobotsTxtMiddleware):
    """Answers: 2xx are the rules, 4xx mean that there are none, 5xx that everything is disallowed for now (RFC 9309 §2.3.1).

    A host that cannot be reached at all fails its pages with its own reason, so nothing is decided here.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unavailable: dict[str, int] = {}
        session = bound(crawler)
        self._manners = session.manners if session is not None else None
        # Scrapy adds a traceback to the one line that matters.
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(_one_line)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """What another crawl of this process read within a day is good for this one."""
        netloc = urlparse_cached(request).netloc
        if netloc not in self._parsers and self._manners is not None:
            body = self._manners.robots(netloc)
            if body is not None:
                self._parsers[netloc] = build_from_crawler(self._parserimpl, self.crawler, body)
        return await super().robot_parser(request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status < 500 and self._manners is not None:
            self._manners.read_robots(netloc, response.body if response.status < 400 else b"")
        if response.status >= 500:
            self._unavailable[netloc] = response.status
            response = response.replace(body=UNREACHABLE)
        elif response.status >= 400:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Names the reason when it is not a rule of the outlet's."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            netloc = request.url.split("/")[2]
            if netloc in self._unavailable:
                raise IgnoreRequest(f"robots.txt of {netloc} answers {self._unavailable[netloc]}") from None
            raise


def _one_line(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
