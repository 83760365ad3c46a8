"""Lines of boxes set into a story, told by markup and not by their words: a heading over links, a caption under a picture, a
label outside the elements that hold paragraphs.
"""

from __future__ import annotations

from itertools import islice

from lxml.html import HtmlElement

from extractors import boilerplate
from extractors.body.labels import LabelledLine, byline_rule
from extractors.boilerplate import PERHAPS
from extractors.names.signatures import signature
from extractors.text import display, ends_sentence, matching, word_count

_MAYBE_CAPTION = frozenset({None, "dateline", "signed"})  # «متظاهرون - رويترز» under a picture is its caption
_MAX_WORDS_OF_HEADING = 10
_MAX_WORDS_OF_CAPTION = 30
_MAX_WORDS_OF_LABEL = 6  # «اخترنا لك», and what stands before a linked title
_MIN_WORDS_OF_TITLE = 4  # of another story
_SEPARATORS = (":", "|", "»", "›", "←", "-", "–", "—", "..", "…")
_TEXT_TAGS = frozenset({"p", "div", "li", "blockquote"})
_BARE_TAGS = frozenset({"div", "span", "section", "a", "center", "header", "footer"})


def mark_boxes(lines: list[LabelledLine]) -> None:
    """Label `aside` headings over lists of links and links to other stories, `caption` lines alone with a picture."""
    sizes: dict[HtmlElement, int] = {}
    for number, line in enumerate(lines):
        if line.rule not in _MAYBE_CAPTION or line.prose:
            continue
        words = word_count(line.text)
        if (
            line.rule is None
            and words <= _MAX_WORDS_OF_HEADING
            and (_shares_element_with_links(line, sizes) or _precedes_links(line, lines[number + 1 : number + 3]))
        ) or (line.rule is None and (_is_bold_link(line) or _is_labelled_link(line))):
            line.rule = "aside"
        elif words <= _MAX_WORDS_OF_CAPTION and not ends_sentence(line.text) and _is_alone_with_picture(line, sizes):
            line.rule = "caption"


def _is_bold_link(line: LabelledLine) -> bool:
    """A paragraph all in bold that is mostly a link and no sentence: a label and the title of another story."""
    block = line.block
    return block.tag == "p" and block.linked >= 0.5 and block.bold >= 0.9 and not ends_sentence(line.text)


def _is_labelled_link(line: LabelledLine) -> bool:
    """«من أرشيفنا | title of another story»: a few words and a separator, then one link up to the end of the line."""
    block = line.block
    links = list(block.element.iter("a")) if block.tag in _TEXT_TAGS and 0.4 <= block.linked < 0.95 else []
    title = display(links[0].text_content()) if len(links) == 1 else ""
    label = block.text.removesuffix(title).rstrip() if title and block.text.endswith(title) else ""
    other_story = word_count(title) >= _MIN_WORDS_OF_TITLE and 0 < word_count(label) <= _MAX_WORDS_OF_LABEL
    return other_story and label.endswith(_SEPARATORS) and not _names_source_or_author(line.text)


def _precedes_links(heading: LabelledLine, following: list[LabelledLine]) -> bool:
    """Whether two links that are no sentences come next; one is enough under a few words all in bold, «اخترنا لك»."""
    links = [line for line in following if line.rule == "link"]
    is_label = heading.block.bold >= 0.9 and word_count(heading.text) <= _MAX_WORDS_OF_LABEL and not heading.block.is_heading
    return len(links) == 2 or (is_label and following[:1] == links[:1] and bool(links))


def mark_labels(lines: list[LabelledLine]) -> None:
    """Label `label` short lines in bare elements where all paragraphs are <p>: buttons, sections, titles of other stories."""
    prose = [n for n, line in enumerate(lines) if line.prose]
    if len(prose) < 3 or any(lines[n].block.tag != "p" for n in prose):
        return
    for line in lines[prose[0] :]:
        unlabelled = line.rule is None or line.strength == PERHAPS  # «النشرة البريدية» in a division is no subhead
        in_bare_element = line.block.tag in _BARE_TAGS and line.block.bold < 0.8
        if unlabelled and not line.prose and in_bare_element and not _names_source_or_author(line.text):
            line.rule = "label"


def _names_source_or_author(text: str) -> bool:
    """Whether a line after the story can name a source or an author."""
    named = boilerplate.SOURCE_LINE.fullmatch(text) or byline_rule(text) or signature(text)
    return named is not None or matching(text) == "المصدر"


def _shares_element_with_links(line: LabelledLine, sizes: dict[HtmlElement, int]) -> bool:
    """Whether a near ancestor of the line holds links and hardly any other text besides the line."""
    element = line.block.element
    if line.block.linked > 0.3 or element.tag in {"p", "li", "td", "th"}:
        return False
    for ancestor in islice(element.iterancestors(), 3):
        if ancestor.tag in {"body", "html", "article", "main"}:
            return False
        rest = _size_of(ancestor, sizes) - _size(line.text)
        if rest > 0:
            return sum(_size_of(link, sizes) for link in ancestor.iter("a")) >= 0.6 * rest
    return False


def _is_alone_with_picture(line: LabelledLine, sizes: dict[HtmlElement, int]) -> bool:
    """Whether the line's element, or its parent, holds a picture and no other text."""
    size = _size(line.text)
    element: HtmlElement | None = line.block.element
    for _ in range(2):
        if element is None or element.tag in {"body", "html", "li", "td"}:
            return False
        if next(element.iter("img", "amp-img", "picture"), None) is not None:
            return _size_of(element, sizes) <= size
        element = element.getparent()
    return False


def _size(text: str) -> int:
    """Characters that are no white space."""
    return len("".join(text.split()))


def _size_of(element: HtmlElement, sizes: dict[HtmlElement, int]) -> int:
    """The size of all text in an element; sizes: those known already, added to."""
    if element not in sizes:
        sizes[element] = _size(element.text_content())
    return sizes[element]
