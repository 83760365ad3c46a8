"""JSON-LD (schema.org) as publishers print it: several scripts, lists, @graph, one of them broken, nodes of other articles.

Only nodes about the page itself are believed, see `same_page.py`. A script that is no JSON is left out, the others count.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from extractors.page.same_page import PageIdentity

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
Node = dict[str, Any]

_PUBLISHERS = ("publisher", "sourceOrganization")
_WRAPPERS = ("@graph", "mainEntity", "mainEntityOfPage")
_DEPTH = 6
_DIGITS = 40
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # half a surrogate pair («\\ud83d» cut off) cannot be written as UTF-8
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")
_COMMENT_OPENS = re.compile(r"(?://\s*)?(?:<!--|<!\[CDATA\[)")
_COMMENT_CLOSES = re.compile(r"(?://\s*)?(?:-->|\]\]>)\s*;?\Z")


@dataclass(frozen=True, slots=True)
class LinkedData:
    """What a page's JSON-LD says about the page itself.

    article: its article node, empty when there is none. types: of that node and of all nodes that are no articles and no lists
    elsewhere.
    organisations: names of publishers and sites. other_headline: of the article node that is about another page, when only
    such nodes are there. nodes: all nodes by their `@id`, which other nodes refer to.
    """

    article: Node = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    organisations: tuple[str, ...] = ()
    other_headline: str | None = None
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A property of the article as text, entities resolved; of a list the first. None when absent or of another shape."""
        return next(iter(_texts(self.article.get(name))), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """A property of the article as a list of texts; nodes give their names."""
        return tuple(dict.fromkeys(text for value in _listed(self.article.get(name)) for text in _texts(self.resolve(value))[:1]))

    def resolve(self, value: Any) -> Any:
        """The node that `{"@id": …}`, or the `@id` as text, refers to; any other value as it is."""
        key = value.get("@id") if isinstance(value, dict) and not _texts(value) else value
        return self.nodes.get(key, value) if isinstance(key, str) else value


def read_linked_data(scripts: Iterable[str], page: PageIdentity) -> LinkedData:
    """Read all ld+json scripts of a page. page: how the page names itself."""
    found = [pair for script in scripts for pair in _nodes(_parsed(script))]
    articles = [(node, within) for node, within in found if not ARTICLE_TYPES.isdisjoint(types_of(node))]
    own = _own_articles(articles, page)
    foreign = {id(node) for node, _ in articles} - {id(node) for node in own}
    foreign |= {id(node) for node, _ in found if not LISTING_TYPES.isdisjoint(types_of(node)) and _is_elsewhere(node, page)}
    types = frozenset(kind for node, _ in found if id(node) not in foreign for kind in types_of(node))
    other = next((text for node, _ in articles for text in _texts(node.get("headline"))), None) if not own else None
    by_id = {key: node for node, _ in sorted(found, key=lambda pair: len(pair[0])) if isinstance(key := node.get("@id"), str)}
    return LinkedData(own[0] if own else {}, types, _organisations(found, own, by_id), other, by_id)


def persons(data: LinkedData) -> tuple[str, ...]:
    """Authors of the article that are not declared to be organisations."""
    people: list[str] = []
    for value in _listed(data.article.get("author")):
        author = data.resolve(value)
        if isinstance(author, dict) and is_organisation(author):
            continue
        people += [name for name in _texts(author)[:1] if not name.startswith(("http://", "https://", "#"))]
    return tuple(dict.fromkeys(people))


def types_of(node: Node) -> list[str]:
    """The schema.org types of a node, without the vocabulary's address."""
    return [value.rpartition("/")[2] for value in _listed(node.get("@type")) if isinstance(value, str)]


def is_organisation(node: Node, *, or_site: bool = False) -> bool:
    """Whether a node is an Organization or a kind of it such as NewsMediaOrganization; or_site: or a WebSite."""
    return any(kind.endswith("Organization") or (or_site and kind == "WebSite") for kind in types_of(node))


def _own_articles(articles: list[tuple[Node, tuple[str, ...]]], page: PageIdentity) -> list[Node]:
    """The article nodes that are about this page: those that agree with it most, then those that say most."""
    ranked: list[tuple[int, int, int, Node]] = []
    for number, (node, within) in enumerate(articles):
        headlines = [*_texts(node.get("headline")), *_texts(node.get("name"))]
        agreement = page.agreement([*_addresses(node), *within], headlines, _texts(node.get("description")))
        completeness = sum(name in node for name in ("datePublished", "headline", "author"))
        if agreement is not None:
            ranked.append((agreement, completeness, -number, node))
    ranked.sort(key=lambda each: each[:3], reverse=True)
    least = min(ranked[0][0], 2) if ranked else 0
    return [node for agreement, _, _, node in ranked if agreement >= least]


def _is_elsewhere(node: Node, page: PageIdentity) -> bool:
    """Whether a list is another page: the section's or the author's, which an article may describe too."""
    return page.agreement(_addresses(node), _texts(node.get("name")), ()) is None


def _addresses(node: Node) -> list[str]:
    """The addresses at which a node says that it stands."""
    stated = [value for name in ("url", "mainEntityOfPage") for value in _listed(node.get(name))]
    identifiers = [node.get("@id"), *(value.get("@id") for value in stated if isinstance(value, dict))]
    addresses = [value.get("url") if isinstance(value, dict) else value for value in stated]
    # An identifier is an address only when it is written as one: «_:b0», «article-7» name a node.
    addresses += [value for value in identifiers if isinstance(value, str) and value.startswith(("http", "/"))]
    return [value for value in addresses if isinstance(value, str) and value.strip()]


def _organisations(found: list[tuple[Node, tuple[str, ...]]], own: list[Node], by_id: Mapping[str, Node]) -> tuple[str, ...]:
    """Names of publishers, organisations and sites."""
    publishers = [value for node in own for name in _PUBLISHERS for value in _listed(node.get(name))]
    data = LinkedData(nodes=by_id)
    nodes = [data.resolve(each) for each in publishers] + [node for node, _ in found if is_organisation(node, or_site=True)]
    values = [node.get(name) for node in nodes if isinstance(node, dict) for name in ("name", "alternateName")]
    return tuple(dict.fromkeys(text for value in values for text in _texts(value)))


def _parsed(script: str) -> Any:
    """The JSON of a script without the comment marks round it; None when it is no JSON, even without commas that close lists."""
    bare = script.strip()
    opening, closing = _COMMENT_OPENS.match(bare), _COMMENT_CLOSES.search(bare, max(0, len(bare) - 20))
    bare = bare[opening.end() if opening else 0 : closing.start() if closing else len(bare)]
    for attempt in (bare, _TRAILING_COMMA.sub("", bare)):
        try:
            return _JSON.decode(attempt)
        except (ValueError, RecursionError):
            continue
    return None


def _whole_number(digits: str) -> int | None:
    """A number of JSON; None for one longer than any that says something, which Python refuses to read."""
    return int(digits) if len(digits) <= _DIGITS else None


_JSON = json.JSONDecoder(strict=False, parse_int=_whole_number)


def _nodes(data: Any, within: tuple[str, ...] = (), depth: int = 0) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Every node that is not a property of another, with the addresses of the nodes that wrap it (WebPage → mainEntity)."""
    if depth > _DEPTH:
        return
    if isinstance(data, list):
        for each in data:
            yield from _nodes(each, within, depth + 1)
    elif isinstance(data, dict):
        yield data, within
        for name in _WRAPPERS:
            about = tuple(_addresses(data)) if name == "mainEntity" and isinstance(data.get(name), dict) else ()
            yield from _nodes(data.get(name), about or within, depth + 1)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any) -> list[str]:
    """The texts of a value: itself, its name, its @value, given and family name of a person; of a list those of its items."""
    if isinstance(value, list):
        return [text for each in value if not isinstance(each, list) for text in _texts(each)]
    if isinstance(value, dict):
        parts = [value.get("givenName"), value.get("familyName")]
        named = value.get("name") or value.get("@value") or " ".join(part for part in parts if isinstance(part, str))
        return [] if isinstance(named, dict) else _texts(named)
    text = _NO_TEXT.sub("", html.unescape(value)).strip() if isinstance(value, str) else ""
    return [text] if text else []
