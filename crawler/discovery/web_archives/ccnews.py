"""CC-NEWS (https://commoncrawl.org/blog/news-dataset-available): news captures since August 2016, in WARC files of about 1 GB
that have no index. `crawl-data/CC-NEWS/<yyyy>/<mm>/warc.paths.gz` lists the files of a month.

Each file is downloaded and scanned once for all outlets. The captures found are stored per outlet in `state/` as an index page (a
file never changes); articles are then fetched by byte range, as from any Common Crawl collection.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import threading
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from http.client import HTTPException, HTTPResponse
from typing import Any, BinaryIO, Final, cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from crawler.discovery.asking import Ask
from crawler.discovery.found import SourceError
from crawler.discovery.web_archives.captures import PAGES, Captured
from crawler.discovery.web_archives.commoncrawl import FILE
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.cost import Estimate
from crawler.discovery.web_archives.index_cache import IndexPage
from crawler.discovery.web_archives.index_rows import digest_of, odd
from crawler.discovery.web_archives.selection import DATA
from crawler.discovery.web_archives.source import PATIENCE, CaptureIndex
from crawler.download.errors import LeftAloneError
from crawler.download.retry_after import asked_pause
from crawler.window import Window
from extractors import outlets
from storage.warc.reader import Problem, Record, records

FIRST_MONTH: Final = date(2016, 8, 1)
DELAYED: Final = timedelta(days=31)
"""News is captured within days of its publication; a month is allowed."""

FILE_GB: Final = 1.07
FILE_SECONDS: Final = 60.0
"""Seconds to download a file at 20 MB/s, for the estimate of the cost."""

LIST_BYTES: Final = 1 << 22
RECORD_BYTES: Final = 1 << 24
REASONS: Final = 50
TRIES: Final = 3
TIMEOUT_SECONDS: Final = 120.0


class CcNews(CaptureIndex):
    """`prefixes` are not used: a file is filtered by host."""

    @property
    def name(self) -> str:
        return "ccnews"

    async def pages(self, ask: Ask, context: IndexContext) -> AsyncIterator[tuple[str, IndexPage, bool]]:
        """The outlet's index page of each file; asks for consent before the first file that no earlier crawl scanned."""
        files = [file for month in months(ask.window, ask.now.date()) for file in await _listed(ask, context, month)]
        unknown = [file for file in files if await context.cache.get(DATA + file) is None]
        if unknown:
            number = len(unknown)
            cost = Estimate(gigabytes=number * FILE_GB, seconds=number * FILE_SECONDS, index_requests=context.index_requests)
            if not await context.consent(cost, more=True):
                return
        for file in files:
            reader = _FileScan(ask, context, file)
            async for page, asked in context.cache.read(reader.url, reader.page, lasting=True):
                yield reader.url, page, asked


def months(window: Window, today: date) -> list[date]:
    """First days of the months in which what the window asks for can have been captured."""
    first = max(FIRST_MONTH, (window.since or FIRST_MONTH).replace(day=1))
    last = min(today, window.until + DELAYED) if window.until else today
    found = []
    while first <= last:
        found.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
    return found


async def _listed(ask: Ask, context: IndexContext, month: date) -> list[str]:
    """The files of a month; none where the month has no list (yet)."""
    url = f"{DATA}crawl-data/CC-NEWS/{month:%Y/%m}/warc.paths.gz"
    context.index_requests += 1
    try:
        answer = await ask.get(url, conditional=False, meta=PATIENCE)
    except SourceError as error:
        if error.absent:
            return []
        raise
    return [] if answer is None else paths(url, answer[1].body)


