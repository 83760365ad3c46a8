"""Common Crawl: a list of crawls, an index for each (pywb's CDX server API), and the records in WARC files on a data host."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from crawler.discovery.asking import Ask
from crawler.discovery.found import SourceError
from crawler.discovery.web_archives.captures import PAGES, Captured
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.index_cache import IndexPage
from crawler.discovery.web_archives.index_rows import NO_ADDRESS, Skipped, digest_of, number, odd
from crawler.discovery.web_archives.source import PATIENCE, CaptureIndex, index_answer, prefixes, slack

INDEX = "https://index.commoncrawl.org/"
CRAWL = re.compile(r"CC-MAIN-(\d{4})(?:-(\d{2}|\d{4}))?")
FILE = re.compile(r"crawl-data/[\w./-]+\.warc\.gz")

MOST_PAGES = 100_000
"""More than any site has in one crawl: the largest have a few thousand."""

LONGEST_CRAWL = timedelta(days=31)
"""A crawl is named by the week in which its first files were closed, and runs on for two or three more."""


class CommonCrawl(CaptureIndex):
    """The index of every crawl."""

    @property
    def name(self) -> str:
        return "commoncrawl"

    async def pages(self, ask: Ask, context: IndexContext) -> AsyncIterator[tuple[str, IndexPage, bool]]:
        """The index of every crawl that can hold what is asked for, newest first; a crawl that fails leaves the others."""
        troubles: list[SourceError] = []
        for crawl in await self._crawls(ask, context):
            for prefix in prefixes(ask.outlet, self.prefixes):
                url = f"{INDEX}{crawl}-index?{urlencode(_query(prefix))}"
                try:
                    # What a crawl holds never changes once it is listed.
                    async for page, asked in context.cache.read(url, partial(_page, ask, url), lasting=True):
                        yield url, page, asked
                except SourceError as error:
                    troubles.append(error)
                    ask.fact("source.failed", source=self.name, url=error.url, reason=error.reason)
        if troubles:
            raise troubles[0]

    async def _crawls(self, ask: Ask, context: IndexContext) -> list[str]:
        context.index_requests += 1
        answer = await ask.get(f"{INDEX}collinfo.json", accept="application/json", conditional=False, meta=PATIENCE)
        if answer is None:
            return []
        found = crawls(answer[1].url, answer[1].body)
        since = ask.window.since
        return [crawl for crawl in found if since is None or (end := last_day(crawl)) is None or end >= slack(since)]


def crawls(url: str, body: bytes) -> list[str]:
    """Ids of the crawls in a collinfo.json, in its order (newest first). SourceError if it is none."""
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError(url, f"is not a list of crawls: {error}") from error
    if not isinstance(listed, list):
        raise SourceError(url, "is not a list of crawls")
    ids = [str(each.get("id") or _ending(str(each.get("cdx-api", "")))) for each in listed if isinstance(each, dict)]
    # The id becomes part of an address: only the known form.
    found = [crawl for crawl in dict.fromkeys(ids) if CRAWL.fullmatch(crawl)]
    if listed and not found:
        raise SourceError(url, "is not a list of crawls: none of its entries has an id")
    return found


def _ending(api: str) -> str:
    """The id of a crawl as the address of its index has it."""
    return api.rpartition("/")[2].removesuffix("-index")


def last_day(crawl: str) -> date | None:
    """The last day on which the crawl can have captured anything, by its id; None where the id does not tell."""
    named = CRAWL.fullmatch(crawl)
    if named is None:
        return None
    year, part = int(named[1]), named[2]
    try:
        if part is None or len(part) == 4:
            return date(int(part or year), 12, 31)
        return date.fromisocalendar(year, int(part), 7) + LONGEST_CRAWL
    except ValueError:
        return None


def _query(prefix: str) -> list[tuple[str, str]]:
    return [("url", f"{prefix}*"), ("output", "json"), ("filter", "=status:200"), ("filter", "mime:html")]


async def _page(ask: Ask, url: str, at: str | None) -> IndexPage:
    """Page `at` (`<number>/<how many>`); None: how many there are, and the first of them."""
    if at is None:
        pages = await index_answer(ask, f"{url}&showNumPages=true", partial(_pages, url))
        if not pages:
            return IndexPage((), {})
        at = f"0/{pages}"
    place, pages = (int(part) for part in at.split("/"))
    asked = f"{url}&page={place}"
    page = await index_answer(ask, asked, partial(index_page, asked), partial(_salvaged, asked)) or IndexPage((), {})
    return replace(page, following=f"{place + 1}/{pages}" if place + 1 < pages else None)


def _pages(url: str, body: bytes) -> int:
    try:
        answer: Any = json.loads(body or b'{"pages": 0}')
        pages = int(answer["pages"] if isinstance(answer, dict) else answer)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        if b"No Captures found" in body:
            return 0
        raise SourceError(url, "does not say how many pages it has") from error
    if not 0 <= pages <= MOST_PAGES:
        raise SourceError(url, f"says that it has {pages} pages")
    return pages


def index_page(url: str, body: bytes) -> IndexPage:
    """The captures of an answer. SourceError: nothing in it is a line of an index, or it breaks off in its last line."""
    page, lines = _read(body)
    if body.strip() and not lines and b"No Captures found" not in body:
        raise SourceError(url, f"is not a CDX answer: {body[:60].decode('utf-8', 'replace')!r}")
    last = body.rstrip(b"\r\n").rpartition(b"\n")[2]
    if last.startswith(b"{") and not body.endswith(b"\n") and _row(last) is None:
        raise SourceError(url, "is not a CDX answer: it breaks off")
    return page


def _salvaged(url: str, body: bytes, reason: str) -> IndexPage:
    page, _ = _read(body)
    if not page.captures:
        raise SourceError(url, reason)
    return replace(page, broken=reason)


def _read(body: bytes) -> tuple[IndexPage, int]:
    """The captures of an answer, and how many of its lines are an index's."""
    skipped = Skipped()
    found = tuple(captured(body, skipped))
    lines = sum(1 for line in body.splitlines() if (row := _row(line)) is not None and "url" in row)
    return IndexPage(found, dict(skipped.reasons), None, tuple(skipped.addresses)), lines


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def captured(body: bytes, skipped: Skipped) -> Iterator[Captured]:
    """The captures of pages among JSON lines; what cannot be used is counted by reason."""
    for line in body.splitlines():
        if not line.strip():
            continue
        row = _row(line)
        if row is None:
            skipped.unreadable(line[:2000].decode("utf-8", "replace"), "not a line of the index")
        elif "url" not in row and ("error" in row or "message" in row):
            skipped.add("the server's own message")
        else:
            yield from _captured({name: str(content) for name, content in row.items()}, skipped)


