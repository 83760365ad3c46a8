"""Boxes set into a story, told by structure and not by their words: a heading over links, a line under a picture, a label in an
element that no paragraph of the story stands in.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice, pairwise

from lxml.html import HtmlElement

from extractors import boilerplate
from extractors.body.labels import LabelledLine, byline_rule
from extractors.boilerplate import PERHAPS, SURE
from extractors.names.signatures import signature
from extractors.text import display, ends_sentence, matching, word_count

_OPEN = frozenset({None, "dateline", "signed"})  # «متظاهرون - رويترز» under a picture is its caption
_CUT_SHORT = re.compile(r"(?:…|\.\.\.?)\s*$")  # a teaser, not a paragraph
_TITLE = 10  # words; no heading of a box is longer
_UNDER_PICTURE = 30
_LABEL, _TITLE_OF_STORY = 6, 4  # words
_SEPARATORS = (":", "|", "»", "›", "←", "-", "–", "—", "..", "…")
_PLAIN = frozenset({"p", "div", "li", "blockquote"})
_LEVELS = 4
_SUMMARIES = 3
_SUMMARY = 60
# A paragraph so named stands before the story and sums it up («itemIntroText» and «lead» name first paragraphs).
_STANDFIRST = re.compile(
    r"(?:^|[\s_-])(?:chapo|chapeau|standfirst|sub-?title|sub-?head(?:line|ing)?|brief|summary|intro|excerpt|abstract|dek|ozet|spot)(?=$|[\s_-])",
    re.IGNORECASE,
)
# A story does not begin so: what stands before was its first paragraph.
_GOES_ON = re.compile(
    r"و(?:قالت?|أضافت?|أوضحت?|أكدت?|كانت?|بحسب|أشارت?|ذكرت?|تابعت?|لفتت?|جاء|يأتي|تأتي|نقلت?|أفادت?|بينت?|كشفت?)\s"
)
_PARTS = frozenset({"div", "span", "section", "a", "center", "header", "footer"})


def mark_boxes(lines: list[LabelledLine]) -> None:
    """Label headings over lists of links, and lines that share an element with a picture and with nothing else."""
    sizes: dict[HtmlElement, int] = {}
    for number, line in enumerate(lines):
        if line.rule not in _OPEN or line.prose:
            continue
        words = word_count(line.text)
        if (
            line.rule is None
            and words <= _TITLE
            and (_is_over_links(line, sizes) or _heads_links(line, lines[number + 1 : number + 3]))
        ) or (line.rule is None and (_is_promotion(line) or _is_labelled_link(line))):
            line.rule = "aside"
        elif words <= _UNDER_PICTURE and not ends_sentence(line.text) and _is_under_picture(line, sizes):
            line.rule = "caption"


def _is_promotion(line: LabelledLine) -> bool:
    """A paragraph all in bold that is mostly a link and no sentence: another story, a label before its title."""
    block = line.block
    return block.tag == "p" and block.linked >= 0.5 and block.bold >= 0.9 and not ends_sentence(line.text)


def _is_labelled_link(line: LabelledLine) -> bool:
    """«من أرشيفنا | title of another story»: a few words and a separator, then one link up to the end of the line."""
    block = line.block
    links = list(block.element.iter("a")) if block.tag in _PLAIN and 0.4 <= block.linked < 0.95 else []
    title = display(links[0].text_content()) if len(links) == 1 else ""
    label = block.text.removesuffix(title).rstrip() if title and block.text.endswith(title) else ""
    other_story = word_count(title) >= _TITLE_OF_STORY and 0 < word_count(label) <= _LABEL
    return other_story and label.endswith(_SEPARATORS) and not _names_source_or_author(line.text)


def _heads_links(heading: LabelledLine, following: list[LabelledLine]) -> bool:
    """Whether two links that are no sentences come next; one is enough under a few words all in bold, «اخترنا لك»."""
    links = [line for line in following if line.rule == "link"]
    bold = heading.block.bold >= 0.9 and word_count(heading.text) <= _LABEL and not heading.block.is_heading
    return len(links) == 2 or (bold and following[:1] == links[:1] and bool(links))


def mark_teasers(lines: list[LabelledLine]) -> None:
    """A paragraph under a linked title in an element of their own, two or more times: other stories, if the story is longer."""
    holds = Counter(line.block.element.getparent() for line in lines if line.prose)
    found = [
        text
        for title, text in pairwise(lines)
        if text.prose
        and title.block.linked > 0.9
        and title.block.element.getparent() is text.block.element.getparent()
        and holds[text.block.element.getparent()] == 1
    ]
    words = sum(word_count(line.text) for line in lines if line.prose)
    if len(found) > 1 and 2 * sum(word_count(line.text) for line in found) < words:
        for line in found:
            line.rule = "card"


def mark_linked_cards(lines: list[LabelledLine]) -> None:
    """Lines of an element that is all one link with blocks inside («<a><h4>…<p>…</a>») are another story's, if this one is told
    in plain paragraphs.
    """
    cards = [line for line in lines if line.rule is None and line.block.linked > 0.9 and _is_inside_link(line.block.element)]
    plain = sum(word_count(line.text) for line in lines if line.prose and line.block.linked < 0.3)
    if 2 * sum(word_count(line.text) for line in cards) < plain:
        for line in cards:
            line.rule = "card"


def _is_inside_link(element: HtmlElement) -> bool:
    return any(above.tag == "a" for above in islice(element.iterancestors(), _LEVELS))


def mark_labels(lines: list[LabelledLine]) -> None:
    """Where all paragraphs are <p>, short lines in bare divisions are labels, buttons and titles of other stories."""
    prose = [n for n, line in enumerate(lines) if line.prose]
    if len(prose) < 3 or any(lines[n].block.tag != "p" for n in prose):
        return
    for line in lines[prose[0] :]:
        free = line.rule is None or line.strength == PERHAPS  # «النشرة البريدية» in a division is no subhead
        loose = free and not line.prose and line.block.tag in _PARTS and line.block.bold < 0.8
        if loose and not _names_source_or_author(line.text):
            line.rule = "label"


def _names_source_or_author(text: str) -> bool:
    """Whether a line after the story can name a source or an author."""
    words = boilerplate.SOURCE_LINE.fullmatch(text) or byline_rule(text) or signature(text)
    return words is not None or matching(text) == "المصدر"


def mark_standfirst(lines: list[LabelledLine]) -> None:
    """What stands in one element with the headline while the story stands elsewhere sums the story up and is no part of it."""
    _mark_named_standfirst(lines)
    title = next((n for n, line in enumerate(lines) if line.rule == "headline" and line.block.is_heading), None)
    box = lines[title].block.element.getparent() if title is not None else None
    if title is None or box is None:
        return
    inside = [
        line for line in lines[title + 1 :] if line.prose and box in (element := line.block.element, *element.iterancestors())
    ]
    if len(inside) <= _SUMMARIES and 2 * len(inside) < sum(line.prose for line in lines):
        for line in inside:
            line.rule = "standfirst"


def _mark_named_standfirst(lines: list[LabelledLine]) -> None:
    """The first paragraph in an element named a standfirst's, if it is short, alone there, and the story is longer."""
    prose = [line for line in lines if line.prose]
    if len(prose) < _SUMMARIES or word_count(prose[0].text) > _SUMMARY:
        return
    first, second = prose[0].block.element, prose[1].block.element
    named = next(
        (each for each in (first, first.getparent()) if each is not None and _STANDFIRST.search(each.get("class") or "")), None
    )
    alone = named is not None and named is not second and named not in second.iterancestors()
    if alone and not goes_on(prose[1].text):
        prose[0].rule = "standfirst"


