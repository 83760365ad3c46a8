"""The body of a page: the container that a layout names, or the one that its paragraphs share; its lines; trafilatura's
opinion of them.

trafilatura gets decoded trees only, keeps no state (`deduplicate` off) and dates nothing. It judges, it does not write: it may
join words at inline tags and loses short subheads, so that the text is always that of our own walk over the same tree.
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
from extractors.body.blocks import Block, walk
from extractors.body.removal import cut_out, parse_fragment
from extractors.outlet import Catalogue
from extractors.text import is_prose, squeezed, word_count
from extractors.trace import Trace

SHORT = 20
_MANY = 3_000
_CARD_LEVELS = 4
_PART_LEVELS = 4
_AROUND = (16, 4)  # lines before and after the story in which its date, author and source are looked for
_PARAGRAPHS = frozenset({"p", "div", "section", "article", "span", "font", "main", "td", "pre", "body"})
# Its warnings («discarding data: None») name no page; whether a page has a body is told by the reader's own result.
logging.getLogger("trafilatura").setLevel(logging.ERROR)
_SILENT = Trace(awake=False)


def page_lines(tree: LexborHTMLParser) -> list[Block]:
    """Every line of a page, with nothing cut away."""
    root = parse_fragment(tree.body.html or "") if tree.body is not None else None
    return walk(root) if root is not None else []


def judge(blocks: list[Block], tree: HtmlElement) -> None:
    """Mark each line that trafilatura does not take for main text of the tree; none when it finds nothing at all, and none of a
    book: thousands of paragraphs are no menu and no comments, and to judge them takes seconds.
    """
    if len(blocks) >= _MANY and sum(block.is_prose for block in blocks) >= _MANY:
        return
    document = bare_extraction(
        tree, fast=True, include_comments=False, include_tables=True, with_metadata=False, deduplicate=False
    )
    text = getattr(document, "text", None)
    if not text:
        return
    lines = {squeezed(line) for line in text.splitlines()}
    main = squeezed(text) if len(blocks) < _MANY else ""  # to look for every line in a book is quadratic
    for block in blocks:
        form = squeezed(block.text)
        # A few letters are found in any text by chance: short lines must be lines there too.
        block.main = form in lines or (len(form) >= SHORT and form in main)


def from_container(tree: HtmlElement, trace: Trace = _SILENT) -> list[Block]:
    """The lines of a container named by a layout, without link lists that trafilatura refuses too.

    It is asked only where there is a question: a container of plain paragraphs and headings answers itself (a third of the
    time saved).
    """
    blocks = walk(tree)
    if any(not block.is_heading and (block.linked >= 0.5 or not is_prose(block.text)) for block in blocks):
        judge(blocks, tree)
    stays = [block.main or block.linked < 0.5 or is_prose(block.text) for block in blocks]
    for n, block in enumerate(blocks):
        if block.is_heading and not any(stays[n + 1 : n + 3]) and len(blocks) > n + 2:
            stays[n] = False  # a heading over two such links or more
    if trace.awake:
        refused = (block.text for block, kept in zip(blocks, stays, strict=True) if not kept)
        trace.drop(refused, "links that trafilatura refuses")
    return [block for block, kept in zip(blocks, stays, strict=True) if kept]


@dataclass(slots=True)
class FoundContainer:
    """The lines of the element that holds the story, and those right before and after it."""

    inside: list[Block] = field(default_factory=list)
    before: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


def from_page(tree: LexborHTMLParser, trace: Trace = _SILENT) -> FoundContainer:
    """The lines of the element that the page's paragraphs share, on a page that no layout knows."""
    if tree.body is None:
        return FoundContainer()
    root = cut_out([tree.body], trace=trace)
    if root is None:
        return FoundContainer()
    blocks = walk(root)
    judge(blocks, root)
    _mark_unstopped(blocks)
    _refuse_cards(blocks)
    container = _shared_element(blocks)
    if container is None:
        return FoundContainer()
    container = _with_parts(container, blocks)
    within = set(container.iter())
    places = [n for n, block in enumerate(blocks) if block.element in within]
    before, after = blocks[max(0, places[0] - _AROUND[0]) : places[0]], blocks[places[-1] + 1 :][: _AROUND[1]]
    return FoundContainer(_main_run([blocks[n] for n in places], trace), before, after)


