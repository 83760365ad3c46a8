"""Lines of one kind that a rule selects one by one: each paragraph of a fold hidden for itself, each text of a photo story a
`figcaption`. One is small and seems a label; whether they tell the story is measured for all of them together
(`large_elements.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from lxml.html import HtmlElement
from selectolax.lexbor import LexborNode

from extractors.text import display, is_prose

GROUP = "data-warraq-group"
"""The attribute that gives the elements of a group their common number."""
KEPT = "data-warraq-kept"
"""The attribute of an element of a group that turned out to tell the story."""
_FEW = 2  # paragraphs; one alone is a line like any other
_QUOTED = frozenset({"blockquote", "li", "form", "nav", "button"})
_INLINE = frozenset(
    [
        "-text", "a", "abbr", "b", "bdi", "bdo", "br", "cite", "em", "font", "i", "mark", "q", "small", "span", "strong", "sub",
        "sup", "time", "u", "wbr"
    ]
)  # fmt: skip
# What such a class says is no guess: lines so named are never the story, captions only where nothing else is.
_NEVER_STORY = re.compile(
    r"comment|newsletter|sign-?up|sign-in|consent|donat|screen-reader|sr-only|visually-?hidden", re.IGNORECASE
)
_CAPTION = re.compile(r"caption|correction", re.IGNORECASE)


def groups_of_lines(selected: Sequence[LexborNode]) -> dict[int, int]:
    """Of the elements that rules select those of one tag and class that hold nothing but lines, two paragraphs or more among all:
    the number of the group by the element's identity.
    """
    alike: dict[tuple[str, str], list[LexborNode]] = defaultdict(list)
    for node in selected:
        name = node.attributes.get("class") or ""
        if node.tag not in _QUOTED and not _NEVER_STORY.search(name) and _is_plain(node):
            alike[str(node.tag), name].append(node)
    groups: dict[int, int] = {}
    for number, nodes in enumerate(alike.values()):
        if len(nodes) >= _FEW and sum(is_prose(display(node.text())) for node in nodes) >= _FEW:
            groups |= {node.mem_id: number for node in nodes}
    return groups


def _is_plain(node: LexborNode) -> bool:
    """Whether an element holds text and inline tags, or paragraphs of such and no more; pictures beside them do not count."""
    children = _children(node)
    paragraphs = [child for child in children if child.tag in {"p", "div"}]
    if paragraphs and len(paragraphs) == len(children):
        children = [child for paragraph in paragraphs for child in _children(paragraph)]
    return bool(children) and all(child.tag in _INLINE for child in children)


def _children(node: LexborNode) -> list[LexborNode]:
    return [
        child
        for child in node.iter(include_text=True)
        if child.tag not in {"img", "picture"} and (child.tag != "-text" or (child.text() or "").strip())
    ]


def may_continue(elements: Sequence[HtmlElement]) -> bool:
    """Whether elements of a group may go on with a story: two of them stand next to each other, or one holds two paragraphs.
    Captions stand alone under their pictures.
    """
    if elements[0].tag == "figcaption" or _CAPTION.search(elements[0].get("class") or ""):
        return False
    holds_two = any(sum(1 for _ in element.iterchildren("p", "div")) > 1 for element in elements)
    return holds_two or any(one.getnext() is other for one, other in pairwise(elements))
