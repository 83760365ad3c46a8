"""Teasers: the titles and summaries of other stories among the lines of this one, told from its paragraphs by markup alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise

from lxml.html import HtmlElement

from extractors.body.labels import LabelledLine
from extractors.text import word_count

_MOSTLY_LINKED = 0.9  # share of a line's text; so much of it is a link in the title of a teaser
_HARDLY_LINKED = 0.3
_LINK_LEVELS = 4  # ancestors among which the <a> round a whole teaser stands
_ITEM_LEVELS = 3  # ancestors among which the <li> round a teaser stands


def paragraphs_under_linked_titles(lines: Sequence[LabelledLine]) -> list[LabelledLine]:
    """The paragraphs whose line before is a link in the same element: if there are several, each sums up another story."""
    return [
        paragraph
        for title, paragraph in pairwise(lines)
        if paragraph.prose
        and title.block.linked > _MOSTLY_LINKED
        and title.block.element.getparent() is paragraph.block.element.getparent()
    ]


def mark_teasers(lines: list[LabelledLine]) -> None:
    """Label `card` every line of a teaser: under a linked title, inside a link, or in a list after the story."""
    _mark_under_titles(lines)
    _mark_inside_links(lines)


def _mark_under_titles(lines: list[LabelledLine]) -> None:
    """A linked title and one paragraph alone in an element, two or more times, if the rest of the story is longer."""
    paragraphs_in = Counter(line.block.element.getparent() for line in lines if line.prose)
    summaries = [line for line in paragraphs_under_linked_titles(lines) if paragraphs_in[line.block.element.getparent()] == 1]
    if len(summaries) > 1 and 2 * _words(summaries) < _words([line for line in lines if line.prose]):
        for line in summaries:
            line.rule = "card"


def _mark_inside_links(lines: list[LabelledLine]) -> None:
    """Lines of an element that is all one link («<a><h4>…<p>…</a>»), if more of the story stands in paragraphs without links."""
    linked = [
        line for line in lines if line.rule is None and line.block.linked > _MOSTLY_LINKED and _is_inside_link(line.block.element)
    ]
    if 2 * _words(linked) < _words([line for line in lines if line.prose and line.block.linked < _HARDLY_LINKED]):
        for line in linked:
            line.rule = "card"


def _is_inside_link(element: HtmlElement) -> bool:
    return any(ancestor.tag == "a" for ancestor in islice(element.iterancestors(), _LINK_LEVELS))


def mark_list_after_story(lines: list[LabelledLine]) -> None:
    """Label `card` the lines of list items with a heading after the last paragraph, unless the story is mostly a list itself."""
    items_by_parent: dict[HtmlElement | None, HtmlElement | None] = {}
    items = [_list_item(line.block.element, items_by_parent) for line in lines]
    prose = [n for n, line in enumerate(lines) if line.prose and items[n] is None]
    in_list = [n for n in range(prose[-1] + 1, len(lines)) if items[n] is not None] if prose else []
    if 4 * _words([lines[n] for n in in_list]) < _words([lines[n] for n in prose]):
        with_heading = {items[n] for n in in_list if lines[n].block.is_heading}
        for n in in_list:
            if items[n] in with_heading:
                lines[n].rule = lines[n].rule or "card"


def _list_item(element: HtmlElement, items_by_parent: dict[HtmlElement | None, HtmlElement | None]) -> HtmlElement | None:
    """The <li> that an element is or stands in, a few levels up; items_by_parent: what was found for each parent, added to."""
    if element.tag == "li":
        return element
    parent = element.getparent()
    if parent not in items_by_parent:
        ancestors = (parent, *islice(parent.iterancestors(), _ITEM_LEVELS - 1)) if parent is not None else ()
        items_by_parent[parent] = next((ancestor for ancestor in ancestors if ancestor.tag == "li"), None)
    return items_by_parent[parent]


def _words(lines: Sequence[LabelledLine]) -> int:
    return sum(word_count(line.text) for line in lines)
