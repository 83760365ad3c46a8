"""The author's box that themes set under a story: picture, name, trade or life, in an element of its own."""

from __future__ import annotations

from extractors.body.labels import LabelledLine
from extractors.body.resumption import box_of
from extractors.names.lone_names import lone_names
from extractors.names.trades import is_life
from extractors.text import word_count

_NEAR_END = 60  # lines
_LINES, _WORDS = 6, 100  # of a box
_PICTURES = ("img", "amp-img", "picture", "svg")


def mark_author_box(lines: list[LabelledLine], newsroom_names: frozenset[str]) -> None:
    """Label the name in such a box `byline` and the rest of the box `author's life`.

    The box holds no paragraph of the story, one line of it is a name alone, and there is a picture or a line that begins with a
    trade. newsroom_names: what the site calls itself.
    """
    first = next((n for n, line in enumerate(lines) if line.prose), len(lines))
    start = max(first + 1, len(lines) - _NEAR_END)
    for n, line in enumerate(lines[start:], start):
        if line.rule not in {None, "byline", "link"} or not lone_names(line.text, newsroom_names):
            continue
        box = box_of(line.block.element, [each.block.element for each in lines[:n] if each.prose])
        if box is None:
            continue
        inside = [each for each in lines[first + 1 :] if each.block.element is box or box in each.block.element.iterancestors()]
        if len(inside) > _LINES or sum(word_count(each.text) for each in inside) > _WORDS:
            continue
        lives = [each for each in inside if is_life(each.text)]
        if lives or (next(box.iter(*_PICTURES), None) is not None and not any(each.prose for each in inside)):
            for each in inside:
                each.rule = "byline" if each is line else "author's life"