def paths(url: str, body: bytes) -> list[str]:
    """The files that a `warc.paths.gz` names. SourceError if it is none."""
    try:
        text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, LIST_BYTES) if body.startswith(b"\x1f\x8b") else body
    except (zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(url, f"is not a list of files: {error}") from error
    named = [line.strip() for line in text.decode("ascii", "replace").splitlines()]
    found = [file for file in named if FILE.fullmatch(file) and ".." not in file]
    if named and not found:
        raise SourceError(url, "is not a list of files: none of its lines is a path")
    return found


class _FileScan:
    """Scans one file for all outlets and stores the index page of each: the other outlets' spiders find theirs in the cache."""

    def __init__(self, ask: Ask, context: IndexContext, file: str) -> None:
        self._ask, self._context, self._file = ask, context, file
        self.url = DATA + file

    async def page(self, _: str | None) -> IndexPage:
        """The outlet's page. SourceError when the file cannot be read to its end."""
        async with self._context.streaming:
            known = await self._context.cache.get(self.url)  # another outlet's spider may have scanned it meanwhile
            if known is not None:
                return known
            self._context.index_requests += 1
            pages = await self._stream()
            for outlet, page in pages.items():
                if outlet != self._ask.outlet.slug:
                    await self._context.cache_of(outlet).put(self.url, page)
            return pages[self._ask.outlet.slug]

    async def _stream(self) -> dict[str, IndexPage]:
        stop = threading.Event()
        for attempt in range(1, TRIES + 1):
            try:
                await self._context.turn(self.url)
                return await asyncio.to_thread(_scanned, self.url, self._file, self._context.user_agent, stop)
            except LeftAloneError as error:
                raise SourceError(self.url, str(error)) from error
            except (OSError, HTTPException) as error:
                reason = f"HTTP {error.code}" if isinstance(error, HTTPError) else f"{type(error).__name__}: {error}"
                self._ask.fact("source.again", url=self.url, reason=reason, attempt=attempt)
                asked = error.headers.get("Retry-After", "") if isinstance(error, HTTPError) else ""
                self._context.pause(self.url, attempt, asked_pause(asked, self._ask.now))
                if attempt == TRIES:
                    raise SourceError(self.url, reason) from error
            except asyncio.CancelledError:
                stop.set()
                raise
        raise AssertionError("unreachable")


class _CountedBody(io.RawIOBase):
    """The body of a response, counted: `http.client` takes a connection that closes early for the end of the body."""

    def __init__(self, answer: HTTPResponse) -> None:
        super().__init__()
        self._answer = answer
        self._expected, self._received = answer.length, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        received = self._answer.readinto(buffer)
        self._received += received
        return received

    def check(self) -> None:
        """Raises ConnectionError where fewer bytes were received than `Content-Length` states."""
        if self._expected is not None and self._received < self._expected:
            raise ConnectionError(f"the file broke off after {self._received:,} of {self._expected:,} bytes")


class _NoRedirects(HTTPRedirectHandler):
    """Makes a redirect an HTTPError: the archive serves its files itself, and a redirect could lead to any host."""

    def redirect_request(self, *_: object) -> None:
        """Gives no request to follow (urllib's hook)."""


def _scanned(url: str, file: str, user_agent: str, stop: threading.Event) -> dict[str, IndexPage]:
    """The index page of each outlet for a file. Blocking; memory does not grow with the file. stop: ends it early.

    OSError or HTTPException where the file cannot be read to its end.
    """
    skipped: Counter[str] = Counter()
    found: dict[str, list[Captured]] = {slug: [] for slug in outlets()}
    hosts = {host: slug for slug, outlet in outlets().items() for host in outlet.hosts}

    def problem(found: Problem) -> None:
        skipped[found.reason if len(skipped) < REASONS else "more of the kind"] += 1

    request = Request(url, headers={"User-Agent": user_agent})  # noqa: S310  # https, at the archive's own host
    with build_opener(_NoRedirects).open(request, timeout=TIMEOUT_SECONDS) as answer:
        body = _CountedBody(answer)
        for record in records(cast(BinaryIO, body), url, max_bytes=RECORD_BYTES, problem=problem):
            if stop.is_set():
                break
            slug = hosts.get(record.url.partition("://")[2].partition("/")[0].partition(":")[0].lower())
            if slug is not None:
                found[slug] += _captured(record, file, skipped)
        if not stop.is_set():
            body.check()
    return {slug: IndexPage(tuple(captures), dict(skipped)) for slug, captures in found.items()}


def _captured(record: Record, file: str, skipped: Counter[str]) -> Iterator[Captured]:
    kind = (record.content_type or "").partition(";")[0].strip().lower()
    if record.kind != "response" or record.status != 200 or kind not in PAGES:
        return
    if not record.length:
        skipped["shares its gzip member with other records"] += 1
        return
    timestamp = f"{record.at:%Y%m%d%H%M%S}"
    if (reason := odd(timestamp, record.url)) is not None:
        skipped[reason] += 1
        return
    yield Captured(
        timestamp,
        record.url,
        record.length,
        digest_of(record.payload_digest or ""),
        via="commoncrawl",
        cut=record.truncated is not None,
        file=file,
        first=record.offset,
    )
