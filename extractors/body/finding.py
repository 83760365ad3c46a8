"""The body of a page, found in the stated order: by a layout, by the page's structure, by its linked data; then doubted, and
where there is reason, read a second time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from selectolax.lexbor import LexborHTMLParser

from extractors.article import Reading
from extractors.body.around_story import add_surrounding_lines, lead_outside
from extractors.body.blocks import walk
from extractors.body.clean import clean
from extractors.body.container import find_container, lines_of_container
from extractors.body.removal import cut_out, parse_fragment
from extractors.body.second_opinion import READER, characters_outside_links, doubts_of, second_opinion, taken
from extractors.body.story import Context, Story
from extractors.measures import shared
from extractors.page.decoding import as_markup
from extractors.page.layouts import Match
from extractors.page.page_data import story_in_data
from extractors.text import word_count
from extractors.trace import Trace

STATED_BODY_WORDS = 40  # of a body in linked data; with less it is a description
_SAME_TEXT = 0.8  # share of the shown words that the linked data have too
_PARAGRAPH = 80  # characters
_NEARLY_TWICE = 1.8


@dataclass(frozen=True, slots=True)
class Body:
    """layout: the path that spoke: a layout's name, `generic`, `json-ld`, `page-data` or the second reader's name."""

    story: Story
    layout: str = "generic"
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """A page before its body is looked for.

    markup: decoded; match: the layout that found its container, or None; own_layout: it is one of the outlet's own;
    stated_body: in its linked data, or ""; data_scripts: what a script draws it from; titles: all that it gives itself;
    declared: the page says that it is an article; latest: the day of its capture.
    """

    markup: str
    tree: LexborHTMLParser
    match: Match | None
    own_layout: bool
    stated_body: str
    data_scripts: tuple[str, ...]
    titles: tuple[str, ...]
    declared: bool
    latest: date


def find_body(source: PageSource, context: Context, trace: Trace) -> Body:
    """The story, the path that found it, and how sure that is. The tree is taken apart: read fields first."""
    characters = _characters(source.tree)
    shown = 0 if source.own_layout else characters_outside_links(source.tree)
    body = _by_layout(source, context, trace) or _by_structure(source, context, trace)
    body = (
        _by_its_data("json-ld", source.stated_body, body.story, context, trace)
        or _by_its_data("page-data", _in_page_data(source, body.story), body.story, context, trace)
        or body
    )
    doubts = doubts_of(body.story, own_layout=source.own_layout, page_characters=characters, raised=trace.doubts)
    trace.doubts.update(doubts)
    if not doubts:
        trace.judged += body.story.dropped
        return body
    ours = body.story.paragraphs
    # Where the page hardly holds twice as much text as we kept, nobody can find twice as much.
    pointless = doubts == ("no-layout",) and shown <= _NEARLY_TWICE * sum(map(len, ours))
    opinion = second_opinion(source.markup, ours, source.latest) if not pointless and (ours or source.declared) else None
    if opinion is None:
        trace.judged += body.story.dropped
        return Body(body.story, body.layout, Reading(doubts))
    trace.ours, trace.second = ours, opinion.lines
    if opinion.is_better(ours):
        better = taken(opinion, source.markup, context)
        if better.kept:
            # What our own reading knew of dates, names and sources beside the story stays known.
            better.headline, better.dropped = body.story.headline, [*body.story.dropped, *better.dropped]
            trace.found(READER, None)
            body = Body(better, READER)
    trace.judged += body.story.dropped
    return Body(body.story, body.layout, Reading(doubts, opinion.reading))


def _characters(tree: LexborHTMLParser) -> int:
    """How much text stands in paragraphs of some length, wherever on the page."""
    sizes = (len(node.text()) for node in tree.css("p"))
    return sum(size for size in sizes if size >= _PARAGRAPH)


def _by_layout(source: PageSource, context: Context, trace: Trace) -> Body | None:
    match = source.match
    if match is None:
        return None
    trace.found(match.layout.name, match.container)
    tree = cut_out(match.parts, match.layout.drop, trace)
    story = clean(lines_of_container(tree, trace), context) if tree is not None else Story()
    if not story.kept:
        return None
    lead = lead_outside(match.container, story.paragraphs[0])
    if lead is not None:
        story.kept.insert(0, lead)
    return Body(story, match.layout.name)


def _by_structure(source: PageSource, context: Context, trace: Trace) -> Body:
    # A layout that found nothing has taken the tree apart.
    tree = source.tree if source.match is None else LexborHTMLParser(source.markup)
    found = find_container(tree, trace)
    trace.found("generic", None)
    context = replace(context, trusted=False)
    story = clean(found.inside, context)
    add_surrounding_lines(found.before, found.after, context, story)
    return Body(story)


def _in_page_data(source: PageSource, shown: Story) -> str:
    """The story in what a script draws the page from; "" where that cannot be twice as long as what is shown."""
    least = 2 * sum(map(len, shown.paragraphs))
    return story_in_data(source.data_scripts, list(source.titles)) if sum(map(len, source.data_scripts)) > least else ""


def _by_its_data(layout: str, stated: str, shown: Story, context: Context, trace: Trace) -> Body | None:
    """The story as the page's data tell it, where the page shows less than half of it, or nothing: a shell that a script
    fills, the lead before a wall. None where they tell another text, or no more.
    """
    if len(stated) <= sum(map(len, shown.paragraphs)):  # most pages state what they show: no need to count words
        return None
    words, stated_words = [word for text in shown.paragraphs for word in text.split()], stated.split()
    if len(stated_words) < max(STATED_BODY_WORDS, 2 * len(words)) or shared(words, stated_words) < _SAME_TEXT * len(words):
        return None
    if (shell := parse_fragment(as_markup(stated))) is None:
        return None
    story = clean(walk(shell), replace(context, trusted=False))
    if len(story.kept) == 0 or sum(map(word_count, story.paragraphs)) < 2 * len(words):
        return None
    trace.found(layout, None)
    # What is known of dates, names and sources beside the story stays known.
    story.headline, story.dropped = shown.headline or story.headline, [*shown.dropped, *story.dropped]
    return Body(story, layout)
