"""Dates, names and sources on the lines between the headline and the element of the story, and right after it, on a page that
no layout matches. These lines are never part of the body.
"""

from __future__ import annotations

import re
from html import escape

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.body.blocks import Block, walk
from extractors.body.inset_boxes import mark_boxes
from extractors.body.labels import LabelledLine, bare_title, byline_rule, labelled
from extractors.body.removal import parse_fragment
from extractors.body.standfirst import continues_a_story
from extractors.body.story import Context, Story
from extractors.explanation import Dropped
from extractors.names.lone_names import lone_names
from extractors.names.signatures import signature
from extractors.text import display, ends_sentence, is_prose, word_count

_RULES_WITH_FIELDS = frozenset({"dateline", "signed", "date", "relative-date", "byline", "editor"})
_SAYS_WHEN = re.compile(r"آخر\s+تحديث|تاريخ\s+النشر|نشر(?:ت)?\s+في|تم\s+النشر")
_BESIDE = 2
_LEVELS = 3
_LONG_LEAD = 100  # words
_NO_LEAD = frozenset({"-text", "-comment", "script", "style", "template", "nav", "aside", "figure", "ul", "ol", "form", "iframe"})
_NAME = 3  # words; a longer line of links names several people


def add_surrounding_lines(before: list[Block], after: list[Block], context: Context, story: Story) -> None:
    """Add the lines that hold a date, a name or a source to `story.dropped`, in page order, and set `story.headline`.

    before, after: the lines before and after the element of the story; those before count only if the headline is among them.
    """
    lines = labelled(before, context)
    mark_boxes(lines)
    title = max((n for n, line in enumerate(lines) if line.rule == "headline"), default=None)
    if title is not None:
        story.headline = story.headline or bare_title(lines[title].text, context)
        below = lines[title + 1 :]
        if not any(line.rule in {"date", "relative-date"} for line in below):
            # The clock of a page stands above the headline too; only a label («آخر تحديث») says whose date it is.
            above = [line.text for line in lines[:title] if line.rule == "date" and _SAYS_WHEN.search(line.text)]
            story.dropped[:0] = [Dropped(text, "date") for text in above if len(above) == 1]
        story.dropped[:0] = [
            Dropped(line.text, rule) for n, line in enumerate(below) if (rule := _rule(below, n)) in _RULES_WITH_FIELDS
        ]
    for number, block in enumerate(after):
        if (
            number < _BESIDE
            and (block.linked < 0.3 or word_count(block.text) <= _NAME)
            and lone_names(block.text, context.newsroom_names)
        ):
            story.dropped.append(Dropped(block.text, "byline"))
        if boilerplate.closing_strength(block.text, context.catalogue):
            return
        if word_count(block.text) <= 14 and boilerplate.SOURCE_LINE.fullmatch(block.text):
            story.dropped.append(Dropped(block.text, "source"))


def lead_outside(part: LexborNode, first: str) -> Block | None:
    """The lead that stands alone right before the element that holds the rest, where that rest takes it up («وقال …»).

    part: the element that a layout found; first: the first paragraph of the story in it. None for a story that begins by itself.
    """
    if not continues_a_story(first):
        return None
    above: LexborNode | None = part
    for _ in range(_LEVELS):
        before = above.prev if above is not None else None
        while before is not None:
            text = display(before.text()) if before.tag not in _NO_LEAD else ""
            if before.tag == "h1" or before.css_first("h1") is not None:
                return None
            if is_prose(text) and ends_sentence(text) and before.css_first("a[href]") is None:
                tree = parse_fragment(f"<p>{escape(text)}</p>")
                return walk(tree)[0] if tree is not None and word_count(text) <= _LONG_LEAD else None
            before = before.prev
        above = above.parent if above is not None else None
        if above is None or above.tag in {"body", "html"}:
            return None
    return None


def _rule(lines: list[LabelledLine], number: int) -> str:
    """A line's own rule; a bare name beside a date is a byline."""
    line = lines[number]
    if line.rule is not None or (rule := byline_rule(line.text)) is None:
        near = lines[max(0, number - _BESIDE) : number + _BESIDE + 1]
        named = line.rule is None and signature(line.text) and any(each.rule in {"date", "relative-date"} for each in near)
        return line.rule or ("byline" if named else "")
    return rule
