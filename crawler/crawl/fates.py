"""Every address that a crawl admits leaves it with exactly one fate, and makes room for the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crawler.crawl.raw_captures import RawCaptures
from crawler.crawl.session import Session
from crawler.crawl.statistics import THIN
from crawler.crawl.visit import ArticleItem, Visit
from crawler.discovery import CaptureCandidate
from crawler.window import Window
from extractors import Article
from storage import ArchiveError, Capture, Outcome, Settled

LASTING = frozenset({"kept", "revised", "unchanged", "duplicate", "not_an_article", "gone"})
"""Fates that a later crawl need not question again at once; `failed` and `refused` are met anew."""

ARCHIVE_FAILURES = 5
"""So many articles in a row that could not be kept mean that the archive is down or full."""

OUTSIDE = "outside the dates asked for"

STRENGTH = ("kept", "revised", "duplicate", "unchanged", "gone", "not_an_article", "refused", "failed")
"""Of several captures of one address in one run, the first of these that one of them came to is the address's fate."""


def strongest(first: Outcome | None, second: Outcome) -> Outcome:
    """The outcome that tells what became of an address of which several captures were looked at in one run."""
    return second if first is None or STRENGTH.index(second.fate) < STRENGTH.index(first.fate) else first


class Fates:
    """The fates of one outlet's addresses in one crawl.

    looked: called with each capture of a web archive that was an article; left: with each fate, and when the article was
    published; count: with the name of each fate; stop: once,
    when the archive takes nothing any more.
    """

    def __init__(
        self, session: Session, outlet: str, window: Window, count: Callable[[str], None], stop: Callable[[], None]
    ) -> None:
        self._session, self._outlet, self._window, self._count, self._stop = session, outlet, window, count, stop
        self.looked: Callable[[CaptureCandidate], None] = lambda _: None
        self.left: Callable[[Outcome, str | None], None] = lambda *_: None
        self._room = asyncio.Semaphore(session.config.in_flight)
        self._raw = RawCaptures(session, outlet)
        self._logger = logging.getLogger(outlet)

    async def admit(self, visit: Visit) -> None:
        """Waits until there is room for one more address between discovery and its fate."""
        await self._room.acquire()
        visit.holds_room = True
        self._raw.admitted()

    async def keep(self, reading: ArticleItem) -> Outcome:
        """Hands an article to the archive; whatever happens there, the address has its fate afterwards."""
        visit, article = reading.visit, _dated(reading.article, reading.visit)
        if self._window.excludes(article.date_published):
            return await self.settle(visit, "refused", OUTSIDE, published=article.date_published)
        try:
            capture = await self._raw.of_article(visit, reading.capture, article.url)
            outcome = await self._session.in_thread(
                self._session.run.keep,
                article,
                capture,
                for_url=visit.place.url,
                hint=visit.found.modified,
                validators=visit.validators,
            )
        except ArchiveError as error:
            return self._archive_failed(visit, error)
        self._session.archive_failures = 0
        self._session.tidings(self._outlet).read(article)
        if visit.found.canary and outcome.fate == "revised":
            await self._compare(visit, article)
        if visit.found.unlisted is not None:
            self.fact("unlisted.stands", url=outcome.url, post=visit.found.unlisted.evidence.get("post"))
        self._pass(visit, outcome, article.date_published)
        return outcome

    async def settle(
        self, visit: Visit, fate: Settled, reason: str, capture: Capture | None = None, published: str | None = None
    ) -> Outcome:
        """The fate of an address without an article; what was fetched (`capture`) goes to the ledger, what was not does not."""
        if not visit.invited:
            self._logger.warning("%s: %s (%s)", fate, visit.place.url, reason)
            return Outcome(fate=fate, url=visit.place.url, outlet=self._outlet, reason=reason)
        try:
            capture = await self._raw.of_fate(visit, capture, fate)
            evidence = visit.found.unlisted.evidence if visit.found.unlisted and fate == "gone" else None
            outcome = await self._session.in_thread(
                self._session.run.settle, self._outlet, visit.place.url, fate, reason, capture, evidence
            )
        except ArchiveError as error:
            return self._archive_failed(visit, error)
        self._leave(visit, outcome, published)
        return outcome

    async def idle(self) -> None:
        """Waits until every article that was handed over is with the archive."""
        await self._raw.idle()

    def lose(self, visit: Visit, reason: str) -> Outcome:
        """The fate `failed` for an address whose way ended where no callback was called. Writes nothing."""
        if visit.settled:
            return Outcome(fate="failed", url=visit.place.url, outlet=self._outlet, reason=reason)
        outcome = self._session.run.settle(self._outlet, visit.place.url, "failed", reason)
        self._leave(visit, outcome, None)
        return outcome

    def conclude(self, visit: Visit) -> Outcome:
        """The fate of an address whose last capture was no use: what the captures before came to."""
        assert visit.outcome is not None
        self._leave(visit, visit.outcome, None)
        return visit.outcome

    def fact(self, fact: str, **details: Any) -> None:
        """Tells what happened: as a fact, and in the log."""
        self._session.facts(fact, outlet=self._outlet, **details)
        told = " ".join(f"{name}={value}" for name, value in details.items() if value is not None)
        self._logger.info("%s %s", fact, told)

    async def _compare(self, visit: Visit, article: Article) -> None:
        """Notes a canary of whose kept text little is left: that is rarely an edit."""
        key = visit.known.key if visit.known is not None else None
        try:
            kept = await self._session.in_thread(self._session.archive.get, key) if key else None
        except ArchiveError as error:  # it was kept; what it was before cannot be said
            self.fact("canary.not_compared", url=visit.place.url, reason=str(error))
            return
        if kept is not None and len(article.body) < THIN * len(kept["body"]):
            self._session.tidings(self._outlet).thin.add(visit.place.url)

    def _archive_failed(self, visit: Visit, error: ArchiveError) -> Outcome:
        """The page was read and could not be kept: it fails, and is met again."""
        outcome = self.lose(visit, f"archive: {error}")
        self._session.archive_error = str(error)
        self._session.archive_failures += 1
        if self._session.archive_failures == ARCHIVE_FAILURES:
            self._stop()
        return outcome

    def _pass(self, visit: Visit, outcome: Outcome, published: str | None) -> None:
        """A capture was handed over: the address leaves unless a further one is to follow (`OutletSpider.parse` asks for it)."""
        candidate = visit.candidate
        if candidate is not None:
            self.looked(candidate)
        if candidate is None or not visit.try_next(served=True):
            self._leave(visit, outcome, published)
            return
        visit.outcome = strongest(visit.outcome, outcome)
        self.fact("capture.taken", url=outcome.url, fate=outcome.fate, at=f"{candidate.memento_at:%Y-%m-%dT%H:%M:%SZ}")
        visit.passed.set()

    def _leave(self, visit: Visit, outcome: Outcome, published: str | None) -> None:
        if visit.outcome is not None:
            outcome = strongest(visit.outcome, outcome)
            self._session.run.conclude(self._outlet, visit.place.url, outcome.fate, outcome.reason)
        visit.settled = True
        visit.passed.set()
        tidings = self._session.tidings(self._outlet)
        self.left(outcome, published)
        found = visit.found
        tidings.left(outcome, published, fetched=visit.holds_room, wanted=found.wanted, canary=found.canary)
        visit.found.document.settled(lasting=outcome.fate in LASTING, published=published)
        if visit.holds_room:
            visit.holds_room = False
            self._room.release()
            self._raw.left()
        self._count(outcome.fate)
        self.fact(outcome.fate, url=outcome.url, reason=outcome.reason, key=outcome.key, content_hash=outcome.content_hash)


def _dated(article: Article, visit: Visit) -> Article:
    """The date the source states, for a page that shows none."""
    if article.date_published is not None or visit.found.published is None:
        return article
    return replace(
        article,
        date_published=visit.found.published,
        date_published_raw=visit.found.published,
        date_published_precision="minute" if "T" in visit.found.published else "day",
        date_published_source=visit.found.stated_by,
    )
