"""The Wayback Machine: its CDX index names the captures of a site, its `id_` replays give them as they were received."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from crawler.discovery.asking import Ask
from crawler.discovery.found import Found, SourceError
from crawler.discovery.web_archives.captures import PAGES, Captured, moment
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.index_cache import IndexPage
from crawler.discovery.web_archives.source import PATIENCE, MementoSource, prefixes, slack

CDX = "https://web.archive.org/cdx/search/cdx"
FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest", "length")
Line = dict[str, str]
"""One capture as the index has it, by column."""

LINES = 10_000
"""Index lines asked for at once; more follow by `resumeKey`."""

TRIES = 3
"""How often a page of the index is asked for that answers 200 with something else (an error page, half a list)."""


@dataclass(frozen=True, slots=True)
class Wayback:
    """`prefixes`: every `host/path` the site has had, where it is less than the whole host; the outlet's other hosts are
    added. www, scheme and port make no difference to the index.
    """

    prefixes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " ".join(("wayback", *self.prefixes))

    def find(self, ask: Ask) -> AsyncIterator[Found]:
        """The outlet's past as this archive has it."""
        return MementoSource((self,)).find(ask)

    async def pages(self, ask: Ask, frame: IndexContext) -> AsyncIterator[tuple[str, IndexPage, bool]]:
        """The index of each prefix, page by page; a prefix that breaks off leaves the others their turn."""
        troubles = []
        for prefix in prefixes(ask.outlet, self.prefixes):
            query = _query(ask, prefix)
            url = f"{CDX}?{urlencode(query)}"
            reader = _IndexReader(ask, query)
            try:
                async for page, asked in frame.cache.read(url, reader.page):
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


@dataclass(slots=True)
class _IndexReader:
    ask: Ask
    query: list[tuple[str, str]]
    resumed: set[str] = field(default_factory=set)

    async def page(self, resume: str | None) -> IndexPage:
        """The page that the resume key leads to. Raises SourceError when the index cannot be read there."""
        url = f"{CDX}?{urlencode([*self.query, *([('resumeKey', resume)] if resume else [])])}"
        for attempt in range(1, TRIES + 1):
            answer = await self.ask.get(url, accept="application/json", conditional=False, meta=PATIENCE)
            if answer is None:
                return IndexPage((), {})
            try:
                return self._read(*read_index(url, answer[1].body))
            except SourceError as error:
                self.ask.fact("source.again", url=url, reason=error.reason, attempt=attempt)
                if attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def _read(self, lines: Iterable[Line], following: str | None, broken: int) -> IndexPage:
        skipped = Counter({"not a row of the index": broken} if broken else {})
        captures = tuple(captured(lines, skipped))
        if following is not None and following in self.resumed:
            following = None  # an index that leads back to where it was has no more to say
        self.resumed.add(following or "")
        return IndexPage(captures, dict(skipped), following)


def read_index(url: str, body: bytes) -> tuple[list[Line], str | None, int]:
    """Lines of a CDX answer, the resume key (None at the end), and how many rows were none. Columns are found by the header.

    An empty answer is an empty index. Raises SourceError for what is not an index, or breaks off before its end.
    """
    if not body.strip():
        return [], None, 0
    rows, broken = _rows(url, body)
    if not rows:
        return [], None, broken
    header, *rows = rows
    if not {"timestamp", "original"} <= set(map(str, header)):
        raise SourceError(url, "is not a CDX answer: its first row names no columns")
    resume = None
    # The resume key stands alone in the last row, behind an empty one.
    if len(rows) >= 2 and rows[-2] == [] and len(rows[-1]) == 1:
        resume = str(rows[-1][0])
        rows = rows[:-2]
    whole = [row for row in rows if len(row) == len(header)]
    lines = [dict(zip(map(str, header), map(str, row), strict=True)) for row in whole]
    return lines, resume, broken + len(rows) - len(whole)


def _rows(url: str, body: bytes) -> tuple[list[list[Any]], int]:
    """The rows of the table, and how many things in it are none: an error message among them costs its line only."""
    try:
        rows = json.loads(body)
    except ValueError as error:
        if not (body.startswith(b"[[") and body.rstrip().endswith(b"]]")):
            raise SourceError(url, f"is not a CDX answer: {error}") from error
        rows = list(_row_by_row(body))
    if not isinstance(rows, list) or (rows and not isinstance(rows[0], list)):
        raise SourceError(url, "is not a CDX answer: not a list of rows")
    lists = [row for row in rows if isinstance(row, list)]
    return lists, len(rows) - len(lists)


def _row_by_row(body: bytes) -> Iterator[object]:
    for line in body.strip()[1:-1].splitlines():
        try:
            yield json.loads(line.strip().rstrip(b","))
        except ValueError:
            yield None


def captured(lines: Iterable[Line], skipped: Counter[str]) -> Iterator[Captured]:
    """The captures of pages among the lines; what cannot be used is counted by reason."""
    for line in lines:
        length = line.get("length", "")
        if moment(line.get("timestamp", "")) is None or "://" not in line.get("original", ""):
            skipped["no moment or no address"] += 1
        elif _is_page(line):
            digest = line.get("digest", "").removeprefix("sha1:")
            yield Captured(line["timestamp"], line["original"], int(length) if length.isdecimal() else 0, digest)


def _is_page(line: Line) -> bool:
    """Asked for by filter, and looked at again: not every server that speaks CDX knows filters."""
    return line.get("statuscode", "200") == "200" and line.get("mimetype", "text/html") in PAGES
