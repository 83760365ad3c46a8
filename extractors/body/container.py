"""The container of a story: the element that a layout selects, or the one that holds most of the page's paragraphs; and its
lines, each marked by trafilatura as main text or not.

trafilatura gets decoded trees only, keeps no state (`deduplicate` off) and dates nothing. Its text is not used: it may join words
at inline tags and loses short subheads, so that the text is always that of our own walk over the same tree.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice, pairwise

from lxml.html import HtmlElement
from selectolax.lexbor import LexborHTMLParser
from trafilatura import bare_extraction

from extractors import boilerplate
from extractors.body.beside_main import mark_beside_main
from extractors.body.blocks import Block, walk
from extractors.body.line_groups import KEPT
from extractors.body.removal import cut_out, parse_fragment
from extractors.outlet import Catalogue
from extractors.text import is_prose, squeezed, word_count
from extractors.trace import Trace

_MIN_CHARACTERS = 20  # of a line that counts as main text when it is part of a longer one
_BOOK = 3_000  # paragraphs
_TEASER_LEVELS = 4
_PART_LEVELS = 4
_LINES_BEFORE, _LINES_AFTER = 16, 4  # the story, in which its date, author and source are looked for
_PARAGRAPH_TAGS = frozenset({"p", "div", "section", "article", "span", "font", "main", "td", "pre", "body"})
# Its warnings («discarding data: None») name no page; whether a page has a body is told by the reader's own result.
logging.getLogger("trafilatura").setLevel(logging.ERROR)
_SILENT = Trace(awake=False)


def page_lines(tree: LexborHTMLParser) -> list[Block]:
    """Every line of a page, with nothing cut away."""
    root = parse_fragment(tree.body.html or "") if tree.body is not None else None
    return walk(root) if root is not None else []


def _mark_main_text(blocks: list[Block], tree: HtmlElement) -> None:
    """Set `main` of each line by trafilatura's extraction from the tree; all stay main when it extracts nothing, and in a book:
    thousands of paragraphs are no menu and no comments, and to extract them takes seconds.
    """
    if len(blocks) >= _BOOK and sum(block.is_prose for block in blocks) >= _BOOK:
        return
    document = bare_extraction(
        tree, fast=True, include_comments=False, include_tables=True, with_metadata=False, deduplicate=False
    )
    text = getattr(document, "text", None)
    if not text:
        return
    lines = {squeezed(line) for line in text.splitlines()}
    main_text = squeezed(text) if len(blocks) < _BOOK else ""  # to look for every line in a book is quadratic
    for block in blocks:
        letters = squeezed(block.text)
        # A few letters are found in any text by chance: short lines must be lines there too.
        block.main = (
            block.element.get(KEPT) is not None or letters in lines or (len(letters) >= _MIN_CHARACTERS and letters in main_text)
        )


def lines_of_container(tree: HtmlElement, trace: Trace = _SILENT) -> list[Block]:
    """The lines of a container that a layout selects, without links that trafilatura does not take for main text.

    trafilatura is run only over containers that hold other lines than paragraphs and headings (a third of the time saved).
    """
    blocks = walk(tree)
    if any(not block.is_heading and (block.linked >= 0.5 or not is_prose(block.text)) for block in blocks):
        _mark_main_text(blocks, tree)
    kept = [block.main or block.linked < 0.5 or is_prose(block.text) for block in blocks]
    for n, block in enumerate(blocks):
        if block.is_heading and not any(kept[n + 1 : n + 3]) and len(blocks) > n + 2:
            kept[n] = False  # a heading over two such links or more
    if trace.awake:
        dropped = (block.text for block, is_kept in zip(blocks, kept, strict=True) if not is_kept)
        trace.drop(dropped, "links that trafilatura refuses")
    return [block for block, is_kept in zip(blocks, kept, strict=True) if is_kept]


@dataclass(slots=True)
class FoundContainer:
    """inside: the lines of the element that holds the story; before, after: the nearest lines outside it."""

    inside: list[Block] = field(default_factory=list)
    before: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


def find_container(tree: LexborHTMLParser, trace: Trace = _SILENT) -> FoundContainer:
    """The container of a page that no layout matches: the element that holds most of its paragraphs."""
    if tree.body is None:
        return FoundContainer()
    root = cut_out([tree.body], (), trace)
    if root is None:
        return FoundContainer()
    blocks = walk(root)
    _mark_main_text(blocks, root)
    _mark_unstopped(blocks)
    mark_beside_main(blocks)
    _unmark_teasers(blocks)
    container = _shared_element(blocks)
    if container is None:
        return FoundContainer()
    container = _with_parts(container, blocks)
    descendants = set(container.iter())
    places = [n for n, block in enumerate(blocks) if block.element in descendants]
    before, after = blocks[max(0, places[0] - _LINES_BEFORE) : places[0]], blocks[places[-1] + 1 :][:_LINES_AFTER]
    return FoundContainer(_without_comments([blocks[n] for n in places], trace), before, after)


def _mark_unstopped(blocks: list[Block]) -> None:
    """Where more words stand in lines without a full stop than in paragraphs with one, those lines are the paragraphs."""
    stopped_words = sum(word_count(block.text) for block in blocks if block.main and block.is_prose)
    unstopped = [
        block
        for block in blocks
        if block.main
        and block.linked < 0.3
        and block.tag in _PARAGRAPH_TAGS
        and word_count(block.text) >= 7
        and not block.is_prose
    ]
    if len(unstopped) > 1 and sum(word_count(block.text) for block in unstopped) > max(stopped_words, 24):
        for block in unstopped:
            block.unstopped = True


def _unmark_teasers(blocks: list[Block]) -> None:
    """A linked title and one paragraph alone in an element, two or more times, are other stories: no main text."""
    paragraphs_in: Counter[HtmlElement] = Counter()
    for block in blocks:
        if block.is_prose:
            paragraphs_in.update(_near_ancestors(block.element))
    summaries = [
        summary
        for title, summary in pairwise(blocks)
        if title.linked > 0.9
        and summary.is_prose
        and (teaser := _common_ancestor(title, summary)) is not None
        and paragraphs_in[teaser] == 1
    ]
    for block in summaries if len(summaries) > 1 else ():
        block.main = False


def _near_ancestors(element: HtmlElement) -> list[HtmlElement]:
    return list(islice(element.iterancestors(), _TEASER_LEVELS))


def _common_ancestor(title: Block, summary: Block) -> HtmlElement | None:
    """The smallest element that holds both, a few levels up; None if there is none."""
    around_title = {title.element, *_near_ancestors(title.element)}
    return next((ancestor for ancestor in _near_ancestors(summary.element) if ancestor in around_title), None)


def _without_comments(blocks: list[Block], trace: Trace) -> list[Block]:
    """The lines without paragraphs after the last one of the main text that are no main text themselves: readers' comments."""
    last = max((n for n, block in enumerate(blocks) if block.main and block.is_prose), default=len(blocks) - 1)
    kept: list[Block] = []
    dropped: list[Block] = []
    announced_list: HtmlElement | None = None
    for n, block in enumerate(blocks):
        if _begins_announced_list(block, kept):
            announced_list = block.element.getparent()
        if announced_list is not None and block.element.getparent() is announced_list and block.linked < 0.3:
            block.main = True
        is_kept = n <= last or block.main or (block.linked < 0.5 and not is_prose(block.text))
        (kept if is_kept else dropped).append(block)
    trace.drop((block.text for block in dropped), "after the last paragraph that trafilatura believes in")
    return kept


