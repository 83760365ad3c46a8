"""What stands after the last paragraph and is not story: source line, sign-off, date, tags, stray labels."""

from __future__ import annotations

from extractors import boilerplate
from extractors.blocks import Block
from extractors.explanation import Dropped
from extractors.labelling import LONG, byline_rule
from extractors.story import Context, Story
from extractors.text import bare, ends_sentence, matching, word_count


def drop_end(story: Story, context: Context) -> None:
    """Source line, sign-off and stray labels after the last paragraph."""
    _source_pair(story)
    _drop_labels(story)
    while len(story.kept) > 1 and len(story.kept[-1].text) <= LONG:
        rule = _end_rule(story.kept[-1], context)
        if rule is None:
            return
        story.drop_last(rule)
        _source_pair(story)


def _source_pair(story: Story) -> None:
    """«المصدر» on a line of its own and the names on the next."""
    if len(story.kept) > 2 and matching(story.kept[-2].text) == "المصدر" and word_count(story.kept[-1].text) <= 12:
        names, label = story.drop_last("source-name"), story.drop_last("source-label")
        story.dropped.append(Dropped(f"{label.rstrip(': ')}: {names}", "source"))


def _drop_labels(story: Story) -> None:
    """Three or more labels of a word or two in a row at the end are tags, unless they are a list."""
    labels = 0
    for block in reversed(story.kept):
        if word_count(block.text) > 3 or block.tag in {"li", "tr", "td"} or block.is_heading:
            break
        labels += 1
    if 3 <= labels < len(story.kept):
        for _ in range(labels):
            story.drop_last("tags")


def _end_rule(block: Block, context: Context) -> str | None:
    text = bare(block.text)
    if word_count(text) <= 14 and not ends_sentence(text) and boilerplate.SOURCE_LINE.fullmatch(text):
        return "source"
    if byline_rule(text):
        return "byline"
    if boilerplate.is_date_line(text):
        return "date"
    if text.startswith("#") and " " not in text.strip():
        return "tags"
    short = word_count(text) <= 6 and not ends_sentence(text)
    if word_count(text) <= 3 and not block.main:
        return "after-story"
    return "after-story" if short and not (context.trusted and block.main) else None
