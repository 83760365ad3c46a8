"""The Wayback Machine: its CDX index names the captures of a site, its `id_` replays give them as they were received."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from crawler.discovery.asking import Ask
from crawler.discovery.found import SourceError
from crawler.discovery.web_archives.captures import PAGES, Captured
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.index_cache import IndexPage
from crawler.discovery.web_archives.index_rows import Skipped, digest_of, number, odd
from crawler.discovery.web_archives.source import CaptureIndex, index_answer, prefixes, slack

CDX = "https://web.archive.org/cdx/search/cdx"
FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
"""`urlkey` is asked for because the resume key is made of it: servers that do not print it lead in circles."""

Line = dict[str, str]
"""One capture as the index has it, by column."""

LINES = 10_000
"""Index lines asked for at once; more follow by `resumeKey`."""


class Wayback(CaptureIndex):
    """www, scheme and port of `prefixes` make no difference to the index."""

    @property
    def name(self) -> str:
        return " ".join(("wayback", *self.prefixes))

    async def pages(self, ask: Ask, context: IndexContext) -> AsyncIterator[tuple[str, IndexPage, bool]]:
        """The index of each prefix, page by page; a prefix that breaks off leaves the others their turn."""
        troubles = []
        for prefix in prefixes(ask.outlet, self.prefixes):
            query = _query(ask, prefix)
            url = f"{CDX}?{urlencode(query)}"
            try:
                async for page, asked in context.cache.read(url, partial(_page, ask, query)):
                    yield url, page, asked
            except SourceError as error:
                troubles.append(error)
        if troubles:
            raise troubles[0]


def _query(ask: Ask, prefix: str) -> list[tuple[str, str]]:
    """What is asked of the index. `--since` bounds captures, for none is older than what it shows; `--until` does not:
    an article of a day may have been captured at any later time.
    """
    query = [
        ("url", prefix),
        ("matchType", "prefix"),
        ("output", "json"),
        ("fl", ",".join(FIELDS)),
        ("filter", "statuscode:200"),
        ("filter", "mimetype:text/html|application/xhtml.xml"),
        ("collapse", "digest"),
        ("limit", str(LINES)),
        ("showResumeKey", "true"),
    ]
    return [*query, ("from", slack(ask.window.since).strftime("%Y%m%d"))] if ask.window.since else query


async def _page(ask: Ask, query: list[tuple[str, str]], resume: str | None) -> IndexPage:
    """The page that the resume key leads to. Raises SourceError when nothing of the index can be read there."""
    url = f"{CDX}?{urlencode([*query, *([('resumeKey', resume)] if resume else [])])}"

    def salvaged(body: bytes, reason: str) -> IndexPage:
        page = index_page(read_rows(body))
        if not page.captures:
            raise SourceError(url, reason)
        return replace(page, broken=reason)

    return await index_answer(ask, url, lambda body: index_page(read_index(url, body)), salvaged) or IndexPage((), {})


@dataclass(slots=True)
class IndexAnswer:
    """lines: captures by column; resume: the key that leads on, None at the end; broken: texts that are no rows."""

    lines: list[Line]
    resume: str | None = None
    broken: list[str] = field(default_factory=list)


def index_page(answer: IndexAnswer) -> IndexPage:
    """The captures of an answer; what cannot be used is counted by reason, its addresses noted."""
    skipped = Skipped()
    for text in answer.broken:
        skipped.unreadable(text, "not a row of the index")
    captures = tuple(captured(answer.lines, skipped))
    return IndexPage(captures, dict(skipped.reasons), answer.resume, tuple(skipped.addresses))


def read_index(url: str, body: bytes) -> IndexAnswer:
    """A CDX answer (`output=json`: a list of rows, the first of which names the columns).

    An empty answer is an empty index. Raises SourceError for what is not an index, or breaks off before its end.
    """
    if not body.strip():
        return IndexAnswer([])
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError) as error:
        if not (body.startswith(b"[[") and body.rstrip().endswith(b"]]")):
            raise SourceError(url, f"is not a CDX answer: {error}") from error
        return read_rows(body)
    if not isinstance(rows, list) or (rows and not isinstance(rows[0], list)):
        raise SourceError(url, "is not a CDX answer: not a list of rows")
    answer = _answer(rows)
    if rows and answer is None:
        raise SourceError(url, "is not a CDX answer: its first row names no columns")
    return answer or IndexAnswer([])


def read_rows(body: bytes) -> IndexAnswer:
    """The rows that stand in an answer which is no JSON as a whole: an error message among them costs its line only."""
    text = body.decode("utf-8", "replace")
    rows: list[object] = []
    at = 0
    for found in _ROW.finditer(text):
        if between := text[at : found.start()].strip(" \r\n\t,[]"):
            rows.append(between)
        at = found.end()
        try:
            rows.append(json.loads(found[0]))
        except (ValueError, RecursionError):
            rows.append(found[0])
    if rest := text[at:].strip(" \r\n\t,[]"):
        rows.append(rest)
    return _answer(rows) or IndexAnswer([])


_ROW: Final = re.compile(r"\[(?:[^\[\]\"]|\"(?:[^\"\\\n]|\\.)*\")*\]")


def _answer(rows: list[Any]) -> IndexAnswer | None:
    """Lines by the columns that the first row names; None if it names none."""
    header = next((row for row in rows if isinstance(row, list)), [])
    columns = [str(name) for name in header]
    if not {"timestamp", "original"} <= set(columns):
        return None
    answer = IndexAnswer([])
    # The resume key stands alone in the last row, behind an empty one.
    if len(rows) >= 3 and rows[-2] == [] and isinstance(rows[-1], list) and len(rows[-1]) == 1:
        answer.resume = str(rows[-1][0])
        rows = rows[:-2]
    for row in rows:
        if row == header:
            continue
        if isinstance(row, list) and len(row) == len(columns):
            answer.lines.append(dict(zip(columns, map(str, row), strict=True)))
        else:
            answer.broken.append(str(row)[:2000])
    return answer


def captured(lines: Iterable[Line], skipped: Skipped) -> Iterator[Captured]:
    """The captures of pages among the lines.

    One whose type or status is not known (`unk`, `warc/revisit`, `-`) may be one: its replay tells, where nothing else is left.
    """
    for line in lines:
        timestamp, address = line.get("timestamp", ""), line.get("original", "")
        status, kind = line.get("statuscode", "200"), line.get("mimetype", "text/html").partition(";")[0].strip().lower()
        if not (status == "200" or status in UNKNOWN) or not (kind in PAGES or kind in UNKNOWN):
            continue
        reason = odd(timestamp, address)
        if reason is not None:
            skipped.add(reason, address)
            continue
        cut = status in UNKNOWN or kind in UNKNOWN
        yield Captured(timestamp, address, number(line.get("length", "")) or 0, digest_of(line.get("digest", "")), cut=cut)


UNKNOWN: Final = frozenset({"", "-", "unk", "warc/revisit", "none", "null"})
"""Types and statuses of rows that do not say what the capture is."""
