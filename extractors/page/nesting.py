"""Markup without elements nested too deep to be meant: browsers too flatten what lies below some hundred levels.

What looks at the ancestors of every line takes time in proportion to their number, and Lexbor itself, which looks for open
elements at every tag, takes 20 s for 60,000 open <div>.
"""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser

LEVELS = 100  # no page of the 120 real ones in our gold has more than 50; libxml2 loses what lies below the 256th
FEW_TAGS = 1_000  # so few cannot nest so deep that it costs anything
MANY_TAGS = 8_000  # with fewer no tree is so deep that parsing it takes half a second
# Asked so, Lexbor looks down from <body> once, and not up from every element.
_DEEP = f"body:has({' > '.join(['', *('*' for _ in range(LEVELS))])})"
_VALUE = r"\"[^\"]{0,2000}\"|'[^']{0,2000}'"
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>[a-zA-Z][^\s/<>\"']*+)(?:{_VALUE}|[^'\"<>]++){{0,64}}+>|<!--")
# They stand for themselves, or the next of their kind ends them.
_NOT_NESTED = frozenset(
    [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "!doctype",
        "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "html", "head", "body"
    ]
)  # fmt: skip
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})


def parsed(source: str, octets: str | bytes) -> tuple[str, LexborHTMLParser]:
    """The document and its tree, neither deeper than `LEVELS`. octets: what to parse for the source as it is."""
    tags = source.count("<")
    if tags > MANY_TAGS and (flat := flattened(source)) is not source:
        return flat, LexborHTMLParser(flat)
    tree = LexborHTMLParser(octets)
    if FEW_TAGS < tags <= MANY_TAGS and tree.css_first(_DEEP) is not None:
        flat = flattened(source)
        return flat, LexborHTMLParser(flat)
    return source, tree


def flattened(markup: str, levels: int = LEVELS) -> str:
    """The markup without the tags of elements below so many levels; their text stays. The same string where there are none."""
    parts: list[str] = []
    done = 0
    for start, end in _too_deep(markup, levels):
        parts.append(markup[done:start])
        done = end
    return "".join([*parts, markup[done:]]) if parts else markup


def _too_deep(markup: str, levels: int) -> list[tuple[int, int]]:
    """Where the tags below so many levels stand. Levels are counted by tags, so that they are those of no parser exactly."""
    found: list[tuple[int, int]] = []
    opened: list[tuple[str, bool]] = []  # name, and whether the tag stays
    names: Counter[str] = Counter()
    place = 0
    while tag := _TAG.search(markup, place):
        place = tag.end()
        name = (tag["name"] or "").lower()
        if not name:
            place = _after(markup, "-->", place)
        elif name in _NOT_NESTED:
            continue
        elif tag["end"]:
            stays = True
            open_inside = names[name] > 0
            while open_inside:  # what was opened inside it ends too
                inner, stays = opened.pop()
                names[inner] -= 1
                open_inside = inner != name
            if not stays:
                found.append(tag.span())
        elif name in _RAW:
            place = _after(markup, f"</{name}", place)
        else:
            stays = len(opened) < levels
            opened.append((name, stays))
            names[name] += 1
            if not stays:
                found.append(tag.span())
    return found


def _after(markup: str, end: str, place: int) -> int:
    """Behind the end of what is no markup; the end of the document where it is left open."""
    found = markup.find(end, place)
    return found + len(end) if found >= 0 else len(markup)
