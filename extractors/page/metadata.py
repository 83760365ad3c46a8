"""What a page says about itself outside its text: meta tags, <title>, links, linked data. Read in one pass over the head."""

from __future__ import annotations

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from extractors.page.linked_data import LinkedData, read_linked_data
from extractors.page.same_page import PageIdentity
from extractors.text import display

_TELLING = "meta, title, link[rel], script[type*='ld+json'], h1"


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
        return tuple(dict.fromkeys(value for name in names for value in self.metas.get(name, ()) if value))


def read_metadata(tree: LexborHTMLParser, url: str | None = None) -> Metadata:
    """Collect a page's metadata. Values are in display form; nothing is believed yet.

    url: the page's own address, by which its linked data are told from those of other articles.
    """
    metas: dict[str, list[str]] = {}
    title: str | None = None
    canonical: str | None = None
    scripts: list[str] = []
    headings: list[str] = []
    # Not only inside <head>: one stray tag there, and the parser moves the rest of it into the body.
    for node in tree.css(_TELLING):
        attributes = node.attributes
        if node.tag == "meta":
            name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
            content = attributes.get("content")
            if name and content and content.strip():
                metas.setdefault(name.strip().lower(), []).append(_text(content))
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
    page = PageIdentity(
        tuple(address for address in (url, canonical, *metas.get("og:url", ())) if address),
        tuple(text for text in (title, *metas.get("og:title", ()), *metas.get("twitter:title", ()), *headings) if text),
        tuple(text for name in ("description", "og:description") for text in metas.get(name, ())),
    )
    return Metadata(metas, title, canonical, language, frozenset(classes.split()), read_linked_data(scripts, page))


def _text(raw: str) -> str:
    """Display form without the direction marks that some sites put round their metadata."""
    return display(raw).strip("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff ")


def _inside_svg(parent: object) -> bool:
    return getattr(parent, "tag", None) in {"svg", "symbol", "g"}
