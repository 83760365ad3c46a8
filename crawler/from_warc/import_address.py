"""The second pass for one address: its captures, the oldest first, each read and kept.

The address has one fate, as in any crawl: the strongest that one of its captures came to (`crawler.crawl.fates.strongest`). A
capture by itself is the fact `capture.taken` where an address has several. A capture with the payload of the one before
it is passed over: nothing happened between them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from crawler.crawl.answer_fate import GONE
from crawler.crawl.fates import OUTSIDE, Fates, strongest
from crawler.crawl.memento_visits import words_of
from crawler.crawl.session import Session
from crawler.crawl.visit import Fetched
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


class ImportContext:
    """What the imports of one crawl share. archive_down: articles in a row could not be kept (`Ending.archive_failed`)."""

    def __init__(self, session: Session, files: list[Input], index: WarcIndex, window: Window, *, refetch: bool) -> None:
        self.session, self.files, self.index, self.window, self.refetch = session, files, index, window, refetch
        self.archive_down = False
        self._fates: dict[str, Fates] = {}

    def fates(self, outlet: str) -> Fates:
        """The fates of an outlet's addresses: one object for all of them, since it counts those under way."""
        if outlet not in self._fates:
            self._fates[outlet] = Fates(self.session, outlet, self._stop)
        return self._fates[outlet]

    def _stop(self) -> None:
        self.archive_down = True


class AddressImport:
    """One canonical URL of an outlet with its captures."""

    def __init__(self, context: ImportContext, outlet: str, url: str) -> None:
        self._context, self._session, self._run = context, context.session, context.session.run
        self._fates = context.fates(outlet)
        self._outlet, self._url = outlet, url
        self._known: Known | None = None
        self._entries: list[LedgerEntry] = []

    async def visit(self) -> Outcome:
        """Reads and keeps the captures, the oldest first; the address has its fate afterwards."""
        self._fates.admitted()
        try:
            return await self._visit()
        finally:
            self._fates.left()

    async def _visit(self) -> Outcome:
        captures = self._context.index.captures(self._outlet, self._url)
        place = outlets()[self._outlet].locate(self._url)
        if place is not None and self._context.window.excludes(place.date, tolerance_days=LEAST_TOLERANCE_DAYS):
            outcome = self._fates.note(self._url, "refused", OUTSIDE)
        else:
            outcome = await self._imported(captures)
        self._fates.state(outcome, captures=len(captures))
        return outcome

    async def _imported(self, captures: list[Place]) -> Outcome:
        outcome: Outcome | None = None
        worth = list(_changing(captures))
        try:
            await self._learn_history()
            for each in worth:
                taken = await self._take(each)
                if len(worth) > 1:
                    verdict = {"fate": taken.fate, "reason": taken.reason, "captured_at": each.at.isoformat()}
                    self._fates.fact("capture.taken", url=self._url, **verdict)
                outcome = strongest(outcome, taken)
        except ArchiveError as error:
            outcome = self._fates.note(self._url, "failed", f"archive: {error}")
            self._fates.archive_failed(error)
            return outcome
        self._fates.archive_accepted()
        assert outcome is not None  # an address in the index has a capture
        self._fates.conclude(self._url, outcome)
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
                return self._note("unchanged", "known")
            return self._note("gone" if entered.fate == "gone" else "not_an_article", entered.reason or "known")
        if place.digest is None:
            return self._note("failed", "its payload is in a record that was not given (revisit)")
        if place.status not in (200, *ABSENT):
            moved = place.status in MOVED
            return self._note("not_an_article" if moved else "failed", f"HTTP {place.status}" + ", a redirect" * moved)
        record = await self._session.in_thread(self._record, place)
        if record is None:
            return self._note("failed", "its record is not there any more")
        return await self._read_record(record, Capture(place.at, place.status, "warc", place.at))

    async def _read_record(self, record: Record, capture: Capture) -> Outcome:
        if capture.status in ABSENT:
            return await self._absent("gone", f"HTTP {capture.status}", capture, record)
        self._session.notes.statistics(self._outlet).fetched += 1
        result = await self._read(record, capture)
        if isinstance(result, Article):
            return await self._keep(result, capture, record)
        if result.transient and result.reason not in GONE:
            return self._note("failed", words_of(result))
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
            return self._note("refused", OUTSIDE)
        return await self._fates.keep(self._url, article, capture, Fetched(record=record.raw), file_known=False)

    async def _absent(self, fate: Settled, reason: str, capture: Capture, record: Record) -> Outcome:
        """`gone` or `not_an_article` as the address was then; if it is known for what it was later, that stands."""
        known = await self._session.in_thread(self._run.known, self._outlet, self._url)
        if known is not None and capture.fetched_at <= known.moment:
            if known.content_hash is not None and known.stands:
                return self._note("unchanged", f"known for later; this capture: {reason}")
            return self._note(fate, reason)
        return await self._fates.settle(self._url, fate, reason, capture, Fetched(record=record.raw))

    def _note(self, fate: Settled, reason: str) -> Outcome:
        return self._fates.note(self._url, fate, reason)


def _changing(captures: list[Place]) -> Iterator[Place]:
    """The captures that differ from the one before."""
    if captures:
        yield captures[0]
    for before, each in pairwise(captures):
        if (each.digest, each.status) != (before.digest, before.status):
            yield each
