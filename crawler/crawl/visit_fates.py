"""The last station of a live crawl: every admitted address leaves with exactly one fate, and makes room for the next.

`crawler.crawl.fates` files, keeps and settles. Here its outcome reaches whatever waits for it: the documents that named the
address, the pages that fail again and again, the statistics, the next capture of a web archive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from crawler.crawl.fates import OUTSIDE, Fates, Hints, strongest
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.visit import ArticleItem, Fetched, Visit
from crawler.discovery.found import CaptureCandidate, Found
from crawler.read.reasons import THIN
from crawler.window import day_of
from extractors import Article
from storage import ArchiveError, Capture, Outcome, Settled

LASTING = frozenset({"kept", "revised", "unchanged", "duplicate", "not_an_article", "gone"})
"""Fates that a later crawl need not question again at once; `failed` and `refused` are met anew."""

EARLIEST = date(1990, 1, 1)
"""Nothing on the web was published before."""


class VisitFates:
    """The fates of one outlet's visits in one crawl.

    on_settled: called with each outcome, and when the article was published; on_capture_read: with each capture of a web archive
    that was an article; count: with the name of each fate, and by how much; stop: once, when the archive takes nothing any more.
    """

    def __init__(
        self,
        plan: CrawlPlan,
        session: Session,
        *,
        on_settled: Callable[[Outcome, str | None], None],
        on_capture_read: Callable[[CaptureCandidate], None],
        count: Callable[[str, int], None],
        stop: Callable[[], None],
    ) -> None:
        self._plan, self._session, self._outlet = plan, session, plan.slug
        self._fates = Fates(session, plan.slug, stop)
        self._on_settled, self._on_capture_read, self._count = on_settled, on_capture_read, count
        self._room = asyncio.Semaphore(session.config.in_flight)
        self.under_way: dict[str, Visit] = {}
        """Visits that were admitted and have no fate yet, by canonical URL."""
        self.unsettled: set[str] = set()
        """Canonical URLs that failed in this crawl, so that every document that names them has to be read again."""

    async def admit(self, visit: Visit) -> None:
        """Waits until there is room for one more address between discovery and its fate."""
        await self._room.acquire()
        self.under_way[visit.url] = visit
        self._fates.raw.admitted()

    def keep_after(self, item: ArticleItem, part: Visit) -> None:
        """A part of a story gives its place to the visit of the next one, and is kept after it, as are those before it."""
        visit = item.visit
        item.kept_after, visit.stands_back = part, True
        part.earlier, visit.earlier = [*visit.earlier, item], []
        part.has_room = False
        self.under_way[part.url] = part

    @staticmethod
    def release_earlier_parts(visit: Visit) -> list[ArticleItem]:
        """The parts that waited for this one, the last first: they can be handed over now."""
        released, visit.earlier = visit.earlier[::-1], []
        return released

    def reopen(self, url: str, modified: str) -> None:
        """A URL that was left alone as known is visited after all, for a later source says when it was modified."""
        self._count("unchanged", -1)
        self.fact("address.reopened", url=url, modified=modified)

    async def keep(self, item: ArticleItem) -> Outcome:
        """Hands an article to the archive; whatever happens there, the address has its fate afterwards."""
        visit, found = item.visit, item.visit.target.found
        if item.kept_after is not None:
            await item.kept_after.left.wait()
            self._come_forward(visit)
        article = self._dated(item.article, found, item.capture.fetched_at)
        if self._plan.window.excludes(article.date_published):
            return await self.settle(visit, "refused", OUTSIDE, published=article.date_published)
        try:
            hints = Hints(found.modified, item.validators)
            outcome = await self._fates.keep(visit.url, article, item.capture, visit.fetched, hints)
        except ArchiveError as error:
            return self.archive_failed(visit, error)
        visit.fetched = Fetched()  # it is filed
        self._fates.archive_accepted()
        self._session.notes.statistics(self._outlet).read(article)
        if item.unread_part is not None:
            self._session.notes.statistics(self._outlet).doubts["next-part"] += 1
            self.fact("part.unread", url=item.unread_part, of=outcome.url)
        if found.canary and outcome.fate == "revised":
            await self._compare_canary(visit, article)
        if found.unlisted is not None:
            self.fact("unlisted.stands", url=outcome.url, post=found.unlisted.evidence.get("post"))
        self._pass(visit, outcome, article.date_published)
        return outcome

    async def settle(
        self, visit: Visit, fate: Settled, reason: str, capture: Capture | None = None, published: str | None = None
    ) -> Outcome:
        """The fate of an address without an article; what was fetched (`capture`) goes to the ledger, what was not does not."""
        if not visit.target.invited:
            self._fates.warn(f"{fate}: {visit.url} ({reason})")
            return Outcome(fate=fate, url=visit.url, outlet=self._outlet, reason=reason)
        unlisted = visit.target.found.unlisted
        try:
            evidence = unlisted.evidence if unlisted and fate == "gone" else None
            outcome = await self._fates.settle(visit.url, fate, reason, capture, visit.fetched, evidence)
        except ArchiveError as error:
            return self.archive_failed(visit, error)
        visit.fetched = Fetched()  # it is filed
        self._leave(visit, outcome, published)
        return outcome

    async def fail(self, visit: Visit, reason: str, capture: Capture | None = None) -> Outcome:
        """The page itself failed, not the crawl: it is asked again, ever more rarely (`crawler.crawl.failing`)."""
        self._note_failing(visit, reason)
        return await self.settle(visit, "failed", reason, capture)

    async def idle(self) -> None:
        """Waits until every article that was handed over is with the archive."""
        await self._fates.raw.idle()

    def lose(self, visit: Visit, reason: str, *, by_page: bool = False) -> Outcome:
        """The fate `failed` for an address whose way ended where no callback was called. Writes nothing.

        by_page: something about the page ended it, as it will the next time.
        """
        if visit.left.is_set():
            return Outcome(fate="failed", url=visit.url, outlet=self._outlet, reason=reason)
        if by_page:
            self._note_failing(visit, reason)
        outcome = self._fates.note(visit.url, "failed", reason)
        self._leave(visit, outcome, None)
        for item in self.release_earlier_parts(visit):
            self.lose(item.visit, f"its next part: {reason}")
        return outcome

    def conclude(self, visit: Visit) -> Outcome:
        """The fate of an address whose last capture was no use: what the captures before came to."""
        outcome = visit.captures.outcome
        assert outcome is not None
        self._leave(visit, outcome, None)
        return outcome

    def fact(self, fact: str, /, **details: Any) -> None:
        """States what happened: as a fact, and in the log."""
        self._fates.fact(fact, **details)

    async def _compare_canary(self, visit: Visit, article: Article) -> None:
        """Notes a canary of whose kept text little is left: that is rarely an edit."""
        known = visit.target.known
        key = known.key if known is not None else None
        try:
            kept = await self._session.in_thread(self._session.archive.get, key) if key else None
        except ArchiveError as error:  # it was kept; what it was before cannot be said
            self.fact("canary.not_compared", url=visit.url, reason=str(error))
            return
        if kept is not None and len(article.body) < THIN * len(kept["body"]):
            self._session.notes.statistics(self._outlet).thin.add(visit.url)

    def archive_failed(self, visit: Visit, error: ArchiveError) -> Outcome:
        """The page was read and could not be kept: it fails, and is met again."""
        outcome = self.lose(visit, f"archive: {error}")
        self._fates.archive_failed(error)
        return outcome

    def _pass(self, visit: Visit, outcome: Outcome, published: str | None) -> None:
        """A capture was handed over: the address leaves unless a further one is to follow (`MementoVisits.parse` asks for it)."""
        candidate = visit.candidate
        if candidate is not None:
            self._on_capture_read(candidate)
        if candidate is None or not visit.captures.try_next(served=True):
            self._leave(visit, outcome, published)
            return
        visit.captures.outcome = strongest(visit.captures.outcome, outcome)
        self.fact("capture.taken", url=outcome.url, fate=outcome.fate, at=f"{candidate.memento_at:%Y-%m-%dT%H:%M:%SZ}")
        visit.captures.passed.set()

    def _dated(self, article: Article, found: Found, seen_at: datetime) -> Article:
        """The date the source states, for a page that shows none. One before the web or after the capture is no date."""
        published, day = found.published, day_of(found.published)
        if article.date_published is not None or published is None:
            return article
        if day is None or not EARLIEST <= day <= (seen_at + timedelta(days=1)).date():
            self.fact("date.refused", url=article.url, date=published, stated_by=found.stated_by)
            return article
        return replace(
            article,
            date_published=published,
            date_published_raw=published,
            date_published_precision="minute" if "T" in published else "day",
            date_published_source=found.stated_by,
        )

    def _come_forward(self, visit: Visit) -> None:
        """A part that waited for the next one is under way again."""
        if visit.stands_back:
            visit.stands_back = False
            self._fates.raw.admitted()

    def _note_failing(self, visit: Visit, reason: str) -> None:
        found = visit.target.found
        if self._plan.lives and visit.candidate is None and visit.target.invited and not found.canary:
            failing = self._session.notes.failing(self._outlet)
            dropped = failing.failed(visit.url, found.url, reason, found.published, datetime.now(UTC))
            if dropped is not None:
                self.fact("address.given_up", url=dropped, reason="too many other pages fail")

    def _leave(self, visit: Visit, outcome: Outcome, published: str | None) -> None:
        if visit.captures.outcome is not None:
            outcome = strongest(visit.captures.outcome, outcome)
            self._fates.conclude(visit.url, outcome)
        self._come_forward(visit)
        visit.left.set()
        visit.captures.passed.set()
        self._on_settled(outcome, published)
        fetched = self.under_way.pop(visit.url, None) is not None
        found, known = visit.target.found, visit.target.known
        failing, statistics = self._session.notes.failing(self._outlet), self._session.notes.statistics(self._outlet)
        if fetched and outcome.fate != "failed":
            failing.settled(visit.url)
        statistics.left(outcome, published, fetched=fetched, wanted=found.wanted, canary=found.canary)
        if visit.target.place.is_article and not found.canary:
            is_known, repeated = known is not None and known.content_hash is not None, visit.url in failing.repeated
            statistics.addresses.left(outcome, fetched=fetched, known=is_known, repeated=repeated)
        lasting = outcome.fate in LASTING or (outcome.fate == "failed" and visit.url in failing.pages)
        refused = outcome.fate == "refused"  # by a rule: the document that named it first is enough to meet it again
        if not lasting and not refused:
            self.unsettled.add(visit.url)
        for number, document in enumerate(visit.documents):
            document.settled(lasting=lasting or (refused and number > 0), published=published)
        if fetched:
            if visit.has_room:
                self._room.release()
            self._fates.raw.left()
        self._count(outcome.fate, 1)
        self._fates.state(outcome)
