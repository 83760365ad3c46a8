"""What a spider does for captures of web archives that it does not do for live pages.

Each capture is a visit of its own under one address; the address has one fate (`crawler.crawl.fates.strongest`).
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import Response

from crawler.crawl.fates import OUTSIDE
from crawler.crawl.visit import ArticleItem, Visit
from crawler.discovery import CaptureCandidate
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.cost import Estimate
from crawler.discovery.web_archives.index_cache import IndexCache
from crawler.discovery.web_archives.seen_captures import SeenCaptures
from crawler.discovery.web_archives.selection import remaining
from crawler.discovery.web_archives.source import PACE, outside
from crawler.download.web_archives import own_page
from crawler.read.reader_pool import BROKE
from crawler.read.warc_page import page_of
from extractors import NotAnArticle, Page
from storage import ArchiveError, Capture, Known, Settled, keys
from storage.ledger import chain
from storage.warc.content_coding import CodingError
from storage.warc.reader import Problem, Record, records

if TYPE_CHECKING:
    from crawler.crawl.outlet_spider import OutletSpider

logger = logging.getLogger(__name__)

BUSY = "busy"
"""How the reason begins when the archive may answer better the next time."""

NO_CAPTURE = frozenset({403, 404, 410, 451})
"""The archive answers that it has no such capture, or shows it to nobody: that will not change soon."""


class NotTheRecordError(Exception):
    """What was cut out of a WARC file is not the record that the index promised; the message says why."""


class MementoVisits:
    """The captures of one spider's outlet in one crawl: which were looked at, and what they are."""

    def __init__(self, spider: OutletSpider, looked: SeenCaptures) -> None:
        self._spider, self._session, self._outlet = spider, spider.session, spider.name
        self._looked = looked
        self._saving: set[asyncio.Future[None]] = set()

    def frame(self, now: datetime, captures: int | None) -> IndexContext:
        """What the sources need."""
        session, config, pace = self._session, self._session.config, self._session.pace

        def cache_of(outlet: str) -> IndexCache:
            return IndexCache(session.archive.state(outlet), config.history_index_hours, now, session.in_thread)

        async def consent(estimate: Estimate, *, more: bool = False) -> bool:
            return await session.consent.given(self._outlet, estimate, more=more)

        return IndexContext(
            cache=cache_of(self._outlet),
            looked=self._looked,
            captures=captures,
            delay=config.history_delay,
            consent=consent,
            trouble=lambda reason: session.in_part.setdefault(self._outlet, []).append(reason),
            cache_of=cache_of,
            streaming=session.streaming,
            user_agent=self._spider.settings["USER_AGENT"],
            turn=lambda url: pace.turn(url.split("/")[2]),
            pause=lambda url, tries: pace.hold(url.split("/")[2], pace.pause(tries)),
        )

    async def worth(self, visit: Visit, known: Known | None) -> Visit | None:
        """The visit with the captures still to be asked for; None where there are none: then the address has its fate."""
        settle = self._spider.fates.settle
        visit.known = known
        if outside(self._spider.window, self._spider.outlet, visit.place):
            await settle(visit, "refused", OUTSIDE)
            return None
        left = visit.found.candidates
        if known is not None and not self._spider.refetch and left:
            left = remaining(left, await self._in_ledger(visit))
        if left:
            visit.found = replace(visit.found, candidates=left)
            return visit
        if known is not None:
            await settle(visit, "unchanged", "known")
        else:
            await settle(visit, "failed", "every capture of it was looked at, none is an article (--refetch looks again)")
        return None

    async def _in_ledger(self, visit: Visit) -> dict[CaptureCandidate, bool]:
        """The captures that the ledger tells of, also when `state/` is lost: whether they were articles."""
        hashed = keys.url_hash(visit.place.url)
        entries = await self._session.in_thread(chain, self._session.archive.store, self._outlet, hashed)
        seen = {entry.seen_at.replace(microsecond=0): entry.content_hash is not None for entry in entries}
        return {each: seen[each.memento_at] for each in visit.found.candidates if each.memento_at in seen}

    async def parse(self, visit: Visit, response: Response) -> AsyncIterator[ArticleItem | Request]:
        """Reads a capture; goes on to the next one as far as captures are wanted."""
        candidate = visit.candidate
        assert candidate is not None
        capture = visit.capture(response, datetime.now(UTC))
        page = self._page(visit, response, capture)
        if candidate.span is not None:
            capture = replace(capture, status=200)  # of the captured answer, not of the range of a file
        result = await self._spider.read(page) if isinstance(page, Page) else page
        if isinstance(result, NotAnArticle):
            if not result.reason.startswith((BROKE, BUSY)):
                self._judged(candidate, article=False)
            fate: Settled = "failed" if result.transient else "not_an_article"
            reason = f"{result.reason}: {result.detail}" if result.detail else result.reason
            async for request in self.end(visit, fate, reason, capture):
                yield request
            return
        yield ArticleItem(result, capture, visit)
        await visit.passed.wait()
        visit.passed.clear()
        if not visit.settled:
            yield self._spider.request(visit)

    async def end(self, visit: Visit, fate: Settled, reason: str, capture: Capture | None) -> AsyncIterator[Request]:
        """The fate of an address whose capture was no use, unless another can be tried or one before was an article."""
        fates = self._spider.fates
        if visit.try_next():
            fates.fact("capture.skipped", url=visit.place.url, fate=fate, reason=reason)
            yield self._spider.request(visit)
        elif visit.outcome is not None:
            fates.fact("capture.skipped", url=visit.place.url, fate=fate, reason=reason)
            fates.conclude(visit)
        elif visit.known is not None and visit.known.content_hash is not None:
            # What an archive has of it says nothing about the page as it is now: nothing for the ledger.
            await fates.settle(visit, "unchanged", f"known; no capture of it is an article ({reason})")
        else:
            await fates.settle(visit, fate, reason, capture)

    def served(self, candidate: CaptureCandidate) -> None:
        """The capture was an article, and was handed over."""
        self._judged(candidate, article=True)

    async def close(self) -> None:
        """Saves what was not saved."""
        if self._looked.changed:
            self._save()
        await asyncio.gather(*self._saving)

    def _judged(self, candidate: CaptureCandidate, *, article: bool) -> None:
        """The capture was looked at, and need not be again."""
        self._looked.mark(candidate, article=article)
        if self._looked.due:
            self._save()

    def _save(self) -> None:
        name, data = self._looked.unsaved()
        saving = asyncio.ensure_future(self._session.in_thread(self._put, name, data))
        self._saving.add(saving)
        saving.add_done_callback(self._saving.discard)

    def _put(self, name: str, data: bytes) -> None:
        try:
            self._session.archive.state(self._outlet).put(name, data)
        except ArchiveError as error:
            logger.warning("%s", error)  # a convenience: the next crawl asks again

    def _page(self, visit: Visit, response: Response, capture: Capture) -> Page | NotAnArticle:
        """The captured page, or why the answer holds none. The record that it came in is left in the visit, to be filed."""
        candidate = visit.candidate
        assert candidate is not None
        url, status = candidate.original_url, response.status
        if status != (206 if candidate.span else 200):
            absent = "absent" if status in NO_CAPTURE else BUSY
            return NotAnArticle(reason=f"{absent} (HTTP {status})", url=url, transient=True, detail=response.url)
        try:
            if candidate.span is not None:
                record = the_record(response.body, candidate)
                visit.record = record.raw
                most = self._session.config.max_page_bytes
                return replace(page_of(record, candidate.via, most), fetched_at=capture.fetched_at)
        except (NotTheRecordError, CodingError) as error:
            return NotAnArticle(reason="broken", url=url, transient=True, detail=str(error))
        own = own_page(response.headers, response.body)
        if own is not None:
            return NotAnArticle(reason=own, url=url, transient=True, detail=response.url)
        return visit.page(response, capture)


def asking_for(candidate: CaptureCandidate) -> dict[str, Any]:
    """How a capture is asked for: arguments of the request."""
    how: dict[str, Any] = {"meta": dict(PACE)}
    if candidate.span is not None:
        first, last = candidate.span
        how["headers"] = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}
        how["meta"]["download_maxsize"] = last - first + 1  # a server that sends the whole file sends a gigabyte
    return how


def the_record(data: bytes, candidate: CaptureCandidate) -> Record:
    """The one record in the bytes of a range. NotTheRecordError if it is another, or none."""
    problems: list[Problem] = []
    found = list(records(io.BytesIO(data), candidate.replay_url, max_bytes=1 << 27, problem=problems.append))
    if len(found) != 1:
        raise NotTheRecordError(problems[0].reason if problems else f"{len(found)} records instead of one")
    record = found[0]
    if record.url != candidate.original_url:
        raise NotTheRecordError(f"the record is of {record.url}")
    if record.kind != "response" or record.status != 200:
        raise NotTheRecordError(f"the record is a {record.kind} with status {record.status}")
    return record
