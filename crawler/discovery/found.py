"""What a source finds, and what a source is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from extractors.article import DateSource, Via

if TYPE_CHECKING:
    from crawler.discovery.asking import Ask, Document


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


class Source(Protocol):
    """A place that names articles of an outlet."""

    @property
    def name(self) -> str:
        """Short and stable: it names the source in facts and in the crawl's memory."""

    def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Yields what the source offers within `ask.window`. Raises SourceError when it cannot be read."""


def modification(kind: str, moment: str | None) -> str | None:
    """A source's statement of when a page was last modified; None when it makes none that can be read."""
    if not moment:
        return None
    try:
        stated = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return f"{kind} {(stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC).isoformat()}"


def modified_since(statement: str, before: str | None, checked_at: datetime) -> bool:
    """Whether the statement says that the page changed since it was read.

    before: the statement known at that reading. The same kind of source saying something else means a change; another
    kind is comparable only with the time of the reading, since feeds, sitemaps and APIs state different things.
    """
    kind, moment = statement.split(" ", 1)
    if before is not None and before.split(" ", 1)[0] == kind:
        return statement != before
    return datetime.fromisoformat(moment) > checked_at
