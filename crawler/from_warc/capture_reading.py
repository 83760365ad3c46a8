"""What a reader process does with one capture of a WARC file: finds the record, reads its page, packs it for the archive.

It depends on the job alone: the same job gives the same result, whichever process does it and however often.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from crawler.from_warc.spans import Span, bytes_at
from crawler.read.reasons import CODING
from crawler.read.study import study
from crawler.read.warc_page import page_of
from extractors import Article, NotAnArticle, Page
from extractors.reader import read
from storage import ArchiveError
from storage.warc.content_coding import CodingError
from storage.warc.reader import Problem, Record, records
from storage.warc.records import Packed, copied


class CaptureJob(NamedTuple):
    """A capture to be read.

    record: where it stands, or its bytes where only the main process has them. digest: SHA-256 of its body, by which the record
    is known among others that stand there. url: canonical; at: when the capture was made, for a revisit not when its payload was.
    parse: False for a capture without a page (404, 410). pack: whether the record will be filed. boilerplate_lines, learn: as
    `crawler.read.study.study` has them. max_record_bytes, max_page_bytes: see `Config`.
    """

    record: Span | bytes
    digest: bytes
    outlet: str
    url: str
    at: datetime
    parse: bool
    pack: bool
    max_record_bytes: int
    max_page_bytes: int
    boilerplate_lines: frozenset[str] = frozenset()
    learn: bool = False


class CaptureRead(NamedTuple):
    """result: the article, or why there is none; None where nothing was to be parsed. lines: hashes of an article's lines.

    packed: the record as a gzip member. problem: why the record could not be had; then there is nothing else.
    """

    result: Article | NotAnArticle | None = None
    lines: frozenset[str] = frozenset()
    packed: Packed | None = None
    problem: str | None = None


ReadCapture = Callable[[CaptureJob], Awaitable[CaptureRead]]
"""Reads a capture in some process. Raises `crawler.read.reader_pool.BrokenReaderError` where that process broke."""


def read_capture(job: CaptureJob) -> CaptureRead:
    """Does the job, in this process."""
    try:
        data = _bytes(job)
    except (OSError, ArchiveError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return CaptureRead(problem=f"its record cannot be read: {reason}")
    record = _record(data, job)
    if record is None:
        return CaptureRead(problem="its record is not there any more")
    packed = copied(record.raw, data) if job.pack else None
    if not job.parse:
        return CaptureRead(packed=packed)
    try:
        page = _page(record, job)
    except CodingError as error:
        return CaptureRead(NotAnArticle(reason=CODING, url=job.url, transient=True, detail=str(error)), packed=packed)
    result, lines = study(page, job.outlet, job.boilerplate_lines, job.learn, read, job.max_page_bytes)
    return CaptureRead(result, lines, packed)


def page_of_job(job: CaptureJob) -> Page | None:
    """The page of a job; None where it cannot be had."""
    try:
        record = _record(_bytes(job), job)
        return None if record is None else _page(record, job)
    except (OSError, ArchiveError, CodingError):
        return None


def _bytes(job: CaptureJob) -> bytes:
    return bytes_at(job.record) if isinstance(job.record, Span) else job.record


def _record(data: bytes, job: CaptureJob) -> Record | None:
    """The record of a job among those in the bytes; None if it is none of them."""
    problems: list[Problem] = []
    found = records(io.BytesIO(data), "", max_bytes=job.max_record_bytes, problem=problems.append)
    return next((each for each in found if hashlib.sha256(each.body).digest() == job.digest), None)


def _page(record: Record, job: CaptureJob) -> Page:
    """The page of a record at the time of the capture. CodingError: its body has no readable form."""
    return replace(page_of(record, "warc", job.max_page_bytes), fetched_at=job.at, memento_at=job.at)
