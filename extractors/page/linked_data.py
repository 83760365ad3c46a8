"""JSON-LD as publishers print it: several blocks, lists, @graph, one of them broken. What cannot be read says nothing."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ARTICLE_TYPES = frozenset(
    [
        "Article",
        "NewsArticle",
        "ReportageNewsArticle",
        "AnalysisNewsArticle",
        "OpinionNewsArticle",
        "BackgroundNewsArticle",
        "ReviewNewsArticle",
        "BlogPosting",
        "AdvertiserContentArticle",
        "Report",
        "LiveBlogPosting",
    ]
)
LISTING_TYPES = frozenset({"CollectionPage", "SearchResultsPage", "ProfilePage", "ItemList"})
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_WRAPPING = re.compile(r"^\s*(?://)?\s*(?:<!--|<!\[CDATA\[)|(?://)?\s*(?:-->|\]\]>)\s*;?\s*$")


@dataclass(frozen=True, slots=True)
class LinkedData:
    """The article node of a page's JSON-LD (empty when there is none) and the types of all nodes."""

    article: dict[str, Any] = field(default_factory=dict)
    types: frozenset[str] = frozenset()

    def text(self, name: str) -> str | None:
        """A property as text, entities resolved; None when absent or of another shape."""
        value = self.article.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        return html.unescape(value).strip() or None if isinstance(value, str) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A property as a list of texts; names of persons are taken out of their nodes."""
        value = self.article.get(name)
        values = value if isinstance(value, list) else [value]
        found = [html.unescape(text).strip() for each in values if (text := _named(each))]
        return tuple(dict.fromkeys(text for text in found if text))


def read_linked_data(scripts: Iterator[str]) -> LinkedData:
    """Read all ld+json scripts of a page."""
    nodes = [node for script in scripts for node in _nodes(_load(script))]
    types = frozenset(kind for node in nodes for kind in _types(node))
    articles = [node for node in nodes if ARTICLE_TYPES.intersection(_types(node))]
    best = max(articles, key=lambda node: ("datePublished" in node) + ("headline" in node) + ("author" in node), default={})
    return LinkedData(best, types)


def persons(data: LinkedData) -> tuple[str, ...]:
    """Authors that are not declared to be organisations."""
    value = data.article.get("author")
    people: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and "Organization" in _types(each):
            continue
        name = _named(each)
        if name:
            people.append(html.unescape(name).strip())
    return tuple(dict.fromkeys(people))


def _load(script: str) -> Any:
    bare = _WRAPPING.sub("", script).strip()
    for attempt in (bare, _TRAILING_COMMA.sub(r"\1", bare)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 6:
        return
    if isinstance(data, list):
        for each in data:
            yield from _nodes(each, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _nodes(data.get(name), depth + 1)


def _types(node: dict[str, Any]) -> list[str]:
    kind = node.get("@type")
    values = kind if isinstance(kind, list) else [kind]
    return [value.rpartition("/")[2] for value in values if isinstance(value, str)]


def _named(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value")
        if isinstance(value, list) and value:
            value = value[0]
    return value if isinstance(value, str) and value.strip() else None
