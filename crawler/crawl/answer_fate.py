"""The fate of an address by an answer that brought no article: what a status, a redirect, a wall or a foreign page says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scrapy.http import Response

from crawler.crawl.memento_visits import words_of
from crawler.crawl.refresh import refresh_target
from crawler.crawl.visit import Target
from crawler.download.challenge import challenge, wall
from crawler.download.web_archives import REDIRECTS
from crawler.read.encoded_page import EncodedPage
from crawler.read.reasons import BROKE
from extractors import NotAnArticle, Outlet, Page
from storage import Settled
from storage.warc.content_coding import CodingError

GONE: Final = frozenset({"soft-404", "home"})
"""What a removed page turns into, besides 404 and 410: a page that says so, or a redirect to the front page."""
ABSENT: Final = frozenset({404, 410})
WITHHELD: Final = frozenset({401, 403, 451})
"""Statuses of a page that is there and not shown: it is gone if the outlet's API says that it is unpublished."""
NOT_SHOWN: Final = frozenset({"other-site", "parked", "login"})
"""Pages of a hoster, of a firewall, of whoever stands before the site: they say nothing of the article."""
REFRESHED: Final = "refreshed"
"""Meta key: the request follows a page that led on by itself."""
CHALLENGE_BYTES: Final = 1_000_000
"""A larger page is no challenge."""

Fate = tuple[Settled, str]
"""(fate, reason)."""


@dataclass(frozen=True, slots=True)
class LedTo:
    """The page is at another address of the outlet, to which this one leads by itself."""

    url: str


def by_status(response: Response, page: Page, target: Target) -> Fate | None:
    """Of an answer with another status than 200, or after redirects to a wall; None for one whose page is to be read. A redirect
    comes here unfollowed only when it leads off the outlet.

    A 203 with a story in it was changed on its way (RFC 9110 §15.3.4) and a 206 is a part, which was not asked for (§15.3.7):
    neither is what the outlet published. They fail, are asked again, and are told by their status.
    """
    redirected = response.request is not None and response.request.meta.get("redirect_times")
    if redirected and (name := wall(response.url)) is not None:
        return target.without_article("failed", f"{name}: redirected to {response.url}")
    if response.status == 200:
        return None
    location = (response.headers.get("Location") or b"").decode("utf-8", "replace")
    if (sender := challenge(response.status, response.headers, _plain(page))) is not None:
        return "failed", f"challenge: {sender}"
    if response.status in REDIRECTS and location:
        return _elsewhere(target, location, "redirected to")
    if response.status in ABSENT:
        return "gone", f"HTTP {response.status}"
    reason = f"HTTP {response.status}"
    return target.without_article("failed", reason) if response.status in WITHHELD else ("failed", reason)


def of_page(response: Response, page: Page, target: Target, result: NotAnArticle, outlet: Outlet) -> Fate | LedTo:
    """Of a page with status 200 that was read, and is no article."""
    if not result.reason.startswith(BROKE):
        body = _plain(page)
        if (sender := challenge(200, response.headers, body)) is not None:
            return "failed", f"challenge: {sender}"
        if (address := refresh_target(response.url, response.headers, body)) is not None:
            return _led(response, target, address, outlet)
    if result.reason in GONE:
        return "gone", words_of(result)
    if result.reason in NOT_SHOWN:
        return target.without_article("failed", words_of(result))
    return ("failed", words_of(result)) if result.transient else target.without_article("not_an_article", words_of(result))


def _led(response: Response, target: Target, address: str, outlet: Outlet) -> Fate | LedTo:
    """As with a redirect; followed once."""
    place = outlet.locate(address)
    if place is None:
        return _elsewhere(target, address, "led to")
    if place.kind in GONE:
        return "gone", f"{place.kind}: led to {address}"
    again = response.request is not None and response.request.meta.get(REFRESHED)
    if again or place.url == target.url or not place.is_article or wall(address) is not None:
        return target.without_article("failed", f"{wall(address) or 'refresh'}: led to {address}")
    return LedTo(address)


def _elsewhere(target: Target, address: str, how: str) -> Fate:
    if (name := wall(address)) is not None:
        return target.without_article("failed", f"{name}: {how} {address}")
    return target.without_article("not_an_article", f"elsewhere: {how} {address}")


def _plain(page: Page) -> bytes:
    """The body without its content coding; empty where that cannot be undone, or where it is too large for what is asked."""
    try:
        return page.decoded(CHALLENGE_BYTES).body if isinstance(page, EncodedPage) else page.body
    except CodingError:
        return b""