def _begins_announced_list(block: Block, before: list[Block]) -> bool:
    """Whether it is the first item of a list that the paragraph before announces: «وتقترح الدراسة حزمة حلول:»."""
    if not before or block.tag != "li":
        return False
    last = before[-1]
    announces = last.tag == "p" and last.text.endswith(":") and word_count(last.text) > 3
    return announces and last.element.getnext() is block.element.getparent()


def _with_parts(container: HtmlElement, blocks: list[Block]) -> HtmlElement:
    """The container of all parts of a story that is laid out in several elements of one tag and class; else the container given.

    A part has paragraphs without links, and no headline and no linked heading, which would make it another story.
    """
    element: HtmlElement | None = container
    for _ in range(_PART_LEVELS):
        parent = element.getparent() if element is not None else None
        if element is None or parent is None or element.tag in {"body", "html"}:
            return container
        siblings = [
            sibling
            for sibling in parent.iterchildren(str(element.tag))
            if sibling is not element and sibling.get("class") == element.get("class")
        ]
        is_named = element.get("class") or element.tag in {"article", "section"}
        parts = [sibling for sibling in siblings if is_named and not _is_story_of_its_own(sibling)]
        part_of = {descendant: part for part in parts for descendant in part.iter()}
        prose = [block for block in blocks if block.element in part_of and block.linked < 0.3 and block.is_prose]
        if prose and not any(
            boilerplate.closing_strength(_first_line(part_of[block.element], blocks), Catalogue()) for block in prose
        ):
            for block in prose:
                block.main = True
            return _with_parts(parent, blocks)
        element = parent
    return container


def _is_story_of_its_own(element: HtmlElement) -> bool:
    return element.tag in {"li", "p"} or bool(
        element.xpath(".//h1 | .//*[self::h2 or self::h3 or self::h4][a/@href or ancestor::a/@href]")
    )


def _first_line(element: HtmlElement, blocks: list[Block]) -> str:
    descendants = set(element.iter())
    return next((block.text for block in blocks if block.element in descendants), "")


def _shared_element(blocks: list[Block]) -> HtmlElement | None:
    """The deepest element that holds nine tenths of the characters in paragraphs of the main text."""
    characters: Counter[HtmlElement] = Counter()
    total = 0
    for block in blocks:
        if block.main and block.is_prose:
            total += len(block.text)
            characters[block.element] += len(block.text)
            for ancestor in block.element.iterancestors():
                characters[ancestor] += len(block.text)
    candidates = [element for element, count in characters.items() if count >= 0.9 * total]
    shared = max(candidates, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    parent = shared.getparent() if shared is not None and shared.tag in {"p", "blockquote", "li"} else None
    return shared if parent is None else parent  # a story of one long paragraph has short ones beside it
