"""What stands after the last paragraph and is not story: source line, sign-off, date, tags, stray labels."""

from __future__ import annotations

import re

from extractors import boilerplate
from extractors.body.blocks import Block
from extractors.body.labels import LONG, byline_rule
from extractors.body.story import Context, Story
from extractors.explanation import Dropped
from extractors.names.signatures import agency_credit, signature
from extractors.text import bare, ends_sentence, matching, word_count

# How the life of an author begins: with a trade and no verb.
_LIFE = re.compile(
    r"(?:\S+ \S+(?: \S+)?\s*[:،,]\s*)?(?:كاتبة?|صحفية?|صحافية?|باحثة?|روائية?|شاعرة?|إعلامية?|"
    r"اعلامية?|أكاديمية?|أستاذة?|محللة?|ناشطة?|"
    r"مدونة?|مترجمة?|ناقدة?|حقوقية?|دبلوماسية?|محامية?|طبيبة?|مستشارة?)(?:\s|$)"
)


def drop_end(story: Story, context: Context) -> None:
    """Source line, sign-off and stray labels after the last paragraph."""
    _source_pair(story)
    _drop_labels(story)
    while len(story.kept) > 1 and len(story.kept[-1].text) <= LONG:
        rule = _end_rule(story.kept[-1], context, apart=_stands_apart(story))
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


def _is_life(text: str) -> bool:
    return word_count(text) <= 60 and _LIFE.match(text) is not None


def _stands_apart(story: Story) -> bool:
    """Whether the last paragraph stands in another element than those before it, which share one."""
    last, *others = (block.element.getparent() for block in reversed(story.kept))
    return len(others) > 1 and last is not others[0] and all(each is others[0] for each in others[:3])


def _end_rule(block: Block, context: Context, *, apart: bool) -> str | None:
    text = bare(block.text)
    if word_count(text) <= 14 and not ends_sentence(text) and boilerplate.SOURCE_LINE.fullmatch(text):
        return "source"
    if agency_credit(text):
        return "credit"
    rules = (
        ("byline", byline_rule(text) or signature(text)),
        ("date", boilerplate.is_date_line(text)),
        ("author's life", apart and _is_life(text)),
        ("tags", text.startswith("#") and " " not in text.strip()),
    )
    end_rule = next((rule for rule, applies in rules if applies), None)
    if end_rule is not None:
        return end_rule
    short = word_count(text) <= 6 and not ends_sentence(text)
    if word_count(text) <= 3 and not block.main:
        return "after-story"
    return "after-story" if short and not (context.trusted and block.main) else None