def _mark_unstopped(blocks: list[Block]) -> None:
    """Where more text stands in lines without a stop than in paragraphs with one, those lines are the paragraphs."""
    stopped = sum(word_count(block.text) for block in blocks if block.main and block.is_prose)
    others = [
        block
        for block in blocks
        if block.main and block.linked < 0.3 and block.tag in _PARAGRAPHS and word_count(block.text) >= 7 and not block.is_prose
    ]
    if len(others) > 1 and sum(word_count(block.text) for block in others) > max(stopped, 24):
        for block in others:
            block.unstopped = True


def _refuse_cards(blocks: list[Block]) -> None:
    """Teasers: a linked title and one paragraph in an element of their own, several times. They are other stories."""
    paragraphs: Counter[HtmlElement] = Counter()
    for block in blocks:
        if block.is_prose:
            paragraphs.update(_near(block.element))
    teasers = [
        text
        for title, text in pairwise(blocks)
        if title.linked > 0.9 and text.is_prose and (card := _card(title, text)) is not None and paragraphs[card] == 1
    ]
    for block in teasers if len(teasers) > 1 else ():
        block.main = False


def _near(element: HtmlElement) -> list[HtmlElement]:
    return list(islice(element.iterancestors(), _CARD_LEVELS))


def _card(title: Block, text: Block) -> HtmlElement | None:
    """The smallest element near both that holds them."""
    own = {title.element, *_near(title.element)}
    return next((each for each in _near(text.element) if each in own), None)


def _main_run(blocks: list[Block], trace: Trace) -> list[Block]:
    """All lines up to the last paragraph that trafilatura believes in; after it no paragraph that it refuses (comments)."""
    last = max((n for n, block in enumerate(blocks) if block.main and block.is_prose), default=len(blocks) - 1)
    kept: list[Block] = []
    refused: list[Block] = []
    announced: HtmlElement | None = None
    for n, block in enumerate(blocks):
        if _is_announced(block, kept):
            announced = block.element.getparent()
        if announced is not None and block.element.getparent() is announced and block.linked < 0.3:
            block.main = True
        goes_on = n <= last or block.main or (block.linked < 0.5 and not is_prose(block.text))
        (kept if goes_on else refused).append(block)
    trace.drop((block.text for block in refused), "after the last paragraph that trafilatura believes in")
    return kept


def _is_announced(block: Block, before: list[Block]) -> bool:
    """The first item of the list that the paragraph before it announces: «وتقترح الدراسة حزمة حلول:»."""
    if not before or block.tag != "li":
        return False
    last = before[-1]
    announces = last.tag == "p" and last.text.endswith(":") and word_count(last.text) > 3
    return announces and last.element.getnext() is block.element.getparent()


def _with_parts(container: HtmlElement, blocks: list[Block]) -> HtmlElement:
    """The element that holds this one and others named alike that tell on: a story laid out in several pieces.

    A piece has plain prose, and no headline and no linked heading, which would make it another story.
    """
    element: HtmlElement | None = container
    for _ in range(_PART_LEVELS):
        parent = element.getparent() if element is not None else None
        if element is None or parent is None or element.tag in {"body", "html"}:
            return container
        alike = [
            each
            for each in parent.iterchildren(str(element.tag))
            if each is not element and each.get("class") == element.get("class")
        ]
        named = element.get("class") or element.tag in {"article", "section"}
        parts = {piece: each for each in alike if named and not _is_story_of_its_own(each) for piece in each.iter()}
        prose = [block for block in blocks if block.element in parts and block.linked < 0.3 and block.is_prose]
        if prose and not any(
            boilerplate.closing_strength(_first_line(parts[block.element], blocks), Catalogue()) for block in prose
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
    within = set(element.iter())
    return next((block.text for block in blocks if block.element in within), "")


def _shared_element(blocks: list[Block]) -> HtmlElement | None:
    """The deepest element that holds nine tenths of the believed prose."""
    weights: Counter[HtmlElement] = Counter()
    total = 0
    for block in blocks:
        if block.main and block.is_prose:
            total += len(block.text)
            weights[block.element] += len(block.text)
            for ancestor in block.element.iterancestors():
                weights[ancestor] += len(block.text)
    best = [element for element, weight in weights.items() if weight >= 0.9 * total]
    shared = max(best, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    parent = shared.getparent() if shared is not None and shared.tag in {"p", "blockquote", "li"} else None
    return shared if parent is None else parent  # a story of one long paragraph has short ones beside it
