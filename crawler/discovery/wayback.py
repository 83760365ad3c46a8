"""The Wayback Machine: its CDX index names the captures of a site, its `id_` replays give them as they were received."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from crawler.discovery.asking import Ask, Document, SourceError
from crawler.discovery.found import Candidate, Found

CDX = "https://web.archive.org/cdx/search/cdx"
REPLAY = "https://web.archive.org/web/{timestamp}id_/{original}"
FIELDS = ("timestamp", "original", "mimetype", "statuscode", "length")
Line = dict[str, str]
"""One capture as the index has it, by column."""

LINES = 10_000
"""Index lines asked for at once; more follow by `resumeKey`."""

CANDIDATES = 5
"""Most captures of one article that are tried before it counts as failed."""

PACE = {"autothrottle_dont_adjust_delay": True}
"""An archive's pace is a setting of its own (WARRAQ_HISTORY_DELAY), not a function of how fast it answers."""


@dataclass(frozen=True, slots=True)
class Wayback:
    """`prefixes`: every `host/path` the site has had; www, scheme and port make no difference to the index."""

    prefixes: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"wayback {' '.join(self.prefixes)}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        """One `Found` per canonical address, over all prefixes, with its best captures first."""
        with closing(_Captures()) as captures:
            documents: list[Document] = []
            for prefix in self.prefixes:
                documents.extend([document async for document in self._index(ask, prefix, captures)])
            if not documents:
                return
            for url, rows in captures.grouped():
                yield Found(url=url, document=documents[0], candidates=tuple(_candidate(*row) for row in best(rows)))

    async def _index(self, ask: Ask, prefix: str, captures: _Captures) -> AsyncIterator[Document]:
        query: list[tuple[str, str]] = [
            ("url", prefix),
            ("matchType", "prefix"),
            ("output", "json"),
            ("fl", ",".join(FIELDS)),
            ("filter", "statuscode:200"),
            ("filter", "mimetype:text/html"),
            ("collapse", "digest"),
            ("limit", str(LINES)),
            ("showResumeKey", "true"),
        ]
        if ask.window.since:
            query.append(("from", ask.window.since.strftime("%Y%m%d")))
        resume: str | None = ""
        resumed: set[str] = set()
        while resume is not None and resume not in resumed:
            resumed.add(resume)
            asked = [*query, ("resumeKey", resume)] if resume else query
            answer = await ask.get(f"{CDX}?{urlencode(asked)}", accept="application/json", conditional=False, meta=PACE)
            if answer is None:
                return
            document, response = answer
            lines, resume = read_index(response.url, response.body)
            skipped = captures.add(ask, lines)
            if skipped:
                ask.fact("source.skipped", url=document.url, lines=skipped)
            document.exhausted = True
            yield document


def read_index(url: str, body: bytes) -> tuple[list[Line], str | None]:
    """Lines of a CDX answer and the resume key, or None at the end. Columns are found by the header row.

    An empty answer is an empty index. Raises SourceError for what is not an index.
    """
    if not body.strip():
        return [], None
    try:
        rows = json.loads(body)
    except ValueError as error:
        raise SourceError(url, f"is not a CDX answer: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise SourceError(url, "is not a CDX answer: not a list of rows")
    if not rows:
        return [], None
    header, *rows = rows
    if not {"timestamp", "original"} <= set(map(str, header)):
        raise SourceError(url, "is not a CDX answer: its first row names no columns")
    resume = None
    # The resume key stands alone in the last row, behind an empty one.
    if len(rows) >= 2 and rows[-2] == [] and len(rows[-1]) == 1:
        resume = str(rows[-1][0])
        rows = rows[:-2]
    return [dict(zip(header, map(str, row), strict=False)) for row in rows], resume


class _Captures:
    """The captures of a site by canonical address, in a temporary database: an index has millions of lines."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("CREATE TABLE capture (canonical TEXT, timestamp TEXT, original TEXT, length INTEGER)")

    def add(self, ask: Ask, lines: list[Line]) -> int:
        """Stores the pages among the lines; gives the number of malformed lines, which are skipped."""
        malformed = 0
        for line in lines:
            timestamp, original, length = line.get("timestamp", ""), line.get("original", ""), line.get("length", "")
            place = ask.locate(original)
            if _moment(timestamp) is None or not original:
                malformed += 1
            elif place is not None and _is_page(line):
                row = (place.url, timestamp, original, int(length) if length.isdigit() else 0)
                self._db.execute("INSERT INTO capture VALUES (?, ?, ?, ?)", row)
        return malformed

    def grouped(self) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
        """(canonical address, its captures oldest first), one address at a time."""
        self._db.execute("CREATE INDEX by_address ON capture (canonical, timestamp)")
        lines = self._db.execute("SELECT canonical, timestamp, original, length FROM capture ORDER BY canonical, timestamp")
        group: list[tuple[str, str, int]] = []
        current: str | None = None
        for canonical, *capture in lines:
            if current is not None and canonical != current:
                yield current, group
                group = []
            current = canonical
            group.append((capture[0], capture[1], capture[2]))
        if current is not None:
            yield current, group

    def close(self) -> None:
        self._db.close()


def _is_page(line: Line) -> bool:
    """Asked for by filter, and looked at again: not every server that speaks CDX knows filters."""
    return line.get("statuscode", "200") == "200" and line.get("mimetype", "text/html") in ("text/html", "application/xhtml+xml")


def best(captures: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Captures worth trying, best first.

    Nearest to publication means oldest; but a capture less than half as large as the largest is likely a challenge or
    a cut page, so those come last.
    """
    largest = max(length for *_, length in captures)
    ranked = sorted(captures, key=lambda capture: (capture[2] * 2 < largest, capture[0]))
    return ranked[:CANDIDATES]


def _candidate(timestamp: str, original: str, _length: int) -> Candidate:
    moment = _moment(timestamp)
    assert moment is not None  # only such rows are stored
    return Candidate(REPLAY.format(timestamp=timestamp, original=original), original, moment)


def _moment(timestamp: str) -> datetime | None:
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