def goes_on(text: str) -> bool:
    """Whether a paragraph takes up another before it («وقال …»): no story begins so."""
    return _GOES_ON.match(text) is not None


def mark_cards(lines: list[LabelledLine]) -> None:
    """Items of a list that hold a heading, after the last paragraph, are other stories; a story told so is mostly list."""
    known: dict[HtmlElement | None, HtmlElement | None] = {}
    items_of = [_item(line, known) for line in lines]
    prose = [n for n, line in enumerate(lines) if line.prose and items_of[n] is None]
    items = [n for n in range(prose[-1] + 1, len(lines)) if items_of[n] is not None] if prose else []
    if 4 * sum(word_count(lines[n].text) for n in items) < sum(word_count(lines[n].text) for n in prose):
        headed = {items_of[n] for n in items if lines[n].block.is_heading}
        for n in items:
            if items_of[n] in headed:
                lines[n].rule = lines[n].rule or "card"


def _item(line: LabelledLine, known: dict[HtmlElement | None, HtmlElement | None]) -> HtmlElement | None:
    """The list item that a line is or stands in, near above; known: that of each parent looked at before."""
    element = line.block.element
    if element.tag == "li":
        return element
    parent = element.getparent()
    if parent not in known:
        above = (parent, *islice(parent.iterancestors(), 2)) if parent is not None else ()
        known[parent] = next((each for each in above if each.tag == "li"), None)
    return known[parent]


