"""The body of a page: the container that a layout names, or the one that its paragraphs share; its lines; trafilatura's
opinion of them.

trafilatura gets decoded trees only, keeps no state (`deduplicate` off) and dates nothing. It judges, it does not write: it may
join words at inline tags and loses short subheads, so that the text is always that of our own walk over the same tree.
"""

from __future__ import annotations

import logging
from collections import Counter

from lxml import html as lxml_html
from lxml.etree import ParserError
from lxml.html import HtmlElement
from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura import bare_extraction

from extractors.blocks import Block, walk
from extractors.layouts import DROP
from extractors.text import is_prose

SHORT = 20
# Its warnings («discarding data: None») name no page; whether a page has a body is told by the reader's own result.
logging.getLogger("trafilatura").setLevel(logging.ERROR)
_PARSER = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)


def cut_out(container: LexborNode, drop: tuple[str, ...] = ()) -> HtmlElement | None:
    """The container as an lxml tree without what is never story. The Lexbor tree loses these nodes: read fields first."""
    for node in container.css(", ".join((DROP, *drop))):
        if not _is_root(node, container):
            node.decompose()
    # Inside <article>, trafilatura sees at once where the story is and does not search the "wild".
    return (
        parse_fragment(f"<article>{container.html or ''}</article>")
        if container.tag != "body"
        else parse_fragment(container.html or "")
    )


def parse_fragment(markup: str) -> HtmlElement | None:
    """Markup as an lxml tree; None when there is nothing in it."""
    if not markup.strip():
        return None
    try:
        return lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=_PARSER)
    except ParserError:  # nothing but comments
        return None


def _is_root(node: LexborNode, container: LexborNode) -> bool:
    return node.mem_id == container.mem_id


def judge(blocks: list[Block], tree: HtmlElement) -> None:
    """Mark each line that trafilatura does not take for main text of the tree; none when it finds nothing at all."""
    document = bare_extraction(
        tree, fast=True, include_comments=False, include_tables=True, with_metadata=False, deduplicate=False
    )
    text = getattr(document, "text", None)
    if not text:
        return
    lines = {_squeezed(line) for line in text.splitlines()}
    main = _squeezed(text)
    for block in blocks:
        form = _squeezed(block.text)
        # A few letters are found in any text by chance: short lines must be lines there too.
        block.main = form in lines or (len(form) >= SHORT and form in main)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def from_container(tree: HtmlElement) -> list[Block]:
    """The lines of a container named by a layout, without link lists that trafilatura refuses too.

    It is asked only where there is a question: a container of plain paragraphs and headings answers itself (a third of the
    time saved).
    """
    blocks = walk(tree)
    if any(not block.is_heading and (block.linked >= 0.5 or not is_prose(block.text)) for block in blocks):
        judge(blocks, tree)
    return [block for block in blocks if block.main or block.linked < 0.5 or is_prose(block.text)]


def from_page(tree: LexborHTMLParser) -> list[Block]:
    """The lines of the element that the page's paragraphs share, on a page that no layout knows."""
    if tree.body is None:
        return []
    root = cut_out(tree.body)
    if root is None:
        return []
    blocks = walk(root)
    judge(blocks, root)
    container = _shared_element(blocks)
    if container is None:
        return []
    inside = set(container.iter())
    return _main_run([block for block in blocks if block.element in inside])


def _main_run(blocks: list[Block]) -> list[Block]:
    """All lines up to the last paragraph that trafilatura believes in; after it no paragraph that it refuses (comments)."""
    last = max((n for n, block in enumerate(blocks) if block.main and is_prose(block.text)), default=len(blocks) - 1)
    return [
        block for n, block in enumerate(blocks) if n <= last or block.main or (block.linked < 0.5 and not is_prose(block.text))
    ]


def _shared_element(blocks: list[Block]) -> HtmlElement | None:
    """The deepest element that holds nine tenths of the believed prose."""
    weights: Counter[HtmlElement] = Counter()
    total = 0
    for block in blocks:
        if block.main and is_prose(block.text):
            total += len(block.text)
            weights[block.element] += len(block.text)
            for ancestor in block.element.iterancestors():
                weights[ancestor] += len(block.text)
    best = [element for element, weight in weights.items() if weight >= 0.9 * total]
    shared = max(best, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    parent = shared.getparent() if shared is not None and shared.tag in {"p", "blockquote", "li"} else None
    return shared if parent is None else parent  # a story of one long paragraph has short ones beside it
