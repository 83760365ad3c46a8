"""Lines that say again what the body says already: copies for other screens, and pull quotes."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from lxml.html import HtmlElement

from extractors.body.blocks import Block
from extractors.body.resumption import markup_path
from extractors.body.story import Story
from extractors.explanation import Dropped
from extractors.text import matching, word_count

_MIN_WORDS = 6  # a shorter line may well be said twice
_MIN_WORDS_OF_COPY = 14  # a shorter line in the same markup may be a refrain
_MAX_WORDS_OF_SPEAKER = 6  # who is quoted, under a pull quote
_MAX_QUOTES = 20  # a page with more of them is made of quotations


def drop_repeats(story: Story) -> None:
    """Drop a line that stands twice as a copy for another screen; a refrain, or a programme's line for the second day, stays.

    Copies are whole paragraphs, stand in other markup than the line they repeat, or repeat several lines in a row.
    """
    beginnings = [(word_count(block.text), _first_word(block.text)) for block in story.kept]
    lines_with = Counter(beginnings)
    first_places: dict[str, int] = {}
    earlier: list[int | None] = []  # for every line, where it stood before
    for n, block in enumerate(story.kept):
        may_repeat = beginnings[n][0] >= _MIN_WORDS and lines_with[beginnings[n]] > 1  # else no other line is equal
        form = matching(block.text) if may_repeat else None
        earlier.append(first_places.get(form) if form is not None else None)
        if form is not None:
            first_places.setdefault(form, n)
    kept: list[Block] = []
    for n, block in enumerate(story.kept):
        before = earlier[n]
        elsewhere = before is not None and markup_path(block.element) != markup_path(story.kept[before].element)
        if before is not None and (elsewhere or word_count(block.text) >= _MIN_WORDS_OF_COPY or _is_in_repeated_run(earlier, n)):
            story.dropped.append(Dropped(block.text, "repeat"))
        else:
            kept.append(block)
    story.kept = kept


def _first_word(line: str) -> str:
    """The first word of a line's matching form, without making all of it."""
    return next((form for part in line.split(" ", 3) if (form := matching(part))), "").partition(" ")[0]


def _is_in_repeated_run(earlier: list[int | None], n: int) -> bool:
    """Whether the line and two beside it repeat three lines that stood together."""
    for start in (n - 2, n - 1, n):
        run = earlier[start : start + 3] if start >= 0 else []
        if len(run) == 3 and None not in run and run[1] == run[0] + 1 and run[2] == run[0] + 2:  # type: ignore[operator]
            return True
    return False


def drop_pull_quotes(story: Story) -> None:
    """Drop a quotation set apart that says again what stands in a paragraph, and the speaker's name under it."""
    set_apart = {parent: _is_set_apart(parent) for parent in {block.element.getparent() for block in story.kept}}
    quoted = [block.element.tag == "blockquote" or set_apart[block.element.getparent()] for block in story.kept]
    quotes = [block for block, is_quote in zip(story.kept, quoted, strict=True) if is_quote and 5 <= word_count(block.text) <= 60]
    if not quotes or len(quotes) > _MAX_QUOTES:
        return
    paragraphs = [matching(block.text) for block, is_quote in zip(story.kept, quoted, strict=True) if not is_quote]
    for quote in quotes:
        if any(matching(quote.text) in paragraph for paragraph in paragraphs):
            box = _blockquote_of(quote)
            beside = [block for block in story.kept if block is not quote and box is not None and _blockquote_of(block) is box]
            speaker = [block for block in beside if word_count(block.text) <= _MAX_WORDS_OF_SPEAKER]
            for block in (quote, *speaker):
                story.kept.remove(block)
                story.dropped.append(Dropped(block.text, "pull-quote"))


def _blockquote_of(block: Block) -> HtmlElement | None:
    """The <blockquote> that a line is or stands in."""
    around = (block.element, *islice(block.element.iterancestors(), 3))
    return next((element for element in around if element.tag == "blockquote"), None)


def _is_set_apart(parent: HtmlElement | None) -> bool:
    around = (parent, *islice(parent.iterancestors(), 3)) if parent is not None else ()
    return any(
        element.tag in {"blockquote", "aside", "figure", "q"} or "quote" in (element.get("class") or "") for element in around
    )
