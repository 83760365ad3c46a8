"""What a page says about itself outside its text: meta tags, <title>, links, linked data. Read in one pass over the head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.page.linked_data import LinkedData, read_linked_data
from extractors.page.same_page import PageIdentity
from extractors.text import display

_METADATA_ELEMENTS = "meta, title, link[rel], script[type*='ld+json'], h1"


@dataclass(frozen=True, slots=True)
class Metadata:
    """metas: content of meta tags by lower-case property, name or itemprop, in order of appearance."""

    metas: dict[str, list[str]] = field(default_factory=dict)
    title: str | None = None
    canonical: str | None = None
    language: str | None = None
    body_class: frozenset[str] = frozenset()
    linked: LinkedData = field(default_factory=LinkedData)

    def first(self, *names: str) -> str | None:
        """The first non-empty content among these meta names, in the order asked."""
        return next((value for name in names for value in self.metas.get(name, ()) if value), None)

    def every(self, *names: str) -> tuple[str, ...]:
        """All contents of these meta names, without repeats."""
        if self.metas.keys().isdisjoint(names):
            return ()
        return tuple(dict.fromkeys(value for name in names for value in self.metas.get(name, ()) if value))


def read_metadata(tree: LexborHTMLParser, url: str | None = None) -> Metadata:
    """Collect a page's metadata. Values are in display form; nothing is believed yet.

    url: the page's own address, by which its linked data are told from those of other articles.
    """
    title: str | None = None
    canonical: str | None = None
    scripts: list[str] = []
    headings: list[str] = []
    items: list[tuple[str, str, str]] = []
    # Not only inside <head>: one stray tag there, and the parser moves the rest of it into the body.
    for node in tree.css(_METADATA_ELEMENTS):
        attributes = node.attributes
        if node.tag == "meta":
            if stated := _meta(node):
                items.append(stated)
        elif node.tag == "h1":
            headings.append(node.text())
        elif node.tag == "script":
            scripts.append(node.text())
        elif node.tag == "title":
            if title is None and not _inside_svg(node.parent):
                title = _text(node.text()) or None
        elif canonical is None and "canonical" in (attributes.get("rel") or "").lower().split():
            canonical = attributes.get("href")
    root, body = tree.root, tree.body
    language = (root.attributes.get("lang") if root else None) or None
    classes = (body.attributes.get("class") if body else None) or ""
    metas = _contents(each[:2] for each in items if not each[2])
    page = PageIdentity(
        tuple(address for address in (url, canonical, *metas.get("og:url", ())) if address),
        tuple(text for text in (title, *metas.get("og:title", ()), *metas.get("twitter:title", ()), *headings) if text),
        tuple(text for name in ("description", "og:description") for text in metas.get(name, ())),
    )
    own = (each[:2] for each in items if not each[2] or page.is_titled(each[2]))
    return Metadata(_contents(own), title, canonical, language, frozenset(classes.split()), read_linked_data(scripts, page))


def _text(raw: str) -> str:
    """Display form without the direction marks that some sites put round their metadata."""
    return display(raw).strip("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff ")


def _meta(node: LexborNode) -> tuple[str, str, str] | None:
    """Lower-case name, content, and for microdata the headline of the article described; None for a tag that states nothing."""
    attributes = node.attributes
    named = attributes.get("property") or attributes.get("name")
    name, content = named or attributes.get("itemprop"), attributes.get("content")
    if not name or not content or not content.strip():
        return None
    return name.strip().lower(), _text(content), "" if named else _headline_of_item(node)


def _contents(stated: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    contents: dict[str, list[str]] = {}
    for name, content in stated:
        contents.setdefault(name, []).append(content)
    return contents


def _headline_of_item(node: LexborNode) -> str:
    """The headline of the microdata article that a meta tag stands in; empty outside of one and where it states none.

    Cards of other stories carry their own dates and authors.
    """
    item = node.parent
    while item is not None and item.tag not in {"body", "html"}:
        attributes = item.attributes
        if "itemscope" in attributes and any(kind in (attributes.get("itemtype") or "") for kind in ("Article", "BlogPosting")):
            headline = item.css_first("[itemprop~=headline], [itemprop~=name]:is(h1, h2, h3, h4, a)")
            return display(headline.attributes.get("content") or headline.text()) if headline is not None else ""
        item = item.parent
    return ""


def _inside_svg(parent: object) -> bool:
    return getattr(parent, "tag", None) in {"svg", "symbol", "g"}
