"""What stands between the headline and the element that holds the story, and right after it, on a page that no layout knows:
never story, but dates, names and sources.
"""

from __future__ import annotations

import re

from extractors import boilerplate
from extractors.body.blocks import Block
from extractors.body.inset_boxes import mark_boxes
from extractors.body.labels import LabelledLine, bare_title, byline_rule, labelled
from extractors.body.story import Context, Story
from extractors.explanation import Dropped
from extractors.names.signatures import signature
from extractors.text import word_count

_TELLING = frozenset({"dateline", "signed", "date", "relative-date", "byline", "editor"})
_SAYS_WHEN = re.compile(r"آخر\s+تحديث|تاريخ\s+النشر|نشر(?:ت)?\s+في|تم\s+النشر")
_BESIDE = 2


def tell_outside(before: list[Block], after: list[Block], context: Context, story: Story) -> None:
    """Add what these lines tell to the lines that are no story, in page order. before: none counts without the headline."""
    lines = labelled(before, context)
    mark_boxes(lines)
    title = max((n for n, line in enumerate(lines) if line.rule == "headline"), default=None)
    if title is not None:
        story.headline = story.headline or bare_title(lines[title].text, context)
        told = lines[title + 1 :]
        if not any(line.rule in {"date", "relative-date"} for line in told):
            # The clock of a page stands above the headline too; only a label («آخر تحديث») says whose date it is.
            above = [line.text for line in lines[:title] if line.rule == "date" and _SAYS_WHEN.search(line.text)]
            story.dropped[:0] = [Dropped(text, "date") for text in above if len(above) == 1]
        story.dropped[:0] = [Dropped(line.text, rule) for n, line in enumerate(told) if (rule := _rule(told, n)) in _TELLING]
    for block in after:
        if boilerplate.closing_strength(block.text, context.catalogue):
            return
        if word_count(block.text) <= 14 and boilerplate.SOURCE_LINE.fullmatch(block.text):
            story.dropped.append(Dropped(block.text, "source"))


def _rule(lines: list[LabelledLine], number: int) -> str:
    """A line's own rule; a bare name beside a date is a byline."""
    line = lines[number]
    if line.rule is not None or (rule := byline_rule(line.text)) is None:
        near = lines[max(0, number - _BESIDE) : number + _BESIDE + 1]
        named = line.rule is None and signature(line.text) and any(each.rule in {"date", "relative-date"} for each in near)
        return line.rule or ("byline" if named else "")
    return rule
