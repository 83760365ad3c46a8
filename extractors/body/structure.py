"""What each kept line was on the page: paragraph, heading, list item, quotation or row of a table."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from lxml.html import HtmlElement

from extractors.article import TextBlock
from extractors.body.blocks import Block

_LEVELS = 4
_ITEMS = frozenset({"li", "dt", "dd"})
_LISTS = frozenset({"ul", "ol", "menu"})


def text_blocks(kept: list[Block]) -> tuple[TextBlock, ...]:
    """The body's lines with their structure, in order; their texts joined by a blank line are the body."""
    around = {parent: _around(parent) for parent in {block.element.getparent() for block in kept}}
    places = [_own(block.element) or around[block.element.getparent()] for block in kept]
    quotes = [quote for _, quote in places]
    common = Counter(quote for quote in quotes if quote is not None)
    # A theme that sets the whole story into one <blockquote> quotes nobody.
    wrapper = next((quote for quote, times in common.most_common(1) if 2 * times > len(kept)), None)
    blocks: list[TextBlock] = []
    items: set[HtmlElement] = set()
    for block, (item, quote) in zip(kept, places, strict=True):
        if block.is_heading:
            blocks.append(TextBlock("heading", block.text, int(block.tag[1])))
        elif item is not None and item not in items:
            items.add(item)  # what follows in the same item are paragraphs
            depth = sum(each.tag in _LISTS for each in item.iterancestors())
            blocks.append(TextBlock("list_item", block.text, max(1, depth)))
        elif quote is not None and quote is not wrapper:
            blocks.append(TextBlock("quote", block.text))
        elif block.tag == "tr":
            blocks.append(TextBlock("table_row", block.text))
        else:
            blocks.append(TextBlock("paragraph", block.text))
    return tuple(blocks)


def _own(element: HtmlElement) -> tuple[HtmlElement | None, HtmlElement | None] | None:
    """The list item and the quotation that the line itself is; None for a line that is neither."""
    if element.tag in _ITEMS:
        return element, None
    return (None, element) if element.tag == "blockquote" else None


def _around(element: HtmlElement | None) -> tuple[HtmlElement | None, HtmlElement | None]:
    """The nearest list item and the nearest quotation round a line, a few levels up."""
    above = [element, *islice(element.iterancestors(), _LEVELS)] if element is not None else []
    item = next((each for each in above if each.tag in _ITEMS), None)
    return item, next((each for each in above if each.tag == "blockquote"), None)