def _captured(row: dict[str, str], skipped: Skipped) -> Iterator[Captured]:
    """The capture of a row that is of a page."""
    timestamp, url, file = row.get("timestamp", ""), row.get("url", ""), row.get("filename", "")
    kind = _kind(row)
    if kind is None:
        return
    reason = odd(timestamp, url)
    first, length = number(row.get("offset", "")), number(row.get("length", ""))
    if reason is None and file.endswith((".arc.gz", ".arc")):
        reason = "in an ARC file, the format before WARC"
    elif reason is None and kind in REVISITS:
        reason = "a revisit: its page is in another record"
    elif reason is None and not (FILE.fullmatch(file) and ".." not in file):
        reason = NOWHERE
    if reason is not None or first is None or not length:
        skipped.add(NOWHERE if reason is None or reason == NO_ADDRESS else reason, url)
        return
    digest = digest_of(row.get("digest", ""))
    cut = row.get("truncated", "") not in ("", "-", "None")
    yield Captured(timestamp, url, length, digest, via="commoncrawl", cut=cut, file=file, first=first)


NOWHERE = "no moment, no address or no place in a file"
REVISITS = frozenset({"warc/revisit"})
_UNKNOWN = frozenset({"", "-", "unk", "None"})


def _kind(row: dict[str, str]) -> str | None:
    """The type of a row that is of a page, or may be; None for another. Asked for by filter, and looked at again.

    `mime-detected` is what the bytes look like (crawls since 2017).
    """
    if row.get("status", "200") not in ("200", *_UNKNOWN):
        return None
    kinds = [row.get(name, "").partition(";")[0].strip().lower() for name in ("mime-detected", "mime")]
    kind = next((each for each in kinds if each not in _UNKNOWN), "text/html")
    return kind if kind in PAGES or kind in REVISITS else None
