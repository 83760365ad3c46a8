"""Asking a source: conditional requests, and parsing where a document can do no harm.

A document's validators are kept only when every address it named has come to a lasting fate: were they kept sooner, a killed
crawl would be answered 304 the next time and its articles would be lost.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.discovery.documents import dates
from crawler.discovery.documents.entries import Entry
from crawler.discovery.documents.text import RawDocument, UnreadableError
from crawler.discovery.found import Document, Download, Found, SourceError, modification
from crawler.discovery.hub import Topic
from crawler.discovery.memory import Memory, Validators
from crawler.discovery.statements import Statements
from crawler.discovery.web_archives.context import IndexContext
from crawler.download.challenge import challenge
from crawler.download.errors import words
from crawler.window import Window
from extractors import Location, Outlet
from extractors.article import DateSource

logger = logging.getLogger(__name__)

ABSENT = frozenset({404, 410})
ANSWERS = frozenset({200})
AMP = ("/amp", "/amp/")
"""How the address of an article's AMP version ends (WordPress plug-ins)."""
Content = TypeVar("Content")
Mark = TypeVar("Mark")


@dataclass(slots=True, kw_only=True)
class Ask:
    """One crawl's questions to the sources of an outlet.

    bound: most documents one source may ask for when the window is open; fact: reports what happened, as
    `fact(name, **details)`; run: calls a function in a reader process (`crawler.read.reader_pool`); history: for sources in the
    past; topics: of the feeds that were read, by their addresses.
    """

    outlet: Outlet
    window: Window
    memory: Memory
    download: Download
    run: Callable[..., Awaitable[Any]]
    now: datetime
    bound: int
    validators_hours: float
    max_bytes: int
    refetch: bool
    fact: Callable[..., None]
    history: IndexContext | None = None
    documents: list[Document] = field(default_factory=list)
    topics: dict[str, Topic | None] = field(default_factory=dict)
    answered: bool = False
    unchanged: bool = False
    _closing: list[Callable[[], None]] = field(default_factory=list)
    _warned: set[tuple[str, str]] = field(default_factory=set)

    def on_close(self, action: Callable[[], None]) -> None:
        """Runs `action` when every address has its fate, before the memory is kept."""
        self._closing.append(action)

    def locate(self, url: str) -> Location | None:
        return self.outlet.locate(url)

    def mark(self, name: str, shape: TypeAdapter[Mark]) -> Mark | None:
        """What a source remembered under the name, checked; None for nothing, and for what cannot be understood (a fact)."""
        return self.memory.mark(name, shape, self.fact)

    def failed(self, error: SourceError, source: str | None = None) -> None:
        """Reports a document that could not be read; one that is not there is no failure as long as others are. In the log, what
        is wrong with all documents of a host is one warning.
        """
        self.fact("source.absent" if error.absent else "source.failed", source=source, url=error.url, reason=error.reason)
        if not error.absent:
            key = urlsplit(error.url).netloc, error.reason
            logger.log(logging.INFO if key in self._warned else logging.WARNING, "%s", error)
            self._warned.add(key)

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        conditional: bool = True,
        since: Document | None = None,
        counts: bool = True,
        answers: frozenset[int] = ANSWERS,
        meta: dict[str, Any] | None = None,
    ) -> tuple[Document, Response] | None:
        """The document at `url`, or None when the server says it has not changed.

        since: ask whether it changed since this document of this crawl was read; counts: whether an answer shows that the outlet
        can be asked for articles (robots.txt does not); answers: the statuses that are one. Raises SourceError for any other than
        these and 304, and for none at all.
        """
        conditions = self._conditions(url) if conditional and not self.refetch else {}
        if since is not None:
            conditions = since.validators.conditions() if since.validators is not None else {}
        try:
            request = Request(
                url,
                headers={"Accept": accept, **conditions},
                callback=NO_CALLBACK,
                dont_filter=True,
                meta={"download_maxsize": self.max_bytes, **(meta or {})},
            )
            response = await self.download(request)
        except Exception as error:  # whatever a download raises is this source's failure, by name
            raise SourceError(url, words(error)) from error
        if response.status == 304 and since is not None:
            return None
        if response.status == 304 and conditions:
            self.answered = self.unchanged = True
            self.fact("source.unchanged", url=url)
            return None
        if response.status not in answers:
            sender = challenge(response.status, response.headers, response.body)
            reason = f"HTTP {response.status}" if sender is None else f"challenge: {sender} (HTTP {response.status})"
            raise SourceError(url, reason, absent=response.status in ABSENT)
        self.answered = self.answered or counts
        document = Document(url, Validators.of(response, self.now))
        self.documents.append(document)
        return document, response

    async def parsed(self, parser: Callable[[RawDocument], Content], response: Response) -> Content:
        """What a parser of `crawler.discovery.documents` makes of a response, in a reader process with limits of time and memory.

        Raises SourceError for what cannot be read, whatever the parser or its process dies of.
        """
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        document = RawDocument(response.url, response.body, content_type, self.max_bytes)
        try:
            content: Content = await self.run(parser, document)
        except UnreadableError as error:
            sender = challenge(response.status, response.headers, response.body)
            raise SourceError(response.url, str(error) if sender is None else f"challenge: {sender}, {error}") from error
        except Exception as error:  # any document may trip any parser; it costs its source, by name
            raise SourceError(response.url, f"cannot be parsed: {words(error)[:300]}") from error
        return content

    def found(self, entries: Iterable[Entry], document: Document, source: str, stated_by: DateSource) -> Iterator[Found]:
        """The addresses that entries name, with the dates that can be true.

        source: its name, under which is kept what its statements of modification are worth.
        """
        entries = list(entries)
        modified = [dates.modified(entry.modified, self.now) for entry in entries]
        believed = Statements(self.memory, self.fact, source).believed(document.url, entries, modified)
        for entry, moment in zip(entries, modified, strict=True):
            place = self.locate(entry.url)
            url = entry.url
            if place is not None and url.endswith(AMP):
                url, place = self._without_amp(url, place)
            yield Found(
                url=url,
                document=document,
                published=self.published(entry.published, place),
                stated_by=stated_by,
                modified=modification(source.partition(" ")[0], moment) if believed else None,
            )

    def published(self, stated: str, place: Location | None) -> str | None:
        """A stated date of publication, judged as pages' dates are; None where it cannot be true."""
        if not stated:
            return None
        period = self.outlet.period(place.native_id) if place is not None else (None, None)
        return dates.published(stated, ZoneInfo(self.outlet.timezone), self.now, period)

    def remember(self) -> None:
        """Keeps the validators of the documents that are done with, forgets those of the others."""
        for action in self._closing:
            try:
                action()
            except Exception as error:  # noqa: BLE001  # what one source would have kept costs that source
                self.fact("source.failed", url=self.outlet.home, reason=f"state: {words(error)[:300]}")
        for document in self.documents:
            if document.complete and document.validators is not None:
                self.memory.validators[document.url] = document.validators
            else:
                self.memory.validators.pop(document.url, None)
        self.memory.forget(self.now)

    def _conditions(self, url: str) -> dict[str, str]:
        """Feeds sometimes answer 304 although there is news (measured): after a day they are asked in full."""
        kept = self.memory.validators.get(url)
        fresh = kept is not None and self.now - kept.at < timedelta(hours=self.validators_hours)
        return kept.conditions() if kept is not None and fresh else {}

    def _without_amp(self, url: str, place: Location) -> tuple[str, Location]:
        plain = url.rstrip("/").removesuffix("/amp") + ("/" if url.endswith("/") else "")
        page = self.locate(plain)
        return (plain, page) if page is not None and page.is_article else (url, place)


class Source(Protocol):
    """A place that names articles of an outlet.

    It is asked once per crawl and yields `Found` addresses, newest first where it can. It never stores and never decides what is
    fetched: the spider does (`crawler/crawl/outlet_spider.py`).
    """

    @property
    def name(self) -> str:
        """Short and stable: it names the source in facts and in the crawl's memory. Its first word is the kind of source."""

    def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Yields what the source offers within `ask.window`. Raises SourceError when it cannot be read."""
