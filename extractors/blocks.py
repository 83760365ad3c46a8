"""A container as lines of text in reading order. Inline tags neither join nor split words; blocks, list items, rows and <br>
end a line.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement

from extractors.text import display, has_signs

_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "o:p",
        "shape",
    ]
)
_SILENT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "iframe",
        "object",
        "embed",
        "video",
        "audio",
        "select",
        "option",
        "textarea",
        "button",
        "input",
        "head",
        "title",
        "meta",
        "link",
        "img",
        "picture",
        "source",
        "canvas",
        "map",
    ]
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_EMPHASIS = frozenset({"b", "strong", "u", "h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(slots=True)
class Block:
    """One line. tag: the block element it stands in; linked, bold: how much of its text is inside <a>, inside <b> and the like
    (0-1).

    main: whether trafilatura takes it for main text too (set by `body.py`).
    """

    text: str
    tag: str
    linked: float
    bold: float
    element: HtmlElement
    main: bool = True

    @property
    def is_heading(self) -> bool:
        """Whether the line stands in h1 to h6."""
        return self.tag in _HEADINGS


class _Walk:
    """Collects text until a boundary, then closes the line. Runs over a tree without recursion in Python's stack depth per
    sibling.
    """

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


def walk(root: HtmlElement) -> list[Block]:
    """The lines of a container. Table rows of short cells are one line, so that figures stay beside their labels."""
    state = _Walk()
    _visit(root, root, "div", False, False, state)
    state.close(root, "div")
    return state.blocks


def _visit(element: HtmlElement, block: HtmlElement, tag: str, linked: bool, bold: bool, state: _Walk) -> None:
    state.text(element.text, linked, bold)
    for child in element:
        name = child.tag
        if not isinstance(name, str) or name in _SILENT:
            pass
        elif name == "br":
            state.close(block, tag)
        elif name in _INLINE:
            _visit(child, block, tag, linked or name == "a", bold or name in _EMPHASIS, state)
        elif name in {"td", "th"} and _is_figures(element):
            _visit(child, block, tag, linked, bold, state)
            state.text(" ", linked, bold)
        else:
            state.close(block, tag)
            _visit(child, child, name, linked or name == "a", bold or name in _EMPHASIS, state)
            state.close(child, name)
        state.text(child.tail, linked, bold)


def _is_figures(row: HtmlElement) -> bool:
    """A row of data: several cells, all short and without blocks inside (layout tables hold paragraphs)."""
    cells = [cell for cell in row if cell.tag in {"td", "th"}]
    return (
        len(cells) > 1
        and all(len(cell) == 0 or (cell.find(".//p") is None and cell.find(".//br") is None) for cell in cells)
        and all(len(cell.text_content()) < 120 for cell in cells)
    )
