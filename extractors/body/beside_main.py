"""Paragraphs that trafilatura does not take for main text though they go on with it: it looks for one element, and a story may
stand half in an element of its own, half beside it.
"""

from __future__ import annotations

from collections import defaultdict

from lxml.html import HtmlElement

from extractors import boilerplate
from extractors.body.blocks import Block
from extractors.outlet import Catalogue
from extractors.text import word_count

_SHARE = 4  # such paragraphs count from a quarter of the words of the main text
_FEW = 2  # paragraphs
_PLAIN = 0.8  # share of a box's text that stands in paragraphs
_HARDLY_LINKED = 0.3


def mark_beside_main(blocks: list[Block]) -> None:
    """Set `main` of the paragraphs of a box that stands among paragraphs of the main text, or in which the element of these
    stands; the box holds hardly anything else, and a good part of the text.
    """
    main = [block for block in blocks if block.main and _is_paragraph(block)]
    parents = {block.element.getparent() for block in main}
    around = {parent.getparent() for parent in parents if parent is not None}
    boxes: dict[HtmlElement, list[Block]] = defaultdict(list)
    for block in blocks:
        parent = block.element.getparent() if not block.main else None
        if parent is not None and (parent in around or parent in parents or parent.getparent() in parents):
            boxes[parent].append(block)
    words = sum(word_count(block.text) for block in main)
    for lines in boxes.values():
        paragraphs = [block for block in lines if _is_paragraph(block)]
        if len(paragraphs) >= _FEW and _SHARE * sum(word_count(block.text) for block in paragraphs) >= words and _is_plain(lines):
            for block in paragraphs:
                block.main = True


def _is_paragraph(block: Block) -> bool:
    return block.linked < _HARDLY_LINKED and block.is_prose


def _is_plain(lines: list[Block]) -> bool:
    if boilerplate.closing_strength(lines[0].text, Catalogue()):
        return False
    in_paragraphs = sum(len(block.text) for block in lines if _is_paragraph(block))
    return in_paragraphs >= _PLAIN * sum(len(block.text) for block in lines)
