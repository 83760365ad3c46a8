"""What stands after the last paragraph and is not story: source line, sign-off, date, tags, stray labels."""

from __future__ import annotations

import re

from extractors import boilerplate
from extractors.body.blocks import Block
from extractors.body.labels import LONG, byline_rule
from extractors.body.story import Context, Story
from extractors.explanation import Dropped
from extractors.names.lone_names import lone_names
from extractors.names.signatures import agency_credit, signature
from extractors.names.trades import is_life
from extractors.text import bare, ends_sentence, matching, word_count

# «(م.ع/س.ح)», «AH/SM 1214»: initials of desks, of one or two letters each, parted or in brackets.
_INITIALS = r"[^\W\d_]{1,2}(?:[.\s]{1,2}[^\W\d_]{1,2}){0,3}\.?"
_DESK_CODE = re.compile(
    rf"\(? ?{_INITIALS}(?: ?[/|\\–-] ?{_INITIALS})+(?: ?\d{{1,6}})? ?\)?|\( ?{_INITIALS} ?\)|(?:[^\W\d_]{{1,2}}\.){{2,4}}"
)
_CODE = 40  # characters
_MANY_LINKS = 3


def drop_end(story: Story, context: Context) -> None:
    """Source line, sign-off and stray labels after the last paragraph."""
    _source_pair(story)
    _drop_labels(story)
    while len(story.kept) > 1 and len(story.kept[-1].text) <= LONG:
        if _drop_name_and_role(story, context):
            continue
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


def _drop_name_and_role(story: Story, context: Context) -> bool:
    """«سامر الحموي» and under it «كاتب سوري», or his life in a paragraph: the author."""
    if len(story.kept) <= 2 or not is_life(bare(story.kept[-1].text)):
        return False
    if not lone_names(bare(story.kept[-2].text), context.newsroom_names):
        return False
    story.drop_last("author's life")
    story.drop_last("byline")
    return True


def _is_desk_code(text: str) -> bool:
    return len(text) <= _CODE and _DESK_CODE.fullmatch(text) is not None


def _is_list_of_links(block: Block) -> bool:
    """«نشر تحت: <a>…</a>، <a>…</a>، <a>…</a>»: three links or more that make up most of a line which is no sentence."""
    if block.linked < 0.5 or ends_sentence(block.text):
        return False
    return sum(1 for _ in block.element.iter("a")) >= _MANY_LINKS


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
        ("author's life", apart and is_life(text)),
        ("tags", (text.startswith("#") and " " not in text.strip()) or _is_list_of_links(block)),
        ("desk-code", _is_desk_code(text)),
    )
    end_rule = next((rule for rule, applies in rules if applies), None)
    if end_rule is not None:
        return end_rule
    short = word_count(text) <= 6 and not ends_sentence(text)
    if word_count(text) <= 3 and not block.main:
        return "after-story"
    return "after-story" if short and not (context.trusted and block.main) else None