def after_box(lines: list[LabelledLine], number: int) -> int | None:
    """Where the story goes on after the heading at this place and the links under it; None when nothing of it follows.

    It goes on with a plain paragraph in the element that earlier paragraphs stand in, or in one of the same markup, outside the
    box that the heading opens, and from there on more is told than listed.
    """
    earlier = [line.block.element for line in lines[:number] if line.prose]
    parents = {element.getparent() for element in earlier}
    shapes = {markup_of(element) for element in earlier}
    box = box_of(lines[number].block.element, earlier)
    cards = _cards(lines[number + 1 :])
    for n, line in enumerate(lines[number + 1 :], number + 1):
        element = line.block.element
        if not line.prose or line.block.linked >= 0.3 or id(line) in cards or _CUT_SHORT.search(line.text):
            continue
        alike = element.getparent() in parents or markup_of(element) in shapes
        apart = box is None or (element is not box and box not in element.iterancestors())
        if alike and apart and _is_mostly_prose(lines[n:]):
            return n
    return None


def box_of(heading: HtmlElement, earlier: list[HtmlElement]) -> HtmlElement | None:
    """The largest element round the heading in which no earlier paragraph stands; None for one that is bare text among them."""
    around = {above for element in earlier for above in (element, *element.iterancestors())}
    if heading in around:
        return None
    box = heading
    for above in heading.iterancestors():
        if above in around:
            break
        box = above
    return box


def _cards(lines: list[LabelledLine]) -> frozenset[int]:
    """Paragraphs under a linked title each, two or more: other stories."""
    found = [
        id(text)
        for title, text in pairwise(lines)
        if text.prose and title.block.linked > 0.9 and title.block.element.getparent() is text.block.element.getparent()
    ]
    return frozenset(found if len(found) > 1 else ())


def _is_mostly_prose(lines: list[LabelledLine]) -> bool:
    """Whether most of what stands here up to the next closing phrase is told in paragraphs."""
    end = next((n for n, line in enumerate(lines) if n and line.strength == SURE), len(lines))
    words = sum(word_count(line.text) for line in lines[:end] if line.prose)
    return 2 * words > sum(word_count(line.text) for line in lines[:end])


def markup_of(element: HtmlElement) -> tuple[tuple[str, str | None], ...]:
    """The element and what it stands in, as tags and classes."""
    steps = (element, *islice(element.iterancestors(), _LEVELS - 1))
    return tuple((str(step.tag), step.get("class")) for step in steps)


def _is_over_links(line: LabelledLine, sizes: dict[HtmlElement, int]) -> bool:
    """Whether an element near above the line holds it and links and hardly anything besides."""
    element = line.block.element
    if line.block.linked > 0.3 or element.tag in {"p", "li", "td", "th"}:
        return False
    for box in islice(element.iterancestors(), 3):
        if box.tag in {"body", "html", "article", "main"}:
            return False
        rest = _size_of(box, sizes) - _size(line.text)
        if rest > 0:
            return sum(_size_of(each, sizes) for each in box.iter("a")) >= 0.6 * rest
    return False


def _size(text: str) -> int:
    return len("".join(text.split()))


def _size_of(element: HtmlElement, sizes: dict[HtmlElement, int]) -> int:
    """How many characters that are no white space an element holds; sizes: those known already, added to."""
    if element not in sizes:
        sizes[element] = _size(element.text_content())
    return sizes[element]


def _is_under_picture(line: LabelledLine, sizes: dict[HtmlElement, int]) -> bool:
    """Whether the line's element, or the one round it, holds a picture and no other text."""
    size = _size(line.text)
    element: HtmlElement | None = line.block.element
    for _ in range(2):
        if element is None or element.tag in {"body", "html", "li", "td"}:
            return False
        if next(element.iter("img", "amp-img", "picture"), None) is not None:
            return _size_of(element, sizes) <= size
        element = element.getparent()
    return False
