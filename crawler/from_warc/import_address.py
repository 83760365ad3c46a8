"""The second pass for one address: its captures, the oldest first, each read and kept.

The address has one fate, as in any crawl: the strongest that one of its captures came to (`crawler.crawl.fates.strongest`). A
capture by itself is the fact `capture.taken` where an address has several. A capture with the payload of the one before
is skipped: nothing changed between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from crawler.crawl.answer_fate import GONE
from crawler.crawl.fates import OUTSIDE, Fates, strongest
from crawler.crawl.memento_visits import words_of
from crawler.crawl.session import Session
from crawler.crawl.visit import Fetched
from crawler.from_warc.capture_reading import CaptureJob, CaptureRead, ReadCapture, page_of_job
from crawler.from_warc.index import SPILLED, Place, WarcIndex
from crawler.from_warc.part_stream import Input
from crawler.from_warc.scan import record_bytes
from crawler.from_warc.spans import Span
from crawler.read.reasons import BROKE
from crawler.window import Window
from extractors import Article
from extractors.outlets import outlets
from storage import ArchiveError, Capture, Outcome, Settled, keys
from storage.ledger import LedgerEntry, chain

ABSENT = (404, 410)
MOVED = (301, 302, 303, 307, 308)
LEAST_TOLERANCE_DAYS = 1


class ImportContext:
    """What the imports of one crawl share. read: reads a capture in a process that may die; archive_down: articles in a row could
    not be kept (`Ending.archive_failed`).
    """

    def __init__(
        self, session: Session, files: list[Input], index: WarcIndex, window: Window, read: ReadCapture, *, refetch: bool
    ) -> None:
        self.session, self.index, self.window, self.read = session, index, window, read
        self._files = files
        self.refetch, self.archive_down = refetch, False
        self._fates: dict[str, Fates] = {}

    def fates(self, outlet: str) -> Fates:
        """The fates of an outlet's addresses: one object for all of them, since it counts those under way."""
        if outlet not in self._fates:
            self._fates[outlet] = Fates(self.session, outlet, self._stop)
        return self._fates[outlet]

    async def job(self, outlet: str, url: str, place: Place, *, parse: bool) -> CaptureJob:
        """The job of reading a capture whose payload is known. OSError, ArchiveError: only this process has its bytes, and cannot
        read them.
        """
        assert place.digest is not None
        config = self.session.config
        return CaptureJob(
            record=await self._record(place),
            digest=place.digest,
            outlet=outlet,
            url=url,
            at=place.at,
            parse=parse,
            pack=config.raw != "none",
            max_record_bytes=record_bytes(self.session),
            max_page_bytes=config.max_page_bytes,
        )

    async def _record(self, place: Place) -> Span | bytes:
        """Where the record stands, for other processes to read; its bytes where they cannot."""
        if place.file == SPILLED:
            return await self.session.in_thread(self.index.spilled_record, place.offset, place.length)
        file = self._files[place.file]
        span = file.span(place.offset, place.length)
        return span if span is not None else await self.session.in_thread(file.part, place.offset, place.length)

    def _stop(self) -> None:
        self.archive_down = True


