"""robots.txt as RFC 9309 has it, where Scrapy is laxer, and its `Crawl-delay`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.httpobj import urlparse_cached

from crawler.download.binding import bound, session_of
from crawler.download.errors import InterruptedCrawlError, LeftAloneError, RobotsUnreachableError, words
from crawler.download.slots import known_hosts

UNREACHABLE: Final = b"User-agent: *\nDisallow: /\n"
MOST_BYTES: Final = 512_000
"""Of a robots.txt; what follows is not read. RFC 9309 §2.5 asks for 500 KiB at least."""
MOST_RULES: Final = 20_000
MOST_WILDCARDS: Final = 10_000
"""`*` and `$` in the rules that are about us. Matching an address takes time in proportion: at these bounds some 10 ms."""
AGAIN_SECONDS: Final = 300.0
"""After this long a robots.txt that could not be had is asked for once more, if there is still something to ask of its host."""
_AGENT: Final = re.compile(r"user[ -]?agent\s*[:\s]\s*([a-z_-]+(?![a-z0-9_-])|\*(?![^\s#]))?", re.IGNORECASE)
"""RFC 9309 §2.2.1: the product token alone is compared, so `Warraq/1.0` is us and `Warraq2` is not."""
_RULE: Final = re.compile(r"(?:dis{1,2}al{1,2}ow|diasllow|disallaw|allow|crawl[ -]delay)\s*[:\s]", re.IGNORECASE)
"""As its parser understands them, misspellings too."""


class Robots(RobotsTxtMiddleware):
    """Downloader middleware that asks each host for its rules first (RFC 9309 §2.3.1).

    2xx are the rules. 4xx, a redirect that leads nowhere, or one that we do not follow: there are none. 5xx, 429, no answer in
    time, no connection, a certificate that does not verify: everything is disallowed for now, said in the fact
    `robots.unreachable`; the pages fail, and are met again. Rules beyond MOST_RULES or MOST_WILDCARDS: everything is disallowed,
    since none of them may be left out; fact `robots.bounded`.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._parserimpl = _ParserFactory  # type: ignore[assignment]  # Scrapy builds by `from_crawler`
        self._unreachable: dict[str, tuple[float, str]] = {}
        session = bound(crawler)
        self._politeness = session.politeness if session is not None else None
        self._bound = crawler.settings.getfloat("WARRAQ_CRAWL_DELAY_BOUND")
        # The fact, and whoever asked for the page, tell of a robots.txt that cannot be had; Scrapy names another address.
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(_is_news)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's host. What another crawl of this process read within a day is good for this one."""
        netloc = urlparse_cached(request).netloc
        if netloc in self._unreachable and monotonic() >= self._unreachable[netloc][0]:
            del self._unreachable[netloc], self._parsers[netloc]
        if netloc not in self._parsers and self._politeness is not None:
            body = self._politeness.robots(netloc)
            if body is not None:
                self._parsers[netloc] = self._understood(body, netloc)
        return await super().robot_parser(request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._cannot_be_had(netloc, f"robots.txt of {netloc} answers {response.status}")
            rules = UNREACHABLE
        else:
            rules = self._bounded(response, netloc) if 200 <= response.status < 300 else b""
            if self._politeness is not None:
                self._politeness.read_robots(netloc, rules)
            self._understood(rules, netloc, reported=True)
        await super()._parse_robots(response.replace(body=rules), netloc, request)

    def _bounded(self, response: Response, netloc: str) -> bytes:
        """The rules about us; where they are too many, that everything is disallowed."""
        rules = our_rules(response.body, self._agent)
        reason = excess(rules)
        if reason is None:
            return rules
        self._fact("robots.bounded", host=netloc, reason=reason)
        return UNREACHABLE

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        super()._robots_error(exc, netloc)
        if isinstance(exc, (InterruptedCrawlError, LeftAloneError)):
            del self._parsers[netloc]
            raise exc  # the page fails for the same reason
        if not isinstance(exc, IgnoreRequest):
            self._cannot_be_had(netloc, f"{words(exc)} (robots.txt of {netloc})")

    def _cannot_be_had(self, netloc: str, reason: str) -> None:
        self._unreachable[netloc] = (monotonic() + AGAIN_SECONDS, reason)
        self._fact("robots.unreachable", host=netloc, reason=reason, retry_in=AGAIN_SECONDS)

    def _understood(self, rules: bytes, netloc: str, *, reported: bool = False) -> RobotParser:
        """The parser of the rules; their Crawl-delay is kept from now on, up to WARRAQ_CRAWL_DELAY_BOUND."""
        parser = parser_of(rules)
        asked = parser.crawl_delay(self._agent) or 0.0
        kept = min(asked, self._bound)
        if self.crawler.engine is not None:
            known_hosts(self.crawler).set_crawl_delay(urlsplit(f"//{netloc}").hostname or "", kept)
        if reported and asked > 0:
            self._fact("robots.crawl_delay", host=netloc, asked=asked, kept=kept)
        return parser

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raises IgnoreRequest for what the rules disallow, RobotsUnreachableError while nobody knows them."""
        netloc = urlparse_cached(request).netloc
        if netloc in self._unreachable:
            raise RobotsUnreachableError(self._unreachable[netloc][1])
        super().process_request_2(rp, request)

    @property
    def _agent(self) -> str:
        return self._robotstxt_useragent or "Warraq"

    def _fact(self, name: str, **details: object) -> None:
        session, spider = session_of(self.crawler), self.crawler.spider
        if session is not None and spider is not None:
            session.facts(name, outlet=spider.name, **details)


class _ParserFactory:
    """Scrapy's way to make a parser, through `parser_of`."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> RobotParser:  # noqa: ARG003 - Scrapy's signature
        return parser_of(robotstxt_body)


@lru_cache(maxsize=64)
def parser_of(rules: bytes) -> ProtegoRobotParser:
    """The parser of rules, one for all crawls of a process. rules: within the bounds (`excess`)."""
    return ProtegoRobotParser(rules, None)


def excess(rules: bytes) -> str | None:
    """Why rules are too many to be parsed and matched in the crawler's own process; None where they are not."""
    lines, wildcards = rules.count(b"\n"), rules.count(b"*") + rules.count(b"$")
    if lines > MOST_RULES:
        return f"{lines:,} rules, more than {MOST_RULES:,}: everything is taken for disallowed"
    if wildcards > MOST_WILDCARDS:
        return f"rules with {wildcards:,} wildcards, more than {MOST_WILDCARDS:,}: everything is taken for disallowed"
    return None


def our_rules(body: bytes, agent: str) -> bytes:
    """The groups of a robots.txt that are about `agent` (its product token) or about all, with the rules that a parser needs.

    Others can hold as many agents and rules as 512 kB take, each of which would be a rule for each agent. UTF-8; what is none is
    left out, so is a line that no parser reads.
    """
    text = body[:MOST_BYTES].decode("utf-8-sig", errors="ignore").replace("\0", "")
    return "".join(f"{line}\n" for line in _ours(text, agent.lower())).encode()


def _ours(text: str, agent: str) -> Iterator[str]:
    names: set[str] = set()
    in_rules = True
    for line in map(str.strip, text.splitlines()):
        if found := _AGENT.match(line):
            names = set() if in_rules else names
            in_rules = False
            name = (found[1] or "").lower()
            if name in (agent, "*") and name not in names:
                names.add(name)
                yield f"User-agent: {name}"
        elif _RULE.match(line):
            in_rules = True
            if names:
                yield line


def _is_news(record: logging.LogRecord) -> bool:
    return record.levelno < logging.ERROR
