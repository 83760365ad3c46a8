"""The values that travel between the rooms: a page in, an article or a reason out.

Nothing here reads, fetches or stores. `storage` imports this module and nothing else of `extractors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Kind = Literal["article", "opinion", "transcript", "video", "liveblog", "gallery"]
Via = Literal["live", "wayback", "commoncrawl", "warc"]
Precision = Literal["minute", "day", "month"]
BlockType = Literal["paragraph", "heading", "list_item", "quote", "table_row"]
# Why a second reader was asked: no layout of the outlet's own matched; a closing phrase cut off much; the container holds a small
# part of the page's text; a rule took an element with many words.
Doubt = Literal["no-layout", "much-cut-off", "small-container", "element-dropped"]
NEXT_PART: Final = "pagination"
"""What a disagreement about the body has for its source whose value is the address of the story's next part."""
DateSource = Literal["json-ld", "meta", "page", "url", "feed", "sitemap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a server answered, as a reader gets it.

    url: the address of the page itself, after redirects (for a memento: the original URL, not the replay).
    fetched_url: the address that was asked for (for a memento: the replay URL); None = the same as `url`.
    body: the bytes of the document, content encoding removed.
    fetched_at: aware; `memento_at`: aware, when a web archive captured it, else None.
    """

    url: str
    body: bytes
    fetched_at: datetime
    status: int = 200
    content_type: str | None = None
    fetched_url: str | None = None
    via: Via = "live"
    memento_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dateline:
    """«سمارت - حلب» → text «سمارت - حلب», agency «سمارت», place «حلب»."""

    text: str
    agency: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of the page; caption and credit as printed."""

    url: str
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """A player or post set into the story: `youtube`, `x`, `facebook`, `telegram`, `audio`, …, with its canonical URL."""

    type: str
    url: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two parts of a page that contradict each other about a field. chosen: the source that was believed (None: neither was);
    other: the source that was not, `value` what it says; note: why they cannot both be right, where words help.
    """

    field: str
    chosen: str | None
    other: str
    value: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A line of the body and what it was on the page. level: 1 to 6 of a heading, depth of a list item from 1, else None."""

    type: BlockType
    text: str
    level: int | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by its values: an article has dozens, and the state of a frozen class with slots is dear to take and to set."""
        return TextBlock, (self.type, self.text, self.level)


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What another reader found. words: how many; agreement: share of the longer text's words that both texts have (0 to 1)."""

    reader: str
    words: int
    agreement: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How sure the reader is of the body. doubts: in alphabetical order; second: None where no second reader was asked, or it
    found nothing. Where the second reader's text was taken, the article's `extractor.layout` names it.
    """

    doubts: tuple[Doubt, ...] = ()
    second: SecondReading | None = None


@dataclass(frozen=True, slots=True)
class Extractor:
    """Who read the page: `layout` names the path that spoke, e.g. `wordpress-2017` or `generic`."""

    name: str
    version: str
    layout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page says, in display form (NFC, clean white space, nothing folded). Unknown is None, never a guess.

    body: paragraphs joined by a blank line; blocks: the same texts with their structure.
    date_published, date_modified: RFC 3339 with offset (a date of `day` precision is the local midnight).
    date_published_relative: reckoned from the moment of the capture («منذ 3 ساعات»), not stated by the page.
    """

    id: str
    outlet: str
    kind: Kind
    language: str
    url: str
    fetched_url: str
    headline: str
    body: str
    extractor: Extractor
    description: str | None = None
    dateline: Dateline | None = None
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    date_published: str | None = None
    date_modified: str | None = None
    date_published_raw: str | None = None
    date_published_precision: Precision | None = None
    date_published_source: DateSource | None = None
    date_published_relative: bool = False
    images: tuple[Image, ...] = ()
    embeds: tuple[Embed, ...] = ()
    links: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    blocks: tuple[TextBlock, ...] = ()
    reading: Reading = Reading()

    @property
    def next_part_url(self) -> str | None:
        """The address where the story goes on, if another part follows this one (`extractors.page.pagination`)."""
        return next((each.value for each in self.disagreements if each.other == NEXT_PART), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAnArticle:
    """Why a page is not one. `transient` pages (challenge, empty, cut) may be articles at the next visit.

    reason: a short fixed word group such as `listing`, `challenge`, `soft-404`, `empty`, `cut`, `binary`, `video`.
    """

    reason: str
    url: str
    transient: bool = False
    detail: str | None = None