class AddressImport:
    """One canonical URL of an outlet with its captures."""

    def __init__(self, context: ImportContext, outlet: str, url: str) -> None:
        self._context, self._session, self._run = context, context.session, context.session.run
        self._fates = context.fates(outlet)
        self._outlet, self._url = outlet, url
        self._entries: list[LedgerEntry] = []
        self._is_new = False

    async def visit(self) -> Outcome:
        """Reads and keeps the captures, the oldest first; the address has its fate afterwards."""
        self._fates.raw.admitted()
        try:
            return await self._visit()
        finally:
            self._fates.raw.left()

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
        """Loads what the archive knows of the address, so that captures that it has are not read again."""
        known = await self._session.known(self._outlet, self._url)
        self._is_new = known is None
        if known is not None:
            hashed = keys.url_hash(self._url)
            self._entries = await self._session.in_thread(chain, self._session.archive.store, self._outlet, hashed)

    async def _take(self, place: Place) -> Outcome:
        """The outcome of one capture."""
        outcome = self._without_reading(place)
        if outcome is not None:
            return outcome
        capture = Capture(place.at, place.status, "warc", place.at)
        read = await self._read(place)
        if read.problem is not None:
            return self._note("failed", read.problem)
        fetched = Fetched(packed=read.packed)
        if read.result is None:
            return await self._absent("gone", f"HTTP {capture.status}", capture, fetched)
        if isinstance(read.result, Article):
            return await self._keep(read.result, capture, fetched)
        reason, is_gone = words_of(read.result), read.result.reason in GONE
        if read.result.transient and not is_gone:
            return self._note("failed", reason)
        return await self._absent("gone" if is_gone else "not_an_article", reason, capture, fetched)

    def _without_reading(self, place: Place) -> Outcome | None:
        """The outcome of a capture that the archive has, whose payload is missing or whose status decides; None for any other."""
        entered = next((entry for entry in self._entries if entry.seen_at == place.at), None)
        if entered is not None and not self._context.refetch:
            if entered.content_hash is not None:
                return self._note("unchanged", "known")
            return self._note("gone" if entered.fate == "gone" else "not_an_article", entered.reason or "known")
        if place.digest is None:
            return self._note("failed", "its payload is in a record that was not given (revisit)")
        if place.status in (200, *ABSENT):
            return None
        moved = place.status in MOVED
        return self._note("not_an_article" if moved else "failed", f"HTTP {place.status}" + ", a redirect" * moved)

    async def _read(self, place: Place) -> CaptureRead:
        """The capture as a reader process read it; its page is learned from, or set aside if it broke that process."""
        parse = place.status not in ABSENT
        try:
            job = await self._context.job(self._outlet, self._url, place, parse=parse)
        except (OSError, ArchiveError) as error:
            return CaptureRead(problem=f"its record cannot be read: {error}")
        if not parse:
            return await self._context.read(job)
        self._session.notes.statistics(self._outlet).fetched += 1
        reader = await self._session.page_reader(self._outlet)
        lines, learn = reader.next_lines(self._url)
        read = await self._context.read(job._replace(boilerplate_lines=lines, learn=learn))
        if isinstance(read.result, Article):
            await reader.learn(read.result, read.lines)
        elif read.result is not None and read.result.reason.startswith(BROKE):
            page = await self._session.in_thread(page_of_job, job)
            if page is not None:
                await reader.set_aside(page, read.result)
        return read

    async def _keep(self, article: Article, capture: Capture, fetched: Fetched) -> Outcome:
        if self._context.window.excludes(article.date_published):
            return self._note("refused", OUTSIDE)
        is_new, self._is_new = self._is_new and article.url == self._url, False
        return await self._fates.keep(self._url, article, capture, fetched, file_known=is_new)

    async def _absent(self, fate: Settled, reason: str, capture: Capture, fetched: Fetched) -> Outcome:
        """`gone` or `not_an_article` as the address was then; if it is known for what it was later, that stands."""
        known = await self._session.known(self._outlet, self._url)
        if known is not None and capture.fetched_at <= known.moment:
            if known.content_hash is not None and known.stands:
                return self._note("unchanged", f"known for later; this capture: {reason}")
            return self._note(fate, reason)
        return await self._fates.settle(self._url, fate, reason, capture, fetched)

    def _note(self, fate: Settled, reason: str) -> Outcome:
        return self._fates.note(self._url, fate, reason)


def _changing(captures: list[Place]) -> Iterator[Place]:
    """The captures whose payload or status differs from the one before."""
    if captures:
        yield captures[0]
    for before, each in pairwise(captures):
        if (each.digest, each.status) != (before.digest, before.status):
            yield each
