"""Which session a Scrapy crawler works in. What the HTTP side uses of a session is stated here, so that it need not know more."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, Self, TypeVar
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawler.config import Config
from crawler.download.politeness import Politeness
from crawler.download.waits import Waits
from crawler.facts import Facts

P = ParamSpec("P")
T = TypeVar("T")


class HttpSession(Protocol):
    """The part of a session (`crawler.crawl.session.Session`) that middlewares and downloader use."""

    config: Config
    facts: Facts
    politeness: Politeness | None
    """Shared with the other crawls of a long-running process; None where there are none."""
    waits: Waits

    def pause(self, outlet: str, host: str, seconds: float) -> bool:
        """Keeps in the archive's state that `host` asked for a pause; whether that is new. ArchiveError.

        outlet: `retry_after.WEB_ARCHIVES` for a web archive's host.
        """
        ...

    def archive_pauses(self) -> dict[str, float]:
        """Seconds that web archives' hosts are still to be left alone, as any process was asked; none where it is not known."""
        ...

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a blocking call outside the event loop."""
        ...


class Component:
    """What Scrapy makes for a crawler: a middleware, a pipeline, an extension."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)


_BOUND: WeakKeyDictionary[Crawler, HttpSession] = WeakKeyDictionary()


def bind(crawler: Crawler, session: HttpSession) -> None:
    """Makes the crawler's spider work in a session that the caller closes."""
    _BOUND[crawler] = session


def bound(crawler: Crawler) -> HttpSession | None:
    """The session given to `bind`, None if there was none."""
    return _BOUND.get(crawler)


def session_of(crawler: Crawler) -> HttpSession | None:
    """The session that the crawler's spider works in, its own if none was bound; None for a spider without (`warraq read`)."""
    return bound(crawler) or getattr(crawler.spider, "session", None)
