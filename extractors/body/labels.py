"""Labels each line by its own wording and markup (date, byline, caption, link …). A label is a candidate: `clean.py` decides by
position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from extractors import boilerplate
from extractors.body.blocks import Block
from extractors.body.line_groups import KEPT
from extractors.body.story import Context
from extractors.dates.relative import is_relative
from extractors.names.newsroom_datelines import newsroom_dateline
from extractors.names.signatures import agency_line, reporter_of_agency, signature
from extractors.text import bare, ends_sentence, is_prose, matching, word_count

LONG, SHORT_LINE = 1000, 200
TWIN = 400
TITLE = 20
_ITEMS = frozenset({"li", "h2", "h3", "h4", "h5", "h6"})
SUFFIX = 60  # what a site may add to a title


@dataclass(slots=True)
class LabelledLine:
    """A line and the rule that speaks for it. rule: its name, None for a line that may be story; strength: of a closing phrase
    (`boilerplate.closing_strength`); paragraph: it reads as a paragraph of its own, links aside.
    """

    block: Block
    text: str
    rule: str | None
    strength: int = 0
    paragraph: bool = field(init=False)

    def __post_init__(self) -> None:
        self.paragraph = self.block.linked < 0.7 and (self.block.unstopped or is_prose(self.text))

    @property
    def prose(self) -> bool:
        """Whether the line is a paragraph that no rule speaks for."""
        return self.rule is None and self.paragraph


def labelled(blocks: list[Block], context: Context) -> list[LabelledLine]:
    """Give every line the rule that its wording and markup speak for, None for a line that may be story."""
    lines: list[LabelledLine] = []
    context = _with_titles(blocks, context)
    for block in blocks:
        text = bare(block.text)
        found = block if text == block.text else replace(block, text=text)
        strength = boilerplate.closing_strength(text, context.catalogue)
        lines.append(LabelledLine(block, text, _label(found, strength, context), strength))
    _mark_twins(lines)
    return lines


def _with_titles(blocks: list[Block], context: Context) -> Context:
    """Add the headlines that betray themselves by the site's suffix («… - It's Over 9000!», the <title> as text)."""
    titles = {
        bare for block in blocks[:12] if word_count(block.text) <= 40 and (bare := bare_title(block.text, context)) != block.text
    }
    return replace(context, headlines=context.headlines | {matching(title) for title in titles}) if titles else context


def _label(block: Block, strength: int, context: Context) -> str | None:
    if strength:
        return "closing"
    if len(block.text) > LONG:  # a label is short; and no pattern is tried on a line without end
        return "ticker" if boilerplate.is_ticker(block.text) else None
    paragraph = word_count(block.text) > 40 and block.linked <= 0.3  # no title, caption, date or byline is as long
    return next((rule for rule, applies in (_LONG_RULES if paragraph else _RULES) if applies(block, context)), None)


def _is_dateline(block: Block, context: Context) -> bool:
    own = boilerplate.line_pattern(context.catalogue.dateline)
    if own is not None and own.fullmatch(block.text):
        return True
    if block.text in context.captions:
        return False
    return any((agency_line(block.text), newsroom_dateline(block.text, context.newsroom_names), reporter_of_agency(block.text)))


def _is_signed(block: Block) -> bool:
    """«خالد شمت - فرانكفورت»: a reporter and a place, where nothing else is told."""
    found = signature(block.text)
    return found is not None and found[1] is not None


def _is_aside(block: Block, context: Context) -> bool:
    heading = boilerplate.is_aside(block.text, context.catalogue)
    return heading and (block.linked > 0.3 or word_count(block.text) <= 22)


def _is_caption(block: Block, context: Context) -> bool:
    text = block.text
    if block.element.get(KEPT) is not None:
        return False
    return boilerplate.is_caption(text, context.captions) and not (word_count(text) > 12 and ends_sentence(text))


def _is_headline(block: Block, context: Context) -> bool:
    if not context.headlines or word_count(block.text) > 40 or len(block.text) > 2 * max(map(len, context.headlines)) + SUFFIX:
        return False
    return matching(block.text) in context.headlines or matching(bare_title(block.text, context)) in context.headlines


def _is_link(block: Block) -> bool:
    # The title of another story may be a question; a sentence of this one does not stand in a list as a link alone.
    alone = block.tag in _ITEMS and word_count(block.text) <= TITLE and not block.text.endswith(".")
    return block.linked > 0.9 and (alone or not ends_sentence(block.text))


# In order: the first rule that applies names the line. None of them says yet that the line goes; position does.
_RULES: tuple[tuple[str, Callable[[Block, Context], bool]], ...] = (
    ("dateline", _is_dateline),
    ("furniture", lambda block, context: boilerplate.is_furniture(block.text, context.catalogue)),
    ("headline", _is_headline),
    ("editor", lambda block, _: boilerplate.EDITOR.fullmatch(block.text) is not None),
    ("ticker", lambda block, _: boilerplate.is_ticker(block.text)),
    ("date", lambda block, _: boilerplate.is_date_line(block.text)),
    ("relative-date", lambda block, _: is_relative(block.text)),
    ("signed", lambda block, _: _is_signed(block)),
    ("aside", _is_aside),
    ("caption", _is_caption),
    ("link", lambda block, _: _is_link(block)),
)
_LONG_RULES = tuple(pair for pair in _RULES if pair[0] in {"furniture", "ticker"})


def _mark_twins(lines: list[LabelledLine]) -> None:
    """A caption printed twice in a row (alt text and caption, one perhaps glued to an icon name): both go."""
    forms = [_twin_form(line.text) for line in lines]
    titled = False
    for here, following in zip(range(len(lines)), range(1, len(lines)), strict=False):
        twins = forms[here] and forms[here] == forms[following]
        if not titled and word_count(lines[here].text) >= 3 and lines[here].rule in {None, "headline"}:
            titled = True  # the first line of some length may be the headline, printed twice
        elif twins:
            for line in (lines[here], lines[following]):
                if line.rule in {None, "furniture"}:
                    line.rule = "caption"


def _twin_form(text: str) -> str:
    return "" if len(text) > TWIN or ends_sentence(text) else matching(boilerplate.without_icon(text))


def bare_title(text: str, context: Context) -> str:
    """A line without what the site adds to its titles."""
    return boilerplate.without_suffix(text, context.catalogue)


def byline_rule(text: str) -> str | None:
    """`byline` for a line that names who wrote: «بقلم: س», «س الأول | ص الثاني»."""
    if len(text) > SHORT_LINE:
        return None
    found = boilerplate.BYLINE.fullmatch(text)
    # «كتب» without a colon begins many a sentence: only a short line is a byline then.
    named = found is not None and (word_count(text) <= 5 or ":" in text or "|" in text)
    return "byline" if word_count(text) <= 16 and (named or boilerplate.NAMES.fullmatch(text)) else None
