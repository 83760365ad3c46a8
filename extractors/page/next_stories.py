"""Pages that load the next stories under their own («infinite scroll»): each in an element like the first one's, with an h1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.page.same_page import LOOSE, STRICT, titles_agree, titles_of
from extractors.text import display

_MANY = 50  # headings; no page loads as many stories before it is asked to
_OWN_WORDS = 3  # a shorter heading («تعليقات») names no story
_STORY_WORDS = 60
_WHOLE_PAGE = frozenset({"body", "html"})


def remove_next_stories(tree: LexborHTMLParser) -> list[str]:
    """Remove them, and give their markup; an empty list where there are none.

    The page's own headline is the first h1 that its title repeats, or the first h2. An element after it is another story
    if it has a heading of this level that no title of the page says, as much text as a story has, and the tag and class of one
    that holds the page's own headline and story; for an h2, which may be a subhead, it must be an <article>.
    """
    titles: list[str] = []
    for level in ("h1", "h2"):
        headings = tree.css(level)
        titles = titles or (titles_of(tree) if len(headings) > 1 else [])
        agreements = [
            max((titles_agree(display(node.text()), each) for each in titles), default=0.0) for node in headings[:_MANY]
        ]
        at = next((n for n, agreement in enumerate(agreements) if agreement >= STRICT), None)
        if at is not None:
            others = [
                node for node, agreement in zip(headings[at + 1 :], agreements[at + 1 :], strict=False) if agreement < LOOSE
            ]
            return _remove(headings[at], [node for node in others if len(node.text().split()) >= _OWN_WORDS])
    return []


def _remove(headline: LexborNode, others: list[LexborNode]) -> list[str]:
    around = {node.mem_id for node in _around(headline)} if others else set()
    kinds = {_kind(node) for node in dropwhile(lambda node: not _has_story(node), _around(headline))} if others else set()
    if headline.tag == "h2":
        kinds &= {("article", "")}
    stories = {story.mem_id: story for other in others if (story := _story_of(other, around, kinds)) is not None}
    outermost = [story for story in stories.values() if not any(above.mem_id in stories for above in _around(story))]
    removed = [story.html or "" for story in outermost]
    for story in outermost:
        story.decompose()
    return removed


def _story_of(heading: LexborNode, around: set[int], kinds: set[tuple[str, str]]) -> LexborNode | None:
    """The smallest element round a heading that is like one round the page's own; None if that holds the page's own."""
    for node in _around(heading):
        if node.mem_id in around:
            return None
        if _kind(node) in kinds and _has_story(node):
            return node
    return None


def _around(node: LexborNode) -> Iterator[LexborNode]:
    above = node.parent
    while above is not None and above.tag not in _WHOLE_PAGE:
        yield above
        above = above.parent


def _kind(node: LexborNode) -> tuple[str, str]:
    names = (node.attributes.get("class") or "").split()
    return str(node.tag), names[0] if names and node.tag != "article" else ""


def _has_story(node: LexborNode) -> bool:
    return len(node.text().split()) >= _STORY_WORDS
