"""The standfirst: a paragraph above the story that sums it up and is no part of the body."""

from __future__ import annotations

import re

from extractors.body.labels import LabelledLine
from extractors.text import word_count

_MAX_PARAGRAPHS = 3
_MAX_WORDS = 60
# Class names of a standfirst («itemIntroText» and «lead» name first paragraphs of stories).
_CLASS_NAME = re.compile(
    r"(?:^|[\s_-])(?:chapo|chapeau|standfirst|sub-?title|sub-?head(?:line|ing)?|brief|summary|intro|excerpt|abstract|dek|ozet|spot)(?=$|[\s_-])",
    re.IGNORECASE,
)
_CONTINUATION = re.compile(
    r"و(?:قالت?|أضافت?|أوضحت?|أكدت?|كانت?|بحسب|أشارت?|ذكرت?|تابعت?|لفتت?|جاء|يأتي|تأتي|نقلت?|أفادت?|بينت?|كشفت?)\s"
)


def continues_a_story(paragraph: str) -> bool:
    """Whether a paragraph refers to one before it («وقال …»): no story begins so."""
    return _CONTINUATION.match(paragraph) is not None


def mark_standfirst(lines: list[LabelledLine]) -> None:
    """Label `standfirst` what its class names so, and what shares an element with the headline while the story stands outside."""
    _mark_by_class_name(lines)
    headline = next((n for n, line in enumerate(lines) if line.rule == "headline" and line.block.is_heading), None)
    header = lines[headline].block.element.getparent() if headline is not None else None
    if headline is None or header is None:
        return
    beside_headline = [
        line
        for line in lines[headline + 1 :]
        if line.prose and header in (element := line.block.element, *element.iterancestors())
    ]
    if len(beside_headline) <= _MAX_PARAGRAPHS and 2 * len(beside_headline) < sum(line.prose for line in lines):
        for line in beside_headline:
            line.rule = "standfirst"


def _mark_by_class_name(lines: list[LabelledLine]) -> None:
    """The first paragraph in an element with a standfirst's class, if it is short, alone there, and the story is longer."""
    prose = [line for line in lines if line.prose]
    if len(prose) < _MAX_PARAGRAPHS or word_count(prose[0].text) > _MAX_WORDS:
        return
    first, second = prose[0].block.element, prose[1].block.element
    named = next(
        (
            element
            for element in (first, first.getparent())
            if element is not None and _CLASS_NAME.search(element.get("class") or "")
        ),
        None,
    )
    alone = named is not None and named is not second and named not in second.iterancestors()
    if alone and not continues_a_story(prose[1].text):
        prose[0].rule = "standfirst"
