"""Pages in web archives: the captures of an address are fetched and read one after the other.

Each capture that is an article is kept as a revision; the address has one fate, the strongest of its captures'
(`crawler.crawl.fates.strongest`).
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.crawl.capture_verdicts import CaptureVerdicts
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.visit import ArticleItem, Fetched, Visit
from crawler.crawl.visit_fates import VisitFates
from crawler.discovery.found import CaptureCandidate
from crawler.discovery.web_archives.source import PACE
from crawler.download.web_archives import NO_MEMENTO, LeftTheArchiveError, own_page
from crawler.read.reasons import BROKE, CODING
from crawler.read.warc_page import page_of
from extractors import Article, NotAnArticle, Page
from storage import Capture, Settled
from storage.warc.addresses import plain_address
from storage.warc.content_coding import CodingError, decoded
from storage.warc.reader import Problem, Record, records
from storage.warc.replay import memento_datetime

BROKEN = "broken"
"""The reason of an answer that is not what the archive's index promised, or cannot be decoded."""

BUSY = "busy"
"""First word of the reason where the archive refused or failed, so that a later crawl asks again."""

ABSENT = "absent"
"""First word of the reason where the archive has no such capture, or withholds it: lasting."""

NO_CAPTURE = frozenset({404, 410, 451})
"""Statuses of a host that has no such capture. 403 is one of replays only: hosts of files ask by it to be left alone."""

GARBLED = frozenset({"binary", "empty", "cut", CODING, BROKEN})
"""Reasons of a reader for bytes that the archive may have damaged on the way: the capture is asked for again."""


SAME_MOMENT = timedelta(minutes=1)
"""How far the moment in an index may be from the one in the record: indexes leave out fractions of seconds."""


SAME_DAY = timedelta(days=1)
"""How far a replay's `Memento-Datetime` may be from the moment in its address."""


class NotTheRecordError(Exception):
    """The bytes of a range of a WARC file are not the record that the index states; the message says why."""


class MementoVisits:
    """The captures of one outlet in one crawl. read, request: the stations of the live walk (`crawler.crawl.url_walk`)."""

    def __init__(
        self,
        plan: CrawlPlan,
        session: Session,
        fates: VisitFates,
        verdicts: CaptureVerdicts,
        read: Callable[[Page], Awaitable[Article | NotAnArticle]],
        request: Callable[[Visit], Request],
    ) -> None:
        self._outlet, self._session, self._fates, self._verdicts = plan.slug, session, fates, verdicts
        self._read, self._request = read, request

    async def answered(self, visit: Visit, response: Response) -> AsyncIterator[ArticleItem | Request]:
        """Reads a capture; goes on to the next one as far as captures are wanted."""
        candidate = visit.candidate
        assert candidate is not None
        capture = visit.capture(response, datetime.now(UTC))
        page = await self._page(visit, response, capture)
        if candidate.span is not None:
            capture = replace(capture, status=200)  # of the captured answer, not of the range of a file
        result = await self._read(page) if isinstance(page, Page) else page
        if isinstance(result, NotAnArticle):
            passing = _may_pass(result, candidate)
            if not passing:
                self._verdicts.mark(candidate, article=False)
            fate: Settled = "failed" if result.transient or passing else "not_an_article"
            async for request in self._end(visit, fate, words_of(result), None if passing else capture):
                yield request
            return
        yield ArticleItem(result, capture, visit)
        await visit.captures.passed.wait()
        visit.captures.passed.clear()
        if not visit.left.is_set():
            yield self._request(visit)

    async def _end(self, visit: Visit, fate: Settled, reason: str, capture: Capture | None) -> AsyncIterator[Request]:
        """Goes on to the next capture after one that is no article; without one, settles the address."""
        fates, known = self._fates, visit.target.known
        if visit.captures.try_next():
            fates.fact("capture.skipped", url=visit.url, fate=fate, reason=reason)
            yield self._request(visit)
        elif visit.captures.outcome is not None:
            fates.fact("capture.skipped", url=visit.url, fate=fate, reason=reason)
            fates.conclude(visit)
        elif known is not None and known.content_hash is not None:
            # What an archive has of it says nothing about the page as it is now: nothing for the ledger.
            await fates.settle(visit, "unchanged", f"known; no capture of it is an article ({reason})")
        else:
            if fate == "failed" and capture is None:  # as if nobody had asked: a later crawl does
                self._session.ending.unread[self._outlet][reason.partition(":")[0]] += 1
            await fates.settle(visit, fate, reason, capture)

    async def failed(self, visit: Visit, error: BaseException, fate: Settled, reason: str) -> AsyncIterator[Request]:
        """A capture that brought no answer. A replay that leads out of the archive is a failure of the archive's, no refusal."""
        fate = "failed" if isinstance(error, LeftTheArchiveError) else fate
        async for request in self._end(visit, fate, reason, None):
            yield request

    async def _page(self, visit: Visit, response: Response, capture: Capture) -> Page | NotAnArticle:
        """The captured page, or why the answer holds none. The record that it came in is left in the visit, to be filed."""
        candidate = visit.candidate
        assert candidate is not None
        url, status, most = candidate.original_url, response.status, self._session.config.max_page_bytes
        if status != (206 if candidate.span else 200):
            absent = status in NO_CAPTURE or (status == 403 and candidate.span is None)
            return _without(url, f"{ABSENT if absent else BUSY} (HTTP {status})", response.url)
        try:
            if candidate.span is not None:
                record = the_record(response.body, candidate)
                visit.fetched = Fetched(record=record.raw)
                return replace(page_of(record, candidate.via, most), fetched_at=capture.fetched_at)
            body = await self._session.in_thread(decoded, response.body, visit.fetched.codings, most)
        except (NotTheRecordError, CodingError) as error:
            return _without(url, BROKEN, str(error))
        own = own_page(response.headers, body)
        if own is not None:
            return _without(url, own, response.url)
        stated = memento_datetime((("memento-datetime", (response.headers.get("Memento-Datetime") or b"").decode("latin-1")),))
        if (odd := odd_moment(stated, capture.memento_at)) is not None:
            return _without(url, BROKEN, odd)
        return visit.page(response, capture).with_body(body)


