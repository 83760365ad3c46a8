"""Selects the lines of the body: removes what stands before the lead, after the last paragraph, and between paragraphs without
belonging to the article.

Position and structure decide, wording only confirms. Every removed line is kept in `Story.dropped` with the rule's name.
"""

from __future__ import annotations

from itertools import accumulate

from extractors import boilerplate
from extractors.body.author_box import mark_author_box
from extractors.body.blocks import Block
from extractors.body.inset_boxes import mark_boxes, mark_labels
from extractors.body.labels import LabelledLine, bare_title, byline_rule, labelled
from extractors.body.lead_verbs import LEAD_VERBS
from extractors.body.learned_lines import split_learned
from extractors.body.repeats import drop_pull_quotes, drop_repeats
from extractors.body.resumption import resumes_at
from extractors.body.standfirst import mark_standfirst
from extractors.body.story import Context, Story
from extractors.body.teasers import mark_list_after_story, mark_teasers
from extractors.body.trailer import drop_end
from extractors.boilerplate import PERHAPS
from extractors.explanation import Dropped
from extractors.names.lone_names import lone_names
from extractors.names.trades import is_role
from extractors.text import is_prose, word_count

_MAX_BOXES = 30  # closing phrases after which the story is looked for, each time among all lines


def clean(blocks: list[Block], context: Context) -> Story:
    """The body among the lines of a container, and every other line with the rule that removed it."""
    story = Story()
    blocks, boilerplate_lines = split_learned(blocks, context.boilerplate_lines)
    story.dropped += [Dropped(block.text, "learned") for block in boilerplate_lines]
    lines = labelled(blocks, context)
    mark_boxes(lines)
    mark_teasers(lines)
    mark_author_box(lines, context.newsroom_names)
    mark_standfirst(lines)
    mark_list_after_story(lines)
    if not context.trusted:
        mark_labels(lines)
    lead = _lead(lines)
    if not context.trusted:
        lead = _without_stop(lines, lead) if context.headlines else _title_first(lines, lead)
    _head(lines[:lead], lead < len(lines), context, story)
    middle = _cut_tail(lines[lead:], story)
    _between(middle, story)
    drop_end(story, context)
    drop_repeats(story)
    drop_pull_quotes(story)
    return story


def _lead(lines: list[LabelledLine]) -> int:
    """Where the story begins: the first paragraph of prose; where the page has none, the first unlabelled line."""
    start = _after_headline(lines)
    first = next((n for n, line in enumerate(lines) if n >= start and line.prose), None)
    if first is not None:
        return first
    return next((n for n, line in enumerate(lines) if line.rule is None), len(lines))


def _title_first(lines: list[LabelledLine], lead: int) -> int:
    """Where no paragraph ends with a stop, the first line of a page without headline is its title."""
    if lead >= len(lines) - 1 or not lines[lead].block.unstopped:
        return lead
    titled = any(line.rule is None and word_count(line.text) >= 3 for line in lines[:lead])
    return lead if titled else lead + 1


def _without_stop(lines: list[LabelledLine], lead: int) -> int:
    """Take the line before in too, if it is a lead that only lacks its stop: long, or beginning with a verb as leads do."""
    if not 0 < lead < len(lines):
        return lead
    line, first = lines[lead - 1], lines[lead]
    beside = line.block.tag == first.block.tag and line.block.element.getparent() is first.block.element.getparent()
    words = line.text.split()
    tells = len(words) >= 14 or (len(words) >= 7 and words[0] in LEAD_VERBS)
    titled = not any(each.rule == "headline" for each in lines[lead - 1 :])
    return lead - 1 if line.rule is None and titled and beside and line.block.main and line.block.linked < 0.3 and tells else lead


def _after_headline(lines: list[LabelledLine]) -> int:
    """Where the story may begin at the earliest: after the printed headline, if most prose (after an h1: some) follows it."""
    prose = [word_count(line.text) if line.prose else 0 for line in lines]
    before, after = 0, sum(prose)
    for n, line in enumerate(lines):
        if line.rule == "headline" and (after > before or (line.block.tag == "h1" and after >= 30)):
            return n + 1
        before, after = before + prose[n], after - prose[n]
    return 0


