"""Pages that fail crawl after crawl: asked ever more rarely, and in the end told by the page alone.

The note `failing.json` has one entry a page. It makes a failure last: the feed that named the page need not name it again,
for the page is asked by this list. Losing it costs what the next change of a feed or sitemap brings back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from crawler.read.reasons import BROKE, CODING
from crawler.state_file import PastMoment, StateFile

if TYPE_CHECKING:
    from crawler.discovery.asking import Ask
    from crawler.discovery.found import Found

MOST_PAGES: Final = 5_000
LONGEST_WAIT: Final = timedelta(hours=24)
GIVEN_UP: Final = timedelta(days=30)
"""A page that fails for so long is asked again only when a source names it."""
EARLY: Final = timedelta(hours=1)
"""So long the 404 of a fresh address is taken for a page that is not there yet (scheduled posts, slow caches)."""
CAUSES: Final = ("challenge", "http", "reader", "other")
"""Why pages fail, for metrics: a challenge or consent wall; a status; what came cannot be read (such pages are in
`quarantine/`); no answer, an address that may come yet, anything else.
"""
_REASON_CHARS: Final = 200


class FailingPage(BaseModel):
    """address: as a source wrote it; since, at: the first and the last failure; published: as the source stated it."""

    address: str
    since: PastMoment
    at: PastMoment
    reason: str
    published: str | None = None

    @property
    def next_try(self) -> datetime:
        """After half the time that it has failed for: at the next crawl after the first failure, then ever later."""
        return self.at + min((self.at - self.since) / 2, LONGEST_WAIT)

    @property
    def cause(self) -> str:
        """One of CAUSES."""
        if self.reason.startswith(("challenge", "consent-wall")):
            return "challenge"
        if self.reason.startswith((BROKE, CODING)):
            return "reader"
        return "http" if self.reason.startswith("HTTP ") and "may not be there yet" not in self.reason else "other"


FAILING = StateFile[dict[str, FailingPage]]("failing.json", dict[str, FailingPage], default=dict, is_note=True)


@dataclass(slots=True)
class FailingPages:
    """Of one outlet, by canonical URL. repeated: failures of this crawl that were failures before it."""

    pages: dict[str, FailingPage]
    changed: bool = False
    repeated: set[str] = field(default_factory=set)

    def waits(self, url: str, now: datetime) -> FailingPage | None:
        """The entry of a page that it is too early to ask again."""
        page = self.pages.get(url)
        return page if page is not None and now < page.next_try else None

    def causes(self) -> Counter[str]:
        """How many pages fail, by cause."""
        return Counter(page.cause for page in self.pages.values())

    def failed(self, url: str, address: str, reason: str, published: str | None, now: datetime) -> str | None:
        """The page was asked, and failed. The URL of the oldest entry, where it had to make room for this one."""
        before = self.pages.pop(url, None)
        since = before.since if before is not None else now
        if before is not None:
            self.repeated.add(url)
        self.pages[url] = FailingPage(
            address=_storable(address),
            since=since,
            at=now,
            reason=_storable(reason[:_REASON_CHARS]),
            published=_storable(published) if published else None,
        )
        self.changed = True
        if len(self.pages) <= MOST_PAGES:
            return None
        oldest = next(iter(self.pages))
        del self.pages[oldest]
        return oldest

    def settled(self, url: str) -> None:
        """The page has another fate."""
        if self.pages.pop(url, None) is not None:
            self.changed = True

    def is_early(self, url: str, now: datetime) -> bool:
        """Whether a page that is not there may still come: it is missing for less than an hour."""
        page = self.pages.get(url)
        return page is None or now - page.since < EARLY


def _storable(text: str) -> str:
    """Without lone surrogates, which JSON cannot hold."""
    return text.encode("utf-8", "replace").decode()


class Retries:
    """A source of pages that failed in earlier crawls and are to be asked again."""

    name = "retries"

    def __init__(self, failing: FailingPages) -> None:
        self._failing = failing

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Nothing as long as the outlet answers nothing: every page would fail once more."""
        if not ask.answered:
            return
        from crawler.discovery.found import Document, Found  # noqa: PLC0415 - `status` reads the file and needs no crawl

        document = Document(self.name)
        for url, page in list(self._failing.pages.items()):
            if ask.now - page.since > GIVEN_UP:
                self._failing.settled(url)
                ask.fact("address.given_up", url=url, since=page.since.isoformat(), reason=page.reason)
            elif ask.now >= page.next_try:
                yield Found(url=page.address, document=document, published=page.published, again=True)
