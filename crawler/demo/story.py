"""The stories of the miniature: data in `articles/<outlet>.toml`, each text in a light markup.

Blocks of a text are separated by a blank line: a paragraph, `## subhead`, lines `- item`, `> quote`, and three kinds that
are no text of the article: `! caption` (a picture), `+ id` (an «اقرأ أيضا» box), `@ words` (an embedded social post).
Inside, `[words](url)` is a link.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal
from zoneinfo import ZoneInfo

OUTLETS = ("enab_baladi", "al_jazeera", "baladi_news", "smart", "geiroon")
ZONES = {
    "enab_baladi": ZoneInfo("Asia/Damascus"),
    "al_jazeera": ZoneInfo("Asia/Qatar"),
    "baladi_news": ZoneInfo("Asia/Damascus"),
    "smart": ZoneInfo("Asia/Damascus"),
    "geiroon": ZoneInfo("Asia/Damascus"),
}

BlockKind = Literal["paragraph", "subhead", "items", "quote", "picture", "related", "post"]
_MARKS: dict[str, BlockKind] = {"## ": "subhead", "- ": "items", "> ": "quote", "! ": "picture", "+ ": "related", "@ ": "post"}
_TEXT_OF_ARTICLE: tuple[BlockKind, ...] = ("paragraph", "subhead", "items", "quote")
LINK = re.compile(r"\[([^\[\]]+)\]\(([^()]+)\)")


@dataclass(frozen=True, slots=True)
class StoryBlock:
    """One block of a text; `lines` has one entry, but a list has one per item."""

    kind: BlockKind
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStory:
    """An article as its newsroom has it. `published` and `modified` are aware, in the outlet's zone.

    offered: the discovery documents that name it; `layout`: the era or variant of the page (each site knows its own);
    dated: False = the page states no date anywhere; duplicate_of: `outlet:id` of the same text elsewhere;
    status: what the outlet answers for it (404 and 410 = removed); refused: robots.txt forbids it; withdrawn: it is unpublished,
    and its page is `cached` (answers as before) or `redirected` (to its section).
    """

    outlet: str
    id: str
    headline: str
    published: datetime
    blocks: tuple[StoryBlock, ...]
    modified: datetime | None = None
    slug: str = ""
    section: str = "news"
    kind: str = "article"
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    source_line: str = ""
    dateline: str | None = None
    standfirst: str | None = None
    caption: str | None = None
    layout: str = ""
    dated: bool = True
    offered: frozenset[str] = frozenset()
    related: tuple[str, ...] = ()
    refused: bool = False
    status: int = 200
    duplicate_of: str | None = None
    withdrawn: Literal["", "cached", "redirected"] = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body as a reader should get it: paragraphs, subheads, quotes and list items, links reduced to their words."""
        return tuple(plain(line) for block in self.blocks if block.kind in _TEXT_OF_ARTICLE for line in block.lines)

    @property
    def changed(self) -> datetime:
        """When it was last modified, or published."""
        return self.modified or self.published


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLink:
    """An address that discovery documents offer beside the stories: a video, a live blog, a removed page, an image.

    fate: what a first crawl makes of it; None = a crawler drops it by its look, undiscovered (an image, a section page).
    """

    outlet: str
    url: str
    fate: str | None
    offered: frozenset[str]
    published: datetime
    headline: str = ""
    status: int = 200


def plain(text: str) -> str:
    """The words of a line without its link markup."""
    return LINK.sub(r"\1", text)


def blocks(text: str) -> tuple[StoryBlock, ...]:
    """The blocks of a text in the light markup."""
    return tuple(_block(chunk.strip()) for chunk in re.split(r"\n\s*\n", text.strip()))


def stories(outlet: str, file: Traversable | None = None) -> list[DemoStory]:
    """The stories of one outlet, in the order of its file (or of another `file` with stories of that outlet)."""
    return [_story(outlet, entry) for entry in _tables(file or _file(outlet)).get("story", [])]


def links(outlet: str) -> list[OfferedLink]:
    """The other addresses that the outlet's discovery documents offer."""
    return [
        OfferedLink(
            outlet=outlet,
            published=_moment(outlet, entry.pop("date")),
            offered=frozenset(entry.pop("offered")),
            **{"fate": None, **entry},
        )
        for entry in _tables(_file(outlet)).get("link", [])
    ]


def _file(outlet: str) -> Traversable:
    return resources.files("crawler.demo") / "articles" / f"{outlet}.toml"


def _tables(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _block(chunk: str) -> StoryBlock:
    for mark, kind in _MARKS.items():
        if chunk.startswith(mark):
            return StoryBlock(kind, tuple(line.removeprefix(mark).strip() for line in chunk.splitlines()))
    return StoryBlock("paragraph", (" ".join(chunk.splitlines()),))


def _moment(outlet: str, value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=ZONES[outlet])


def _story(outlet: str, entry: dict[str, Any]) -> DemoStory:
    """A story from its table; keys that no field has stay in `more` for the outlet's site."""
    given: dict[str, Any] = {
        "id": str(entry.pop("id")),
        "published": _moment(outlet, entry.pop("date")),
        "blocks": blocks(entry.pop("text")),
        "offered": frozenset(entry.pop("offered")),
    }
    if "modified" in entry:
        given["modified"] = _moment(outlet, entry.pop("modified"))
    for each in fields(DemoStory):
        if each.name in entry:
            value = entry.pop(each.name)
            given[each.name] = tuple(value) if isinstance(value, list) else value
    return DemoStory(outlet=outlet, more=entry, **given)
