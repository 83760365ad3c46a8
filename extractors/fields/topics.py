"""What an article is about: description, keywords, sections, kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.article import Kind
from extractors.fields.printed_fields import Printed
from extractors.outlet import Location
from extractors.page.metadata import Metadata
from extractors.text import display, matching

_OPINION_SECTIONS = frozenset(
    map(
        matching,
        ["رأي", "آراء", "الرأي", "مقالات رأي", "مقالات الرأي", "مقال رأي", "قضايا وآراء", "كلمة جيرون", "افتتاحية", "opinion"],
    )
)


def descriptions(metadata: Metadata, standfirst: str | None, headline: str, body: str) -> Iterator[tuple[str, str]]:
    """The printed standfirst, then what the data say, without those that repeat the headline or tell of the site."""
    claims = (
        ("page", standfirst),
        ("json-ld", metadata.linked.text("description")),
        ("meta description", metadata.first("description")),
        ("og:description", metadata.first("og:description")),
    )
    said: set[str] | None = None
    for source, claim in claims:
        if not claim:
            continue
        text = display(claim)
        words = matching(text).split()
        if len(words) < 4 or matching(text) == matching(headline):
            continue
        said = set(matching(f"{headline} {body}").split()) if said is None else said
        # What describes the site instead of the article shares few words with it.
        if source == "page" or sum(word in said for word in words) > 0.35 * len(words):
            yield source, text


def sections(metadata: Metadata, printed: Printed) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The printed section, then JSON-LD, then meta tags."""
    yield "page", tuple(printed.sections)
    yield "json-ld", metadata.linked.texts("articleSection")
    yield "article:section", metadata.every("article:section")


def keywords(metadata: Metadata, printed: Printed, headline: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The printed tags, then meta tags, then JSON-LD keywords that no machine cut out of the headline."""
    yield "page", tuple(printed.tags)
    yield "article:tag", metadata.every("article:tag")
    words = [display(word) for text in metadata.linked.texts("keywords") for word in re.split(r"\s*[,،]\s*", text)]
    title = set(matching(headline).split())
    mechanical = len(words) >= 4 and all(matching(word) in title for word in words)
    yield "json-ld", () if mechanical else tuple(dict.fromkeys(word for word in words if word))


def kind_of(location: Location, metadata: Metadata, named: tuple[str, ...]) -> Kind:
    """Opinion and transcript by address, opinion also by JSON-LD or section; else article."""
    if location.kind == "transcript":
        return "transcript"
    opinion = "OpinionNewsArticle" in metadata.linked.types or any(matching(name) in _OPINION_SECTIONS for name in named)
    return "opinion" if opinion or location.kind == "opinion" else "article"
