"""Asking a source: conditional requests, and the memory between crawls that makes them possible.

The memory (`state/<outlet>/discovery.json`) is a convenience: losing it costs requests, never an article. That holds
because a document's validators are kept only when every address it named has come to a lasting fate: were they kept
sooner, a killed crawl would be answered 304 the next time and its articles would be lost.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.discovery.found import Document, Download, Found, SourceError
from crawler.discovery.hub import Topic
from crawler.discovery.web_archives.context import IndexContext
from crawler.download.errors import words
from crawler.window import Window
from extractors import Location, Outlet

logger = logging.getLogger(__name__)

ABSENT = frozenset({404, 410})
ANSWERS = frozenset({200})


class Memory:
    """What an outlet's sources remember from one crawl to the next: validators by URL, marks by source."""

    def __init__(self, raw: bytes | None) -> None:
        stored = _loads(raw)
        self.validators: dict[str, dict[str, str]] = stored.get("validators", {})
        self.marks: dict[str, Any] = stored.get("marks", {})
        self._before = self.dump()

    def dump(self) -> bytes:
        return json.dumps({"validators": self.validators, "marks": self.marks}, sort_keys=True).encode()

    @property
    def changed(self) -> bool:
        return self.dump() != self._before


def _loads(raw: bytes | None) -> dict[str, Any]:
    """A memory that cannot be read is no memory: it may be lost without harm."""
    try:
        stored = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


@dataclass(slots=True, kw_only=True)
class Ask:
    """How a source asks its questions, and the frame it answers in.

    bound: most documents one source may ask for when the window is open; fact: reports what happened, as
    `fact(name, **details)`; history: for sources in the past; topics: of the feeds that were read, by their addresses.
    """

    outlet: Outlet
    window: Window
    memory: Memory
    download: Download
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

    def on_close(self, action: Callable[[], None]) -> None:
        """Runs `action` when every address has its fate, before the memory is kept."""
        self._closing.append(action)

    def locate(self, url: str) -> Location | None:
        return self.outlet.locate(url)

    def failed(self, error: SourceError, source: str | None = None) -> None:
        """Tells of a document that could not be read; one that is not there is no trouble as long as others are."""
        self.fact("source.absent" if error.absent else "source.failed", source=source, url=error.url, reason=error.reason)
        if not error.absent:
            logger.warning("%s", error)

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        conditional: bool = True,
        counts: bool = True,
        answers: frozenset[int] = ANSWERS,
        meta: dict[str, Any] | None = None,
    ) -> tuple[Document, Response] | None:
        """The document at `url`, or None when the server says it has not changed.

        counts: whether an answer shows that the outlet can be asked for articles (robots.txt does not); answers: the statuses
        that are one. Raises SourceError for any other than these and 304, and for none at all.
        """
        headers = {"Accept": accept, **(self._validators(url) if conditional and not self.refetch else {})}
        request = Request(
            url,
            headers=headers,
            callback=NO_CALLBACK,
            dont_filter=True,
            meta={"download_maxsize": self.max_bytes, **(meta or {})},
        )
        try:
            response = await self.download(request)
        except Exception as error:  # whatever a download raises is this source's failure, by name
            raise SourceError(url, words(error)) from error
        if response.status == 304:
            self.answered = self.unchanged = True
            self.fact("source.unchanged", url=url)
            return None
        if response.status not in answers:
            raise SourceError(url, f"HTTP {response.status}", absent=response.status in ABSENT)
        self.answered = self.answered or counts
        document = Document(url, _validators_of(response, self.now))
        self.documents.append(document)
        return document, response

    def _validators(self, url: str) -> dict[str, str]:
        """Feeds sometimes answer 304 although there is news (measured): after a day they are asked in full."""
        kept = self.memory.validators.get(url)
        if not kept:
            return {}
        age = self.now - datetime.fromisoformat(kept["at"])
        if age >= timedelta(hours=self.validators_hours):
            return {}
        names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
        return {header: kept[name] for name, header in names.items() if name in kept}

    def remember(self) -> None:
        """Keeps the validators of the documents that are done with, forgets those of the others."""
        for action in self._closing:
            action()
        for document in self.documents:
            if document.complete and document.validators:
                self.memory.validators[document.url] = document.validators
            else:
                self.memory.validators.pop(document.url, None)


class Source(Protocol):
    """A place that names articles of an outlet."""

    @property
    def name(self) -> str:
        """Short and stable: it names the source in facts and in the crawl's memory."""

    def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Yields what the source offers within `ask.window`. Raises SourceError when it cannot be read."""


def conditions_of(response: Response) -> dict[str, str]:
    """The headers that ask for this document only if it changed since; empty if the server gave nothing to ask by."""
    pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
    return {asked: value.decode("latin-1") for asked, told in pairs if (value := response.headers.get(told))}


def _validators_of(response: Response, now: datetime) -> dict[str, str]:
    found = {}
    for name, header in (("etag", "ETag"), ("last_modified", "Last-Modified")):
        value = response.headers.get(header)
        if value:
            found[name] = value.decode("latin-1")
    return {**found, "at": now.astimezone(UTC).isoformat()} if found else {}
