"""What each kept line was on the page: paragraph, heading, list item, quotation or row of a table."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from lxml.html import HtmlElement

from extractors.article import TextBlock
from extractors.body.blocks import Block

_LEVELS = 4
_LISTS = frozenset({"ul", "ol", "menu"})


def text_blocks(kept: list[Block]) -> tuple[TextBlock, ...]:
    """The body's lines with their structure, in order; their texts joined by a blank line are the body."""
    quotes = [_quotation(block.element) for block in kept]
    common = Counter(quote for quote in quotes if quote is not None)
    # A theme that sets the whole story into one <blockquote> quotes nobody.
    wrapper = next((quote for quote, times in common.most_common(1) if 2 * times > len(kept)), None)
    told: list[TextBlock] = []
    items: set[HtmlElement] = set()
    for block, quote in zip(kept, quotes, strict=True):
        item = _item(block.element)
        if block.is_heading:
            told.append(TextBlock("heading", block.text, int(block.tag[1])))
        elif item is not None and item not in items:
            items.add(item)  # what follows in the same item are paragraphs
            depth = sum(each.tag in _LISTS for each in item.iterancestors())
            told.append(TextBlock("list_item", block.text, max(1, depth)))
        elif quote is not None and quote is not wrapper:
            told.append(TextBlock("quote", block.text))
        elif block.tag == "tr":
            told.append(TextBlock("table_row", block.text))
        else:
            told.append(TextBlock("paragraph", block.text))
    return tuple(told)


def _item(element: HtmlElement) -> HtmlElement | None:
    return next((each for each in (element, *islice(element.iterancestors(), _LEVELS)) if each.tag in {"li", "dt", "dd"}), None)


def _quotation(element: HtmlElement) -> HtmlElement | None:
    return next((each for each in (element, *islice(element.iterancestors(), _LEVELS)) if each.tag == "blockquote"), None)
