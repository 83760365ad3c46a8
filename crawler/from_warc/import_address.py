"""The second pass for one address: its captures, the oldest first, each read and kept.

The address has one fate, as in any crawl: the strongest that one of its captures came to (`crawler.crawl.fates.strongest`). A
capture by itself is the fact `capture.taken` where an address has several. A capture with the payload of the one before
it is passed over: nothing happened between them.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from crawler.crawl.fates import OUTSIDE, strongest
from crawler.crawl.memento_visits import words_of
from crawler.crawl.session import Session
from crawler.crawl.url_walk import GONE
from crawler.from_warc.index import SPILLED, Place, WarcIndex
from crawler.from_warc.inputs import Input
from crawler.from_warc.scan import record_bytes
from crawler.read.reader_pool import CODING
from crawler.read.warc_page import page_of
from crawler.window import Window
from extractors import Article, NotAnArticle
from extractors.outlets import outlets
from storage import ArchiveError, Capture, Known, Outcome, Settled, keys
from storage.ledger import LedgerEntry, chain
from storage.warc.content_coding import CodingError
from storage.warc.reader import Problem, Record, records

ABSENT = (404, 410)
MOVED = (301, 302, 303, 307, 308)
LEAST_TOLERANCE_DAYS = 1


class ArchiveDownError(ArchiveError):
    """So many articles in a row could not be kept that going on makes no sense."""


@dataclass(slots=True)
class ImportContext:
    """What the visits of one crawl share. under_way, waiting: how many addresses are, and how many of them wait for their
    captures to be durable; when all do, none will come before that, and the files are written at once.
    """

    session: Session
    files: list[Input]
    index: WarcIndex
    window: Window
    refetch: bool
    under_way: int = 0
    waiting: int = 0

    def release(self) -> None:
        """Has the captures that are waited for written now, if nothing else is to come."""
        if self.waiting and self.waiting >= self.under_way:
            for outlet in self.session.run.counts():
                self.session.run.raw.release(outlet)


class AddressImport:
    """One canonical URL of an outlet with its captures."""

    def __init__(self, context: ImportContext, outlet: str, url: str) -> None:
        self._context, self._session, self._run = context, context.session, context.session.run
        self._outlet, self._url = outlet, url
        self._known: Known | None = None
        self._entries: list[LedgerEntry] = []

    async def visit(self) -> Outcome:
        """Reads and keeps the captures; the address has its fate afterwards. Raises ArchiveDownError."""
        captures = self._context.index.captures(self._outlet, self._url)
        place = outlets()[self._outlet].locate(self._url)
        if place is not None and self._context.window.excludes(place.date, tolerance_days=LEAST_TOLERANCE_DAYS):
            return await self._leave(self._settled("refused", OUTSIDE), captures)
        outcome: Outcome | None = None
        worth = list(_changing(captures))
        try:
            await self._learn_history()
            for each in worth:
                taken = await self._take(each)
                if len(worth) > 1:
                    verdict = {"fate": taken.fate, "reason": taken.reason, "captured_at": each.at.isoformat()}
                    self._session.facts("capture.taken", outlet=self._outlet, url=self._url, **verdict)
                outcome = strongest(outcome, taken)
            self._session.ending.archive_failures = 0
        except ArchiveError as error:
            outcome = await self._archive_failed(error)
        assert outcome is not None  # an address in the index has a capture
        self._run.conclude(self._outlet, self._url, outcome.fate, outcome.reason)
        return await self._leave(outcome, captures)

    async def _leave(self, outcome: Outcome, captures: list[Place]) -> Outcome:
        self._session.facts(
            outcome.fate,
            outlet=self._outlet,
            url=self._url,
            reason=outcome.reason,
            key=outcome.key,
            content_hash=outcome.content_hash,
            captures=len(captures),
        )
        return outcome

    async def _archive_failed(self, error: ArchiveError) -> Outcome:
        outcome = self._settled("failed", f"archive: {error}")
        if self._session.ending.archive_failed(error):
            await self._leave(outcome, [])
            raise ArchiveDownError(str(error))
        return outcome

    async def _learn_history(self) -> None:
        """What the archive has of the address, so that captures it has need not be read."""
        self._known = await self._session.in_thread(self._run.known, self._outlet, self._url)
        if self._known is not None:
            hashed = keys.url_hash(self._url)
            self._entries = await self._session.in_thread(chain, self._session.archive.store, self._outlet, hashed)

    async def _take(self, place: Place) -> Outcome:
        """What one capture comes to."""
        entered = next((entry for entry in self._entries if entry.seen_at == place.at), None)
        if entered is not None and not self._context.refetch:
            if entered.content_hash is not None:
                return self._settled("unchanged", "known")
            return self._settled("gone" if entered.fate == "gone" else "not_an_article", entered.reason or "known")
        if place.digest is None:
            return self._settled("failed", "its payload is in a record that was not given (revisit)")
        if place.status not in (200, *ABSENT):
            moved = place.status in MOVED
            return self._settled("not_an_article" if moved else "failed", f"HTTP {place.status}" + ", a redirect" * moved)
        record = await self._session.in_thread(self._record, place)
        if record is None:
            return self._settled("failed", "its record is not there any more")
        return await self._read_record(record, Capture(place.at, place.status, "warc", place.at))

    async def _read_record(self, record: Record, capture: Capture) -> Outcome:
        if capture.status in ABSENT:
            return await self._absent("gone", f"HTTP {capture.status}", capture, record)
        self._session.notes.statistics(self._outlet).fetched += 1
        result = await self._read(record, capture)
        if isinstance(result, Article):
            return await self._keep(result, capture, record)
        if result.transient and result.reason not in GONE:
            return self._settled("failed", words_of(result))
        return await self._absent("gone" if result.reason in GONE else "not_an_article", words_of(result), capture, record)

    def _record(self, place: Place) -> Record | None:
        """The record, read again where it stands; None if it changed under our hands."""
        if place.file == SPILLED:
            data = self._context.index.put_aside(place.offset, place.length)
        else:
            data = self._context.files[place.file].part(place.offset, place.length)
        lost: list[Problem] = []
        found = list(records(io.BytesIO(data), "", max_bytes=record_bytes(self._session), problem=lost.append))
        return next((each for each in found if hashlib.sha256(each.body).digest() == place.digest), None)

    async def _read(self, record: Record, capture: Capture) -> Article | NotAnArticle:
        """The article; a revisit's at its own time, not at that of the record that has the payload."""
        at = capture.fetched_at
        try:
            page = replace(page_of(record, "warc", self._session.config.max_page_bytes), fetched_at=at, memento_at=at)
        except CodingError as error:
            return NotAnArticle(reason=CODING, url=self._url, transient=True, detail=str(error))
        return await (await self._session.page_reader(self._outlet)).read(page)

    async def _keep(self, article: Article, capture: Capture, record: Record) -> Outcome:
        if self._context.window.excludes(article.date_published):
            return self._settled("refused", OUTSIDE)
        if await self._session.in_thread(self._run.would_change, article, capture):
            capture = await self._filed(capture, record)
        return await self._session.in_thread(self._run.keep, article, capture, for_url=self._url)

    async def _absent(self, fate: Settled, reason: str, capture: Capture, record: Record | None) -> Outcome:
        """`gone` or `not_an_article` as the address was then; if it is known for what it was later, that stands."""
        known = await self._session.in_thread(self._run.known, self._outlet, self._url)
        if known is not None and capture.fetched_at <= known.moment:
            if known.content_hash is not None and known.stands:
                return self._settled("unchanged", f"known for later; this capture: {reason}")
            return self._settled(fate, reason)
        wanted = self._session.config.raw == "pages" or (fate == "gone" and known is not None and known.content_hash is not None)
        if wanted and record is not None:
            capture = await self._filed(capture, record)
        return await self._session.in_thread(self._run.settle, self._outlet, self._url, fate, reason, capture)

    async def _filed(self, capture: Capture, record: Record) -> Capture:
        """The capture with its place in our archive, once the record is durable there, verbatim. Raises ArchiveError."""
        if self._session.config.raw == "none":
            return capture
        filed = await self._session.in_thread(self._run.raw.copy, self._outlet, record.raw)
        self._context.waiting += 1
        self._context.release()
        try:
            await asyncio.wrap_future(filed.durable)
        finally:
            self._context.waiting -= 1
        return replace(capture, warc=filed.pointer)

    def _settled(self, fate: Settled, reason: str) -> Outcome:
        """A fate for the manifest only."""
        return self._run.settle(self._outlet, self._url, fate, reason)


def _changing(captures: list[Place]) -> Iterator[Place]:
    """The captures that differ from the one before."""
    if captures:
        yield captures[0]
    for before, each in pairwise(captures):
        if (each.digest, each.status) != (before.digest, before.status):
            yield each
