"""The shape of an address: which of its parts are words of the site, and which stand for a number, a date or a slug."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl

from extractors.addresses import Address

PartKind = Literal["word", "slug", "number", "number-slug", "slug-number", "guid", "year", "month", "day", "date-slug"]

EXTENSION: Final = re.compile(r"\.(?:html?|php[0-9]?|aspx?|shtml|jsp|cfm)$", re.IGNORECASE)
LANGUAGES: Final = frozenset(["ar", "en", "fr", "tr", "ku", "de", "es", "fa", "ru", "he", "it", "nl", "sv", "ur"])
_GUID: Final = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}-[01]?[0-9]-[0-3]?[0-9](?:-.*)?", re.DOTALL)
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_CODE: Final = re.compile(r"(?=.{6})(?=.*[0-9][A-Za-z])[A-Za-z0-9_-]+")
"""Letters behind digits: no word, but a code that names one page (`c4xk8z1m2o`)."""
_LONG: Final = 24
"""Characters; a name of a section is shorter."""


@dataclass(frozen=True, slots=True)
class AddressPart:
    """A segment of a path, or a parameter of a query (then `name` is set). text: what stands there; ending: such as `.html`."""

    kind: PartKind
    text: str
    ending: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        """What it has in common with other addresses of its shape."""
        return f"{self.name}={self.text if self.kind == 'word' else '{' + self.kind + '}'}{self.ending}"


@dataclass(frozen=True, slots=True)
class Shape:
    """path: its segments; query: its parameters, by name."""

    path: tuple[AddressPart, ...]
    query: tuple[AddressPart, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for addresses of one shape."""
        return (*(part.key for part in self.path), "?", *(part.key for part in self.query))

    @property
    def has_number(self) -> bool:
        return any(part.kind in {"number", "number-slug", "slug-number", "guid"} for part in (*self.path, *self.query))


def shape_of(address: Address, *, article: bool = False) -> Shape:
    """The shape of an address. article: it is known to be one, so that its last segment is a slug however short it is."""
    segments = list(address.segments)
    kinds = _dated(segments)
    parts = [_part(segment, kinds.get(n), last=n == len(segments) - 1) for n, segment in enumerate(segments)]
    query = tuple(_parameter(name, value) for name, value in parse_qsl(address.query, keep_blank_values=True))
    shape = Shape(tuple(parts), query)
    if article and parts and parts[-1].kind == "word" and not shape.has_number and not shape.query:
        parts[-1] = AddressPart("slug", parts[-1].text, parts[-1].ending)
        shape = Shape(tuple(parts))
    return shape


def _dated(segments: list[str]) -> dict[int, PartKind]:
    """Where year, month and day stand one after another."""
    for n in range(len(segments) - 1):
        if _YEAR.fullmatch(segments[n]) and _is_between(segments[n + 1], 12):
            found: dict[int, PartKind] = {n: "year", n + 1: "month"}
            if n + 2 < len(segments) and _is_between(segments[n + 2], 31) and n + 3 < len(segments) + 1:
                found[n + 2] = "day"
            return found
    return {}


def _is_between(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= most


def _part(segment: str, kind: PartKind | None, *, last: bool) -> AddressPart:
    found = EXTENSION.search(segment) if last else None
    ending = found[0] if found else ""
    text = segment.removesuffix(ending)
    return AddressPart(kind or _kind(text), text, ending)


def _kind(text: str) -> PartKind:
    if text.isascii() and text.isdecimal():
        return "number"
    if _GUID.fullmatch(text):
        return "guid"
    if _DATE.fullmatch(text):
        return "date-slug"
    if re.fullmatch(r"[0-9]+[-_:].+", text, re.DOTALL):
        return "number-slug"
    if re.fullmatch(r".+[-_][0-9]{3,}", text, re.DOTALL):
        return "slug-number"
    return "slug" if len(re.findall(r"[-_\s]", text)) >= 2 or len(text) > _LONG or _CODE.fullmatch(text) else "word"


def _parameter(name: str, value: str) -> AddressPart:
    kind = _kind(value)
    return AddressPart(
        kind if kind in {"number", "number-slug", "guid"} else "word" if len(value) <= _LONG else "slug", value, name=name
    )
