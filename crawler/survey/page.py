"""What one page of an unknown site says: its links, where its feeds are, and whether it reads as an article.

Runs in a reader process: pages of strangers are parsed where they can do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.links import base_of, leads_to, linking, stated_next
from extractors.article import Article, NotAnArticle, Page
from extractors.page.decoding import UndecodableError, as_markup, decode
from extractors.page.linked_data import ARTICLE_TYPES
from extractors.page.metadata import read_metadata
from extractors.reader import read

MOST_LINKS: Final = 3_000
FEED_TYPES: Final = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_LABEL: Final = 300
LISTINGS: Final = frozenset({"listing", "tag", "author", "search", "home"})
"""Reasons of pages that are surely no articles."""
STORY_WORDS: Final = 30
"""A page that says nowhere that it is an article, and has no date, needs so many words to be taken for one."""


@dataclass(frozen=True, slots=True)
class Link:
    """url: absolute, without fragment; label: its text, or that of its picture."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class PageLook:
    """One page. links: in the order of the page; next: what `rel=next` names; leads_to: where it sends its
    reader by itself; feeds: that it names (`rel=alternate`); api:
    WordPress's REST root, if it names one; wordpress: whether WordPress made it; declared: whether it calls itself an article;
    result: what the reader makes of it when it knows nothing of the site.
    """

    page: Page
    links: tuple[Link, ...]
    next: str | None
    leads_to: str | None
    feeds: tuple[str, ...]
    api: str | None
    wordpress: bool
    declared: bool
    title: str
    site_name: str
    language: str
    result: Article | NotAnArticle

    @property
    def is_article(self) -> bool:
        """Whether it reads as an article, and something besides its address speaks for that."""
        if not isinstance(self.result, Article):
            return False
        return self.declared or self.result.date_published is not None or len(self.result.body.split()) >= STORY_WORDS

    @property
    def verdict(self) -> bool | None:
        """Whether it is an article; None where the page cannot be read, which says nothing of its address."""
        if isinstance(self.result, NotAnArticle) and self.result.reason not in LISTINGS:
            return None
        return self.is_article


def look_at(page: Page) -> PageLook:
    """Reads a page as one of no outlet."""
    result = read(page)
    try:
        text = as_markup(decode(page.body, page.content_type))
    except UndecodableError:
        text = ""
    tree = LexborHTMLParser(text)
    metadata = read_metadata(tree, page.url)
    start = base_of(tree, page.url)
    root = tree.css_first("html")
    declared = bool(metadata.linked.types & ARTICLE_TYPES) or bool(metadata.first("article:published_time"))
    return PageLook(
        page=page,
        links=_links(tree, start),
        next=stated_next(tree, start),
        leads_to=leads_to(tree, start),
        feeds=tuple(
            url
            for node in tree.css("link[rel~=alternate][href]")
            if _attribute(node, "type").lower() in FEED_TYPES and (url := absolute(start, _attribute(node, "href")))
        ),
        api=next((absolute(page.url, _attribute(node, "href")) for node in tree.css('link[rel="https://api.w.org/"]')), None),
        wordpress="/wp-content/" in text or "/wp-includes/" in text,
        declared=declared,
        title=metadata.title or "",
        site_name=metadata.first("og:site_name") or "",
        language=_attribute(root, "lang").split("-")[0].lower() if root is not None else "",
        result=result,
    )


def _links(tree: LexborHTMLParser, base: str) -> tuple[Link, ...]:
    found: dict[str, str] = {}
    for node, written in islice(linking(tree), MOST_LINKS):
        url = absolute(base, written.partition("#")[0])
        if url is None:
            continue
        picture = node.css_first("img[alt]")
        label = " ".join(node.text(separator=" ").split()) or (_attribute(picture, "alt") if picture is not None else "")
        if len(label) > len(found.get(url, "")) or url not in found:
            found[url] = label[:_LABEL]
    return tuple(Link(url, label) for url, label in found.items())


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
