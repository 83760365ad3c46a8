"""From lines to story: what stands before the lead, after the end and between the paragraphs without being told by the reporter.

Position and structure decide; words only confirm. Every line that goes is kept beside the rule that dropped it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from extractors import boilerplate
from extractors.blocks import Block
from extractors.boilerplate import PERHAPS
from extractors.outlet import Catalogue
from extractors.text import ends_sentence, is_prose, matching, word_count

LONG, SHORT_LINE = 1000, 200


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line that is not story. rule: a short fixed name such as `caption`, `ticker`, `closing`."""

    text: str
    rule: str


@dataclass(slots=True)
class Story:
    """kept: the lines of the body in order; dropped: all others, as printed; headline: as found among the lines."""

    kept: list[Block] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    headline: str | None = None

    def lines(self, *rules: str) -> list[str]:
        """The dropped lines of these rules, in page order."""
        return [each.text for each in self.dropped if each.rule in rules]

    @property
    def paragraphs(self) -> list[str]:
        """The body."""
        return [block.text for block in self.kept]

    def drop_last(self, rule: str) -> str:
        """Take the last paragraph back."""
        text = self.kept.pop().text
        self.dropped.append(Dropped(text, rule))
        return text


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the page before its lines are judged.

    trusted: a layout gave the container, so that unlabelled short lines are story; headlines: in matching form; captions: as
    printed.
    """

    catalogue: Catalogue
    trusted: bool
    headlines: frozenset[str] = frozenset()
    captions: frozenset[str] = frozenset()


def clean(blocks: list[Block], context: Context) -> Story:
    """Judge the lines of a container."""
    story = Story()
    lines = _labelled(blocks, context)
    lead = _lead(lines)
    _head(lines[:lead], lead < len(lines), context, story)
    middle = _cut_tail(lines[lead:], story)
    _between(middle, story)
    _drop_end(story, context)
    _drop_repeats(story)
    return story


@dataclass(slots=True)
class _Line:
    block: Block
    text: str
    rule: str | None
    strength: int = 0

    @property
    def prose(self) -> bool:
        return self.rule is None and is_prose(self.text) and self.block.linked < 0.7


def _labelled(blocks: list[Block], context: Context) -> list[_Line]:
    """Give every line the rule that its wording and markup speak for, None for a line that may be story."""
    lines: list[_Line] = []
    context = _with_titles(blocks, context)
    for block in blocks:
        strength = boilerplate.closing_strength(block.text, context.catalogue)
        lines.append(_Line(block, block.text, _label(block, strength, context), strength))
    _mark_twins(lines)
    return lines


def _with_titles(blocks: list[Block], context: Context) -> Context:
    """Add the headlines that betray themselves by the site's suffix («… - It's Over 9000!», the <title> as text)."""
    titles = {
        bare for block in blocks[:12] if (bare := _bare_title(block.text, context)) != block.text and word_count(block.text) <= 40
    }
    return replace(context, headlines=context.headlines | {matching(title) for title in titles}) if titles else context


def _label(block: Block, strength: int, context: Context) -> str | None:
    if strength:
        return "closing"
    if len(block.text) > LONG:  # a label is short; and no pattern is tried on a line without end
        return "ticker" if boilerplate.is_ticker(block.text) else None
    return next((rule for rule, applies in _RULES if applies(block, context)), None)


def _is_dateline(block: Block, context: Context) -> bool:
    own = boilerplate.line_pattern(context.catalogue.dateline)
    return own is not None and own.fullmatch(block.text) is not None


def _is_aside(block: Block, context: Context) -> bool:
    heading = boilerplate.is_aside(block.text, context.catalogue)
    return heading and (block.linked > 0.3 or word_count(block.text) <= 22)


def _is_caption(block: Block, context: Context) -> bool:
    text = block.text
    return boilerplate.is_caption(text, context.captions) and not (word_count(text) > 12 and ends_sentence(text))


def _is_headline(block: Block, context: Context) -> bool:
    if not context.headlines or word_count(block.text) > 40:
        return False
    return matching(block.text) in context.headlines or matching(_bare_title(block.text, context)) in context.headlines


# In order: the first rule that applies names the line. None of them says yet that the line goes; position does.
_RULES: tuple[tuple[str, Callable[[Block, Context], bool]], ...] = (
    ("dateline", _is_dateline),
    ("furniture", lambda block, context: boilerplate.is_furniture(block.text, context.catalogue)),
    ("headline", _is_headline),
    ("editor", lambda block, _: boilerplate.EDITOR.fullmatch(block.text) is not None),
    ("ticker", lambda block, _: boilerplate.is_ticker(block.text)),
    ("date", lambda block, _: boilerplate.is_date_line(block.text)),
    ("aside", _is_aside),
    ("caption", _is_caption),
    ("link", lambda block, _: block.linked > 0.9 and not ends_sentence(block.text)),
)


def _mark_twins(lines: list[_Line]) -> None:
    """A caption printed twice in a row (alt text and caption, one perhaps glued to an icon name): both go."""
    forms = [matching(boilerplate.without_icon(line.text)) for line in lines]
    titled = False
    for here, following in zip(range(len(lines)), range(1, len(lines)), strict=False):
        twins = forms[here] and forms[here] == forms[following] and not ends_sentence(lines[here].text)
        if not titled and word_count(lines[here].text) >= 3 and lines[here].rule in {None, "headline"}:
            titled = True  # the first line of some length may be the headline, printed twice
        elif twins:
            for line in (lines[here], lines[following]):
                if line.rule in {None, "furniture"}:
                    line.rule = "caption"


def _lead(lines: list[_Line]) -> int:
    """Where the story begins: the first paragraph of prose; where the page has none, the first unlabelled line."""
    start = _after_headline(lines)
    first = next((n for n, line in enumerate(lines) if n >= start and line.prose), None)
    if first is not None:
        return first
    return next((n for n, line in enumerate(lines) if line.rule is None), len(lines))


def _after_headline(lines: list[_Line]) -> int:
    """Where the story may begin at the earliest: after the printed headline, if most prose (after an h1: some) follows it."""
    prose = [word_count(line.text) if line.prose else 0 for line in lines]
    for n, line in enumerate(lines):
        after = sum(prose[n:])
        if line.rule == "headline" and (after > sum(prose[:n]) or (line.block.tag == "h1" and after >= 30)):
            return n + 1
    return 0


def _head(lines: list[_Line], has_story: bool, context: Context, story: Story) -> None:
    """What stands before the lead. In a trusted container an unlabelled line is a short first paragraph or subhead."""
    title = _title_line(lines, context)
    started = max((n for n, line in enumerate(lines) if line.rule is not None or n == title), default=-1)
    for number, line in enumerate(lines):
        rule = "headline" if number == title else line.rule
        if rule == "headline":
            story.headline = story.headline or _bare_title(line.text, context)
        elif rule is None and (byline := _byline_rule(line.text)):
            rule = byline
        elif (
            rule is None
            and context.trusted
            and line.block.main
            and (number > started or (has_story and word_count(line.text) > 5))
        ):
            story.kept.append(line.block)
            continue
        story.dropped.append(Dropped(line.text, rule or "before-story"))


def _title_line(lines: list[_Line], context: Context) -> int | None:
    """The line that is the headline on a page that does not say which: the first long enough label before the lead."""
    if context.trusted or any(line.rule == "headline" for line in lines):
        return None
    free = [n for n, line in enumerate(lines) if line.rule is None and word_count(line.text) >= 3 and not _byline_rule(line.text)]
    headings = [n for n in free if lines[n].block.tag in {"h1", "h2"}]
    long = [n for n in free if word_count(lines[n].text) >= 5]
    return next(iter([*headings, *long, *free]), None)


def _bare_title(text: str, context: Context) -> str:
    return boilerplate.without_suffix(text, context.catalogue)


def _byline_rule(text: str) -> str | None:
    if len(text) > SHORT_LINE:
        return None
    found = boilerplate.BYLINE.fullmatch(text)
    # «كتب» without a colon begins many a sentence: only a short line is a byline then.
    named = found is not None and (word_count(text) <= 5 or ":" in text or "|" in text)
    return "byline" if word_count(text) <= 16 and (named or boilerplate.NAMES.fullmatch(text)) else None


def _cut_tail(lines: list[_Line], story: Story) -> list[_Line]:
    """Cut at the first heading after which no story comes."""
    for number, line in enumerate(lines):
        if not line.strength or number == 0:
            continue
        after = sum(word_count(each.text) for each in lines[number + 1 :] if each.prose)
        before = sum(word_count(each.text) for each in lines[:number] if each.prose)
        if line.strength == PERHAPS and after > before / 4:
            continue
        if after > 2 * before:  # a box above the story
            continue
        story_lines = lines[:number]
        for each in lines[number:]:
            story.dropped.append(Dropped(each.text, "closing"))
        return story_lines
    return lines


def _between(lines: list[_Line], story: Story) -> None:
    skipping = False
    for line in lines:
        rule = line.rule
        if rule == "closing" and line.strength == PERHAPS:
            rule = None  # a subhead after all
        if rule == "date":
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


def _drop_end(story: Story, context: Context) -> None:
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
    text = block.text
    if word_count(text) <= 14 and not ends_sentence(text) and boilerplate.SOURCE_LINE.fullmatch(text):
        return "source"
    if _byline_rule(text):
        return "byline"
    if boilerplate.is_date_line(text):
        return "date"
    if text.startswith("#") and " " not in text.strip():
        return "tags"
    short = word_count(text) <= 6 and not ends_sentence(text)
    if word_count(text) <= 3 and not block.main:
        return "after-story"
    return "after-story" if short and not (context.trusted and block.main) else None


def _drop_repeats(story: Story) -> None:
    """No paragraph twice: a pull quote or a copy for another screen size repeats a line of some length word for word."""
    seen: set[str] = set()
    kept: list[Block] = []
    for block in story.kept:
        form = matching(block.text)
        if word_count(block.text) >= 6 and form in seen:
            story.dropped.append(Dropped(block.text, "repeat"))
            continue
        seen.add(form)
        kept.append(block)
    story.kept = kept