def _head(lines: list[LabelledLine], has_story: bool, context: Context, story: Story) -> None:
    """What stands before the lead. In a trusted container an unlabelled line is a short first paragraph or subhead."""
    title = _title_line(lines, context)
    started = max((n for n, line in enumerate(lines) if line.rule is not None or n == title), default=-1)
    for number, line in enumerate(lines):
        rule = "headline" if number == title else line.rule
        if rule == "headline":
            story.headline = story.headline or bare_title(line.text, context)
        elif rule is None and is_role(line.text) and story.dropped and story.dropped[-1].rule == "byline":
            rule = "author's life"
        elif rule is None and _names_author(lines[number : number + 2], context):
            rule = "byline"
        elif (
            rule is None
            and context.trusted
            and line.block.main
            and (number > started or (has_story and word_count(line.text) > 5))
        ):
            story.kept.append(line.block)
            continue
        story.dropped.append(Dropped(line.text, rule or "before-story"))


def _names_author(lines: list[LabelledLine], context: Context) -> bool:
    """Whether the first of these lines says who wrote: with a label, or a name alone that a date or dateline may follow."""
    line = lines[0]
    if byline_rule(line.text) or (context.trusted and _is_signed(lines)):
        return True
    certain = len(lines) > 1 and lines[1].rule == "dateline"
    return not line.block.is_heading and bool(lone_names(line.text, context.newsroom_names, certain=certain))


def _is_signed(lines: list[LabelledLine]) -> bool:
    """A name on a line of its own and a date on the next, as the weeklies set it: «عبير حيدر», «23/1/2013»."""
    return len(lines) == 2 and lines[1].rule == "date" and boilerplate.ONE_NAME.fullmatch(lines[0].text) is not None


def _title_line(lines: list[LabelledLine], context: Context) -> int | None:
    """The line that is the headline on a page that does not say which: the first long enough label before the lead."""
    if context.trusted or any(line.rule == "headline" for line in lines):
        return None
    named = [bool(byline_rule(line.text) or lone_names(line.text, context.newsroom_names)) for line in lines]
    free = [n for n, line in enumerate(lines) if line.rule is None and word_count(line.text) >= 3 and not named[n]]
    headings = [n for n in free if lines[n].block.tag in {"h1", "h2"}]
    long = [n for n in free if word_count(lines[n].text) >= 5]
    return next(iter([*headings, *long, *free]), None)


def _cut_tail(lines: list[LabelledLine], story: Story) -> list[LabelledLine]:
    """Cut at the first heading after which no story comes; a box of links that the story goes round is taken out."""
    prose = [word_count(line.text) if line.prose else 0 for line in lines]
    before = list(accumulate(prose, initial=0))
    kept: list[LabelledLine] = []
    resumed_at = boxes = 0
    for number, line in enumerate(lines):
        if number < resumed_at:
            continue
        kept.append(line)
        if not line.strength or number == 0:
            continue
        after = before[-1] - before[number + 1]
        if line.strength == PERHAPS and after > before[number] / 4:
            continue
        resumption = resumes_at(lines, number) if boxes < _MAX_BOXES else None
        boxes += 1
        if resumption is None and after > 2 * before[number]:  # a box above the story
            continue
        resumed_at = len(lines) if resumption is None else resumption
        rule = "closing" if resumption is None else "aside"
        story.dropped += [Dropped(box_line.text, rule) for box_line in lines[number:resumed_at]]
        kept.pop()
    return kept


def _between(lines: list[LabelledLine], story: Story) -> None:
    skipping = False
    for line in lines:
        rule = line.rule
        if rule == "closing" and line.strength == PERHAPS:
            rule = None  # a subhead after all
        if rule in {"date", "relative-date", "signed"}:
            rule = None  # a timeline's subhead; as the last line it goes with the sign-off
        if rule == "dateline" and story.kept:
            rule = None if is_prose(line.text) else rule
        if rule in {"aside", "closing"}:
            skipping = word_count(line.text) <= 4 or line.text.rstrip().endswith(":")
        elif skipping and rule is None and not line.prose and (line.block.linked > 0.3 or line.block.tag == "li"):
            rule = "aside"
        elif rule is None:
            skipping = False
        if rule is None:
            story.kept.append(line.block)
        else:
            story.dropped.append(Dropped(line.text, rule))
