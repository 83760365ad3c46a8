"""The routes of articles, made of groups of addresses: which part is the outlet's own id, which is any word, which is fixed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from crawler.survey.address_groups import AddressGroup, loose
from crawler.survey.evidence import Evidence, SeenAddress
from crawler.survey.query_routes import GUID, NUMBERED, distinguishing_parameter, pages_told_apart, query_route, without_query
from crawler.survey.shapes import LANGUAGES, AddressPart, PartKind, Shape
from extractors.outlet import Route

YEAR, MONTH, DAY = "(?P<year>(?:19|20)[0-9]{2})", "(?P<month>[0-9]{1,2})", "(?P<day>[0-9]{1,2})"
ID: Final = "0*(?P<id>[1-9][0-9]*)"
ANY: Final = "[^/]+"
SECTIONS: Final = "(?:/[^/]+){0,3}"
FEW: Final = 3
"""So many different words in one place of an address: it may be any word (sections, authors)."""
_PATTERNS: Final[dict[PartKind, str]] = {
    "slug": ANY,
    "number": "[0-9]+",
    "number-slug": "[0-9]+[-_][^/]+",
    "slug-number": "[^/]+",
    "guid": "[^/]+",
    "year": YEAR,
    "month": MONTH,
    "day": DAY,
    "date-slug": f"{YEAR}-{MONTH}-{DAY}(?:-[^/]*)?",
}
_WITH_ID: Final[dict[PartKind, str]] = {
    "number": ID,
    "number-slug": f"{ID}[-_][^/]+",
    "slug-number": "[^/]*[-_]0*(?P<id>[1-9][0-9]*)",
    "guid": rf"\{{?{GUID}\}}?",
}
_DAY_NUMBER: Final = re.compile("(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DAY: Final = "(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"


@dataclass(frozen=True, slots=True)
class RouteDraft:
    """A route and how it was found, for a comment. seen: the addresses that it was made of."""

    route: Route
    why: str
    seen: tuple[SeenAddress, ...] = ()


def article_routes(group: AddressGroup, evidence: Evidence, *, verified: str | None) -> list[RouteDraft]:
    """Of the articles of a group. verified: see `grammar_of`."""
    shape = group.shapes[0]
    numbered = _native_id(group)
    pattern, plain = "", ""
    dated = next((n for n, part in enumerate(shape.path) if part.kind in {"year", "date-slug"}), 0)
    for place, part in enumerate(shape.path):
        if part.kind == "word" and place < dated and part.text not in LANGUAGES:
            # What stands before a date are sections, however many.
            pattern += "" if pattern.endswith(SECTIONS) else SECTIONS
            continue
        piece = _piece(group, place, evidence, has_id=numbered == place)
        pattern += f"/{piece}"
        if place == numbered and part.kind == "number":
            plain = pattern
    why = f"{len(group.seen)} articles, such as {_example(group)}"
    if shape.query:
        if verified != without_query(shape) or pages_told_apart(distinguishing_parameter(group, evidence), evidence):
            route = query_route(group, pattern, numbered, evidence)
            return [RouteDraft(route, f"{why}; the query names the article", tuple(group.seen))]
        return [RouteDraft(Route("article", pattern), f"{why}; without its query it is the same page", tuple(group.seen))]
    canonical = None
    if numbered is not None and plain and place_after(shape, numbered):
        words = [group.words(n) for n in range(numbered)]
        slugless = plain + f"(?:/[^/]+){{0,{len(shape.path) - 1 - numbered}}}"
        if verified == _prefix_key(shape, numbered) and all(len(each) == 1 for each in words):
            canonical = "".join(f"/{quote(next(iter(each)))}" for each in words) + "/{id}"
            why += "; the address without the slug shows the same page"
        pattern = slugless
    if numbered is not None:
        why += "; the number is the outlet's own id"
    drafts = [RouteDraft(Route("article", pattern, canonical), why, tuple(group.seen))]
    if numbered is not None and shape.path[numbered].kind == "slug-number":
        bare = "".join(f"/{_piece(group, place, evidence, has_id=False)}" for place in range(len(shape.path)))
        drafts.append(RouteDraft(Route("article", bare), "the same without a number at its end, should there be some"))
    return drafts


def place_after(shape: Shape, numbered: int) -> bool:
    """Whether only slugs follow the number."""
    return numbered < len(shape.path) - 1 and all(part.kind == "slug" for part in shape.path[numbered + 1 :])


def _prefix_key(shape: Shape, numbered: int) -> str:
    return "/".join(part.key for part in shape.path[: numbered + 1])


def slugless(seen: SeenAddress) -> tuple[str, str] | None:
    """(key of its shape, shorter address that may show the same): up to the number that slugs follow; without a query, where the
    path names the article.
    """
    shape = seen.shape
    if shape.query and without_query(shape):
        return without_query(shape), f"{seen.address.scheme}://{seen.address.host}{seen.address.path}"
    numbers = [n for n, part in enumerate(shape.path) if part.kind == "number"]
    if not numbers or shape.query or not place_after(shape, numbers[-1]):
        return None
    address = seen.address
    path = "".join("/" + quote(segment) for segment in address.segments[: numbers[-1] + 1])
    return _prefix_key(shape, numbers[-1]), f"{address.scheme}://{address.host}{path}"


def _piece(group: AddressGroup, place: int, evidence: Evidence, *, has_id: bool) -> str:
    """The pattern of one segment."""
    part = group.shapes[0].path[place]
    ending = re.escape(part.ending)
    if part.kind in {"number", "number-slug"} and place == _day_number(group):
        return _DAY + ("[-_][^/]+" if part.kind == "number-slug" else "") + ending
    if part.kind != "word":
        return (_WITH_ID if has_id else _PATTERNS)[part.kind] + ending
    words = group.words(place)
    around = _words_at(group, place, evidence)
    if len(set(words) | around) >= FEW and not set(words) & LANGUAGES:
        return ANY
    listed = sorted(words)
    return (re.escape(listed[0]) if len(listed) == 1 else f"(?:{'|'.join(map(re.escape, listed))})") + ending


def _words_at(group: AddressGroup, place: int, evidence: Evidence) -> set[str]:
    """Words that stand at a place in addresses that look like these, and of which nobody knows that they are no articles."""
    keys = {tuple(loose(part) for part in shape.path) for shape in group.shapes[:1]}
    return {
        seen.shape.path[place].text
        for seen in evidence.all
        if not seen.shape.query
        and tuple(loose(part) for part in seen.shape.path) in keys
        and seen.is_article is not False
        and not evidence.is_navigation(seen)
    }


def _native_id(group: AddressGroup) -> int | None:
    """The place of the number that is another one in each address; places of the query come after those of the path."""
    shape = group.shapes[0]
    parts = [*enumerate(shape.path), *enumerate(shape.query, len(shape.path))]
    best: tuple[float, int] | None = None
    for place, part in parts:
        if part.kind not in NUMBERED:
            continue
        values = [_number(_part_at(each, place)) for each in group.shapes]
        if all(map(_DAY_NUMBER.fullmatch, values)):
            continue  # a day, on which another article may appear
        distinct = len(set(values)) / len(values)
        if distinct > 0.9 and (best is None or distinct > best[0]):
            best = distinct, place
    if best is None:
        return None
    place = best[1]
    return place if not _clashes(group, place) else None


def _day_number(group: AddressGroup) -> int | None:
    """The first place of the path where a day stands as `20261028` in each address; None where a date is written another way."""
    shape = group.shapes[0]
    if any(part.kind in {"year", "date-slug"} for part in shape.path):
        return None
    places = (n for n, part in enumerate(shape.path) if part.kind in {"number", "number-slug"})
    return next((n for n in places if all(_DAY_NUMBER.fullmatch(_number(each.path[n])) for each in group.shapes)), None)


def _clashes(group: AddressGroup, place: int) -> bool:
    """Whether one number stands for two articles: under two words, each with numbers of its own."""
    owners: dict[str, set[tuple[str, ...]]] = {}
    for shape in group.shapes:
        words = tuple(part.text for part in shape.path[:place] if part.kind == "word")
        owners.setdefault(_number(_part_at(shape, place)), set()).add(words)
    return any(len(words) > 1 for words in owners.values())


def _part_at(shape: Shape, place: int) -> AddressPart:
    return (*shape.path, *shape.query)[place]


def _number(part: AddressPart) -> str:
    found: list[str] = re.findall(r"[0-9]+", part.text)
    if part.kind == "guid" or not found:
        return part.text.lower()
    return found[-1 if part.kind == "slug-number" else 0]


def _example(group: AddressGroup) -> str:
    longest = max(group.seen, key=lambda seen: (seen.words, -len(seen.url)))
    return longest.url[:120]
