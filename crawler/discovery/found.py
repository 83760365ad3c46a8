"""What a source finds: addresses, the documents that name them, and the error of a document that cannot be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from crawler.discovery.memory import Validators
from extractors.article import DateSource, Via

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

Download: TypeAlias = "Callable[[Request], Awaitable[Response]]"


class SourceError(Exception):
    """A feed, sitemap, listing or index could not be read: `url` and why. The other sources go on."""

    def __init__(self, url: str, reason: str, *, absent: bool = False) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.absent = absent


@dataclass(slots=True, eq=False)
class Document:
    """One feed, sitemap or listing page of this crawl, and the fates of the addresses it named.

    validators: of its response; pending: addresses without a fate yet; unsettled: one came to a fate that does not last;
    exhausted: it was read to its end; newest: the latest date of publication (ISO 8601) among its articles; known_only: the
    archive knew all that it named, as an article or as a page that fails.
    """

    url: str
    validators: Validators | None = None
    pending: int = 0
    unsettled: bool = False
    exhausted: bool = False
    newest: str | None = None
    known_only: bool = True
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def named(self) -> None:
        """One more address of this document is on its way to a fate."""
        self.pending += 1
        self._idle.clear()

    def settled(self, *, lasting: bool, published: str | None = None) -> None:
        """An address came to its fate; a fate that does not last (failed, out of the window) must be met again."""
        self.pending -= 1
        self.unsettled = self.unsettled or not lasting
        if published and (self.newest is None or published > self.newest):
            self.newest = published
        if self.pending == 0:
            self._idle.set()

    async def all_settled(self) -> None:
        """Waits until every address named so far has its fate."""
        if self.pending:
            await self._idle.wait()

    @property
    def complete(self) -> bool:
        """Read to its end, and everything it named came to a lasting fate."""
        return self.exhausted and self.pending == 0 and not self.unsettled


@dataclass(frozen=True, slots=True)
class CaptureCandidate:
    """One capture of a page in a web archive: the replay to ask for, the page's own URL, when it was captured (aware).

    slot: captures with one number stand for each other (`crawler.discovery.web_archives.selection`). span: first and last byte of
    the WARC record, where `replay_url` is a WARC file.
    """

    replay_url: str
    original_url: str
    memento_at: datetime
    via: Via = "wayback"
    slot: int = 1
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """What an outlet's API says of an article that it no longer lists: what was asked, what answered, when, as it stands in the
    ledger. unpublished: it says so of this very article, so that a page which shows no article is explained.
    """

    evidence: dict[str, Any]
    unpublished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An address a source offers.

    url: as the source wrote it; published: ISO date or date-time the source states, and `stated_by` what kind of source
    it is; modified: `<kind> <ISO moment>`, see `modified_since`; candidates: captures to try in order, when a web archive is the
    source (`past`); again: no source names it, it is known and due for another look; wanted: somebody asked for it, so it is
    fetched although it is known; canary: it is read to see whether it still can be (then it is `wanted` too, and `again`);
    unlisted: why it is asked for again, where the outlet's API no longer lists it; document: the feed, sitemap or page that
    named it.
    """

    url: str
    document: Document
    published: str | None = None
    stated_by: DateSource = "feed"
    modified: str | None = None
    candidates: tuple[CaptureCandidate, ...] = ()
    past: bool = False
    again: bool = False
    wanted: bool = False
    canary: bool = False
    unlisted: Unlisted | None = None


def modification(kind: str, moment: datetime | None) -> str | None:
    """A source's statement of when a page was last modified, as the ledger keeps it; None when it makes none."""
    return f"{kind} {moment.astimezone(UTC).isoformat()}" if moment is not None else None


def modified_since(statement: str, before: str | None, checked_at: datetime) -> bool:
    """Whether the statement says that the page changed since it was read.

    before: the statement known at that reading. The same kind of source saying something else means a change; another
    kind is comparable only with the time of the reading, since feeds, sitemaps and APIs state different things. They cut moments
    to the second or the minute, so a change in the second or minute of the reading counts as one after it.
    """
    kind, moment = statement.split(" ", 1)
    if before is not None and before.split(" ", 1)[0] == kind:
        return statement != before
    stated = datetime.fromisoformat(moment)
    unit = {"microsecond": 0} if stated.second or stated.microsecond else {"second": 0, "microsecond": 0}
    return stated >= checked_at.replace(**unit)  # type: ignore[arg-type]  # the names are right
