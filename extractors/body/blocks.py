"""A container as lines of text in reading order. Inline tags neither join nor split words; blocks, list items, rows and <br>
end a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lxml.html import HtmlElement

from extractors.text import display, has_signs, is_prose

_INLINE = frozenset(
    [
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
        "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
        "wbr", "o:p", "shape"
    ]
)  # fmt: skip
_SILENT = frozenset(
    [
        "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "video", "audio", "select", "option",
        "textarea", "button", "input", "head", "title", "meta", "link", "img", "picture", "source", "canvas", "map"
    ]
)  # fmt: skip
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item|flow-root)\b", re.IGNORECASE)
_CELL, _CELL_PARTS = 120, 2  # characters; paragraphs and line ends in one cell
_EMPHASIS = frozenset({"b", "strong", "u", "h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(slots=True)
class Block:
    """One line. tag: the block element it stands in; linked, bold: how much of its text is inside <a>, inside <b> and the like
    (0-1).

    main: whether trafilatura takes it for main text too; unstopped: a paragraph of a story whose newsroom ends none with a stop
    (both set by `container.py`).
    """

    text: str
    tag: str
    linked: float
    bold: float
    element: HtmlElement
    main: bool = True
    unstopped: bool = False

    @property
    def is_prose(self) -> bool:
        """Whether the line reads as a paragraph."""
        return self.unstopped or is_prose(self.text)

    @property
    def is_heading(self) -> bool:
        """Whether the line stands in h1 to h6."""
        return self.tag in _HEADINGS


class _BlockCollector:
    """Collects text until a boundary, then closes the line."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._linked = 0
        self._bold = 0

    def close(self, element: HtmlElement, tag: str) -> None:
        if self._parts:
            raw = "".join(self._parts)
            text = display(raw)
            if has_signs(text):
                size = max(1, len(text))
                self.blocks.append(Block(text, tag, min(1.0, self._linked / size), min(1.0, self._bold / size), element))
            self._parts.clear()
        self._linked = self._bold = 0

    def text(self, text: str | None, linked: bool, bold: bool) -> None:
        if text:
            self._parts.append(text)
            size = len(text.strip())
            self._linked += size * linked
            self._bold += size * bold


@dataclass(slots=True)
class _Frame:
    """An element being walked. block, tag: the block its text stands in; ends: what happens when it is left.

    in_cell: it stands in a row of data, which is one line.
    """

    element: HtmlElement
    children: Iterator[HtmlElement]
    block: HtmlElement
    tag: str
    linked: bool
    bold: bool
    ends: Literal["inline", "cell", "block"]
    in_cell: bool = False


def walk(root: HtmlElement) -> list[Block]:
    """The lines of a container. Table rows of short cells are one line, so that figures stay beside their labels.

    The stack is our own: pages nest deeper than Python recurses.
    """
    state = _BlockCollector()
    state.text(root.text, False, False)
    stack = [_Frame(root, iter(root), root, "div", False, False, "block")]
    while stack:
        frame = stack[-1]
        inner = _advance(frame, state)
        if inner is not None:
            stack.append(inner)
            continue
        stack.pop()
        if frame.ends == "block":
            state.close(frame.block, frame.tag)
        outer = stack[-1] if stack else None
        if outer is not None:
            if frame.ends == "cell":
                state.text(" ", outer.linked, outer.bold)
            _add_text(frame.element.tail, outer, state)
    return state.blocks


def _advance(frame: _Frame, state: _BlockCollector) -> _Frame | None:
    """Read on to the next child that holds something; None when there is none left."""
    for child in frame.children:
        name = child.tag
        if isinstance(name, str) and name not in _SILENT and name != "br":
            linked, bold = frame.linked or (name == "a" and "href" in child.attrib), frame.bold or name in _EMPHASIS
            ends: Literal["inline", "cell", "block"] = "inline"
            if name in {"td", "th"} and _is_figures(frame.element):
                ends = "cell"
            elif name not in _INLINE or _is_shown_as_block(child):
                ends = "cell" if frame.in_cell else "block"
            if ends == "block":
                state.close(frame.block, frame.tag)
            elif ends == "cell":
                state.text(" ", frame.linked, frame.bold)
            block, tag = (child, name) if ends == "block" else (frame.block, frame.tag)
            inner = _Frame(child, iter(child), block, tag, linked, bold, ends, frame.in_cell or ends == "cell")
            _add_text(child.text, inner, state)
            return inner
        if name == "br" and frame.in_cell:
            state.text(" ", frame.linked, frame.bold)
        elif name == "br":
            state.close(frame.block, frame.tag)
        _add_text(child.tail, frame, state)
    return None


def _is_shown_as_block(element: HtmlElement) -> bool:
    """Whether an inline tag stands on lines of its own all the same («display: block»)."""
    style = element.get("style")
    return style is not None and _BLOCK_STYLE.search(style) is not None


def _add_text(text: str | None, frame: _Frame, state: _BlockCollector) -> None:
    """Add text where it stands; in <pre> its own line ends are line ends."""
    if text and frame.tag == "pre" and "\n" in text:
        for line in text.split("\n")[:-1]:
            state.text(line, frame.linked, frame.bold)
            state.close(frame.block, "p")
        text = text.rpartition("\n")[2]
    state.text(text, frame.linked, frame.bold)


def _is_figures(row: HtmlElement) -> bool:
    """A row of data: several cells, all short, with one paragraph each at most and no list (layout tables hold more)."""
    cells = [cell for cell in row if cell.tag in {"td", "th"}]
    return len(cells) > 1 and all(len(cell) == 0 or _is_plain(cell) for cell in cells) and all(map(_is_short, cells))


def _is_plain(cell: HtmlElement) -> bool:
    parts = sum(1 for _ in cell.iter("p", "div", "br"))
    return not parts or (
        parts <= _CELL_PARTS and next(cell.iter("ul", "ol", "table", "a", "h1", "h2", "h3", "img"), None) is None
    )


def _is_short(cell: HtmlElement) -> bool:
    return len(cell.text_content()) < _CELL
