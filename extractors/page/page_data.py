"""The story in the data of a page that a script draws (`<script type="application/json">`: Next.js, Nuxt and others)."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from extractors.text import matching

_MOST_CHARACTERS = 4_000_000
_MOST_VALUES = 50_000
_STORY_WORDS = 40
_LONGEST_TITLE = 300  # characters
_TEXTS = frozenset({"rendered", "text", "content", "html", "value", "body", "paragraph", "children", "data", "model", "blocks"})
"""Names under which systems keep the pieces of a story, within its body."""
_STORIES = frozenset({"title", "headline", "slug", "url", "link", "href"})
"""Names that make a piece a link to another story."""


def data_scripts(tree: LexborHTMLParser) -> tuple[str, ...]:
    """The texts of a page's data, linked data left out."""
    scripts = tree.css("script[type='application/json' i], script#__NEXT_DATA__, script#__NUXT_DATA__")
    return tuple(node.text() for node in scripts)


def story_in_data(scripts: Iterable[str], titles: list[str]) -> str:
    """The longest text, or list of texts joined by line ends, that stands beside a title of the page; "" if none does."""
    longest, titles = "", [matching(html.unescape(each)) for each in titles]
    for script in scripts:
        if len(script) > _MOST_CHARACTERS:
            continue
        try:
            data = json.loads(script)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(data):
            values = list(node.values()) if isinstance(node, dict) else node
            if any(_is_title(value, titles) for value in values):
                longest = max([longest, *map(_text_of, values)], key=len)
    return longest if len(longest.split()) >= _STORY_WORDS else ""


def _nodes(data: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """Every object and list, outer ones first."""
    waiting, seen = [data], 0
    while waiting and seen < _MOST_VALUES:
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            yield value
            inner = list(value.values()) if isinstance(value, dict) else value
            seen += len(inner)
            waiting += inner


def _is_title(value: Any, titles: list[str]) -> bool:
    """Whether it is a headline that a title of the page says, alone or with the site's name after it."""
    text = value.get("rendered") if isinstance(value, dict) else value
    if not isinstance(text, str) or len(text) > _LONGEST_TITLE or text.count(" ") < 2:
        return False
    headline = matching(html.unescape(text))
    return headline.count(" ") >= 2 and any(f"{title} ".startswith(f"{headline} ") for title in titles)


def _text_of(value: Any, depth: int = 0) -> str:
    """A value as text: itself, or what its pieces hold, a line each; "" for what tells of another story."""
    if isinstance(value, str):
        return value
    if depth > 6:
        return ""
    if isinstance(value, list):
        return "\n".join(text for each in value if (text := _text_of(each, depth + 1)))
    if isinstance(value, dict) and not (depth and _STORIES & value.keys()):
        return "\n".join(text for name in value if name in _TEXTS and (text := _text_of(value[name], depth + 1)))
    return ""
