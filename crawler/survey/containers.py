"""The element that holds the story, named by a selector on which the pages that were looked at agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

AGREEMENT: Final = 0.6
"""A selector is stated if it holds the story, and little else, on so many of the pages."""
MOST_SURPLUS: Final = 1.6
"""Text of the element, as a multiple of the story's."""
LEVELS: Final = 4
_NAME: Final = re.compile(r"-?[_a-zA-Z][_a-zA-Z0-9-]*")
_CHANGING: Final = re.compile(
    r"[0-9]{2,}|^(?:active|open|show|col-|row$|clearfix|container|hentry|type-|status-|category-|tag-|format-|post$)"
)
_ATTRIBUTES: Final = ("itemprop", "role", "width", "valign", "align", "bgcolor", "size", "color")


@dataclass(frozen=True, slots=True)
class Sample:
    """A page that was read as an article: its tree, and what of it was taken for the story."""

    tree: LexborHTMLParser
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A selector, and on how many of how many pages it holds what it should."""

    selector: str
    pages: int
    of: int


def container_of(samples: Sequence[Sample]) -> Agreed | None:
    """The selector of the story's container that most samples agree on; None where there is none."""
    squeezed = [[_squeezed(text) for text in sample.paragraphs if len(text) > 20] for sample in samples]
    usable = [(sample, texts) for sample, texts in zip(samples, squeezed, strict=True) if texts]
    offered: Counter[str] = Counter()
    for sample, texts in usable:
        offered.update(set(_selectors(sample.tree, texts)))
    best: tuple[float, float, int, str] | None = None
    for selector, times in offered.items():
        if times < AGREEMENT * len(usable) or times < min(2, len(usable)):
            continue
        surplus = [found for sample, texts in usable if (found := _surplus(sample.tree, selector, texts)) is not None]
        if len(surplus) < AGREEMENT * len(usable):
            continue
        worth = (len(surplus) / len(usable), -round(sum(surplus) / len(surplus), 1), _plainness(selector), selector)
        best = max(best, worth) if best is not None else worth
    if best is None:
        return None
    return Agreed(best[3], round(best[0] * len(usable)), len(usable))


def element_with(samples: Sequence[tuple[LexborHTMLParser, str]]) -> Agreed | None:
    """The selector of the smallest element with a given text, such as a date, on most pages: its first hit has it."""
    offered: Counter[str] = Counter()
    for tree, text in samples:
        wanted = _squeezed(text)
        node = _deepest(tree.body, [wanted])
        if node is not None and node.tag != "body" and len(_squeezed(node.text())) < 4 * len(wanted) + 40:
            offered.update(set(_names_of(node)))
    hits = {
        selector: sum(
            (first := tree.css_first(selector)) is not None and _squeezed(text) in _squeezed(first.text())
            for tree, text in samples
        )
        for selector in offered
    }
    best = max(hits, key=lambda selector: (hits[selector], _plainness(selector), selector), default=None)
    if best is None or not samples or hits[best] < max(2, AGREEMENT * len(samples)):
        return None
    return Agreed(best, hits[best], len(samples))


def _selectors(tree: LexborHTMLParser, texts: list[str]) -> Iterator[str]:
    """Of the deepest element that holds the story, and of those round it that hold little more."""
    node = _deepest(tree.body, texts)
    size = sum(map(len, texts))
    for _ in range(LEVELS):
        if node is None or node.tag in {"body", "html"} or len(_squeezed(node.text())) > MOST_SURPLUS * size + 200:
            return
        yield from _names_of(node)
        node = node.parent


def _deepest(node: LexborNode | None, texts: list[str]) -> LexborNode | None:
    """The deepest element that holds nine tenths of these texts."""
    size = sum(map(len, texts))
    while node is not None:
        inner = next((child for child in node.iter() if _held(child, texts) >= 0.9 * size), None)
        if inner is None or (inner.tag in {"p", "span", "a", "b", "strong", "font"} and len(texts) > 1):
            return node
        node = inner
    return None


def _held(node: LexborNode, texts: list[str]) -> int:
    inside = _squeezed(node.text())
    return sum(len(text) for text in texts if text in inside)


def _names_of(node: LexborNode) -> Iterator[str]:
    """Selectors that find an element, by what a redesign is least likely to change first."""
    attributes = node.attributes
    tag = node.tag or "*"
    identifier = attributes.get("id") or ""
    if _is_lasting(identifier):
        yield f"#{identifier}"
    classes = [name for name in (attributes.get("class") or "").split() if _is_lasting(name)]
    yield from (f"{tag}.{name}" for name in classes)
    if len(classes) > 1:
        yield f"{tag}.{'.'.join(classes[:3])}"
    own = [
        f'{tag}[{name}="{value}"]'
        for name in _ATTRIBUTES
        if (value := attributes.get(name)) and re.fullmatch(r"[\w%#-]{1,30}", value)
    ]
    yield from own
    if len(own) > 1:
        yield tag + "".join(each.removeprefix(tag) for each in own)
    parent = node.parent
    if parent is not None and parent.tag not in {"body", "html", None}:
        above = [name for name in (parent.attributes.get("class") or "").split() if _is_lasting(name)]
        for name in above:
            yield f"{parent.tag}.{name} > {tag}"
            yield from (f"{parent.tag}.{name} > {each}" for each in own)
        if _is_lasting(parent.attributes.get("id") or ""):
            yield f"#{parent.attributes['id']} > {tag}"


def _is_lasting(name: str) -> bool:
    """Whether a class or id may stand on other pages too."""
    return bool(_NAME.fullmatch(name)) and len(name) < 60 and not _CHANGING.search(name)


def _surplus(tree: LexborHTMLParser, selector: str, texts: list[str]) -> float | None:
    """How much text stands in what a selector finds, as a multiple of the story; None if that is not the story."""
    nodes = [node for node in tree.css(selector) if node.text(strip=True)]
    if not nodes or len(nodes) > 1:
        return None
    size = sum(map(len, texts))
    if _held(nodes[0], texts) < 0.9 * size:
        return None
    surplus = len(_squeezed(nodes[0].text())) / size
    return surplus if surplus <= MOST_SURPLUS + 200 / size else None


def _plainness(selector: str) -> int:
    """A selector of one class or id is read more easily than one of three steps."""
    return -len(re.findall(r"[ .#\[]", selector)) * 100 - len(selector)


def _squeezed(text: str) -> str:
    return "".join(text.split())
