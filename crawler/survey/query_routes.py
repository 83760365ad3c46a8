"""The routes of articles whose addresses have a query: which parameter names the article, and which tells it from other pages."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from crawler.survey.address_groups import AddressGroup
from crawler.survey.evidence import Evidence
from crawler.survey.shapes import AddressPart, Shape
from extractors.outlet import Route

GUID: Final = "(?P<id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
_NUMBER: Final = "0*(?P<id>[1-9][0-9]*)(?:(?:%3A|-|_)[^&]*)?"
NUMBERED: Final = frozenset(["number", "number-slug", "slug-number", "guid"])
"""Kinds of parts that may be the outlet's own id."""


def without_query(shape: Shape) -> str:
    """Key of the shape of an address whose path alone may name the article; "" where the query does."""
    by_path = any(part.kind != "word" for part in shape.path) and not any(part.kind in NUMBERED for part in shape.query)
    return "/".join(part.key for part in shape.path) + "?" if by_path else ""


def distinguishing_parameter(group: AddressGroup, evidence: Evidence) -> AddressPart | None:
    """The parameter, the same in all of them, in which other pages differ most."""
    return max(_fixed(group), key=lambda each: pages_told_apart(each, evidence), default=None)


def _fixed(group: AddressGroup) -> list[AddressPart]:
    """The parameters that have the same value, no number, in all addresses."""
    query = group.shapes[0].query
    return [part for n, part in enumerate(query) if len(_values(group, n)) == 1 and not part.text.isdecimal()]


def _values(group: AddressGroup, n: int) -> set[str]:
    """Of the n-th parameter."""
    return {shape.query[n].text for shape in group.shapes}


def query_route(group: AddressGroup, path: str, numbered: int | None, evidence: Evidence) -> Route:
    """Of an address with a query: by a number in it or in the path, and by a value that no other pages have (`view=article`).

    path: the pattern of its path; numbered: the place of its number, those of the query come after those of the path.

    Parameters stand sorted by name in a canonical query, so that what may stand between two is known. Without a number, the
    parameter that tells the most articles apart names them, unless the path does.
    """
    shape = group.shapes[0]
    in_query = numbered is not None and numbered >= len(shape.path)
    place = numbered - len(shape.path) if numbered is not None and in_query else None
    if numbered is None and not without_query(shape):
        place = max(range(len(shape.query)), key=lambda n: len(_values(group, n)))
    fixed, apart = _fixed(group), distinguishing_parameter(group, evidence)
    wanted = [n for n, part in enumerate(shape.query) if n == place or part is apart]
    pieces, kept = [], []
    for n, part in enumerate(shape.query):
        name = re.escape(part.name)
        piece = f"(?:{name}=[^&]*&)?"
        if n == place:
            kept.append(f"{quote(part.name)}={{id}}")
            named = f"(?:%7B)?{GUID}(?:%7D)?" if part.kind == "guid" else _NUMBER
            piece = f"{name}={named if in_query else '[^&]+'}&"
        elif part in fixed:
            kept.append(f"{quote(part.name)}={quote(part.text)}")
            piece = f"{name}={re.escape(quote(part.text))}&" if part is apart else piece
        if wanted and wanted[0] <= n <= wanted[-1]:
            pieces.append(piece)
    query = "".join(pieces).removesuffix("&")
    one_path = all(
        part.kind == "number" if n == numbered else part.kind == "word" and len(group.words(n)) == 1
        for n, part in enumerate(shape.path)
    )
    plain = "".join(f"/{'{id}' if n == numbered else quote(part.text)}{part.ending}" for n, part in enumerate(shape.path)) or "/"
    canonical = "?".join(filter(None, (plain, "&".join(kept)))) if numbered is not None and one_path else None
    return Route("article", path, canonical, query or None)


def pages_told_apart(part: AddressPart | None, evidence: Evidence) -> int:
    """How many addresses that are no articles have another value there."""
    if part is None:
        return 0
    others = [seen.shape.query for seen in evidence.all if not seen.is_surely_article]
    return sum(any(other.name == part.name and other.text != part.text for other in query) for query in others)
