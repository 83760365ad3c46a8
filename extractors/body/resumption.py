"""Where a story resumes after a box that is set into it: a heading with the titles of other stories under it."""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from extractors.body.labels import LabelledLine
from extractors.body.teasers import paragraphs_under_linked_titles
from extractors.boilerplate import SURE
from extractors.text import word_count

_CUT_SHORT = re.compile(r"(?:…|\.\.\.?)\s*$")  # a teaser ends so, a paragraph does not
_PATH_LEVELS = 4


def resumes_at(lines: list[LabelledLine], heading: int) -> int | None:
    """The place of the line with which the story resumes after the heading at this place; None if nothing of it follows.

    That line is a paragraph without links, beside earlier paragraphs or in the same markup, outside the box that the heading
    opens; and up to the next closing phrase more stands in paragraphs than in other lines.
    """
    earlier = [line.block.element for line in lines[:heading] if line.prose]
    parents = {element.getparent() for element in earlier}
    paths = {markup_path(element) for element in earlier}
    box = box_of(lines[heading].block.element, earlier)
    summaries = paragraphs_under_linked_titles(lines[heading + 1 :])
    teasers = frozenset(map(id, summaries if len(summaries) > 1 else ()))
    for n, line in enumerate(lines[heading + 1 :], heading + 1):
        element = line.block.element
        if not line.prose or line.block.linked >= 0.3 or id(line) in teasers or _CUT_SHORT.search(line.text):
            continue
        like_earlier = element.getparent() in parents or markup_path(element) in paths
        outside_box = box is None or (element is not box and box not in element.iterancestors())
        if like_earlier and outside_box and _is_mostly_prose(lines[n:]):
            return n
    return None


def box_of(element: HtmlElement, paragraphs: list[HtmlElement]) -> HtmlElement | None:
    """The largest element round this one that holds none of the paragraphs; None if a paragraph holds this one itself."""
    occupied = {outer for paragraph in paragraphs for outer in (paragraph, *paragraph.iterancestors())}
    if element in occupied:
        return None
    box = element
    for ancestor in element.iterancestors():
        if ancestor in occupied:
            break
        box = ancestor
    return box


def markup_path(element: HtmlElement) -> tuple[tuple[str, str | None], ...]:
    """The tags and classes of an element and of its nearest ancestors, from the inside out."""
    steps = (element, *islice(element.iterancestors(), _PATH_LEVELS - 1))
    return tuple((str(step.tag), step.get("class")) for step in steps)


def _is_mostly_prose(lines: list[LabelledLine]) -> bool:
    """Whether most words up to the next closing phrase stand in paragraphs; the first line is no such phrase."""
    end = next((n for n, line in enumerate(lines) if n and line.strength == SURE), len(lines))
    in_paragraphs = sum(word_count(line.text) for line in lines[:end] if line.prose)
    return 2 * in_paragraphs > sum(word_count(line.text) for line in lines[:end])