def odd_moment(stated: datetime | None, asked: datetime | None) -> str | None:
    """Why a replay is not the capture that was asked for, by when the archive says that it was captured. None: it is."""
    if stated is None or asked is None:
        return None
    if stated > datetime.now(UTC) + SAME_DAY:
        return f"the archive dates it {stated:%Y-%m-%d}, in the future"
    return f"the archive sent the capture of {stated:%Y-%m-%d %H:%M:%S}" if abs(stated - asked) > SAME_DAY else None


def _without(url: str, reason: str, detail: str) -> NotAnArticle:
    return NotAnArticle(reason=reason, url=url, transient=True, detail=detail)


def _may_pass(result: NotAnArticle, candidate: CaptureCandidate) -> bool:
    """Whether a later crawl fetches the capture again: the failure was the archive's or the reader's, not the capture's.

    A record in a WARC file is proved by its digest, so a page in it that cannot be read never can.
    """
    if result.reason.startswith((BROKE, BUSY)) or result.reason in (BROKEN, NO_MEMENTO):
        return True
    return candidate.span is None and result.reason in GARBLED


def words_of(result: NotAnArticle) -> str:
    """The reason of a fate: `<reason>: <detail>`."""
    return f"{result.reason}: {result.detail}" if result.detail else result.reason


def request_arguments(candidate: CaptureCandidate) -> dict[str, Any]:
    """How a capture is asked for: arguments of the request."""
    arguments: dict[str, Any] = {"meta": dict(PACE)}
    if candidate.span is not None:
        first, last = candidate.span
        arguments["headers"] = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}
        arguments["meta"]["download_maxsize"] = last - first + 1  # a server that sends the whole file sends a gigabyte
    return arguments


def the_record(data: bytes, candidate: CaptureCandidate) -> Record:
    """The one record in the bytes of a range. NotTheRecordError if it is another, or none."""
    problems: list[Problem] = []
    found = list(records(io.BytesIO(data), candidate.replay_url, max_bytes=1 << 27, problem=problems.append))
    if len(found) != 1:
        raise NotTheRecordError(problems[0].reason if problems else f"{len(found)} records instead of one")
    record = found[0]
    if plain_address(record.url) != plain_address(candidate.original_url):
        raise NotTheRecordError(f"the record is of {record.url}")
    if abs(record.at - candidate.memento_at) > SAME_MOMENT:
        raise NotTheRecordError(f"the record is of {record.at:%Y-%m-%d %H:%M:%S}")
    if record.kind != "response" or record.status != 200:
        raise NotTheRecordError(f"the record is a {record.kind} with status {record.status}")
    return record
