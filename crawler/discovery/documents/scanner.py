"""A scanner of XML-like text for lists of entries (feeds, sitemaps), made for documents that are not well-formed.

An XML parser ends at the first error, or repairs it by a guess; libxml2 in recovery drops what follows a raw `&` and holds the
whole tree in memory. Here an undeclared prefix, a raw `&`, a missing end tag or a wrong nesting costs at most the entry in which
it stands. Entities are never declared or resolved, only the predefined ones of HTML are. Time is linear in the length of the
text, memory that of one entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.entities import html5
from typing import Final, Protocol

MOST_CHARACTERS: Final = 8_192
"""Of one value. sitemaps.org allows 2,047 in an address; what is longer than this is no value."""
MOST_ELEMENTS: Final = 3_000_000
"""Elements scanned of one document, and of those before its root (a notice of PHP has few)."""
MOST_BEFORE_ROOT: Final = 1_000
MOST_NESTED: Final = 64
"""Depth to which open elements are told apart."""
_TOKEN: Final = re.compile(r"<!\[CDATA\[|<!--|<(?P<end>/?)(?P<name>[^\W\d][^\s<>/]*+)(?P<attributes>[^<>]*+)>")
_REFERENCE: Final = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,30});")
_ATTRIBUTE: Final = re.compile(r"""(?<![^\s"'])([\w:.-]{1,99})\s{0,99}=\s{0,99}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


@dataclass(frozen=True, slots=True)
class Element:
    """An element that was closed. Names are lower case, local (without prefix); parent: that of the element around it."""

    name: str
    prefix: str
    parent: str
    ancestors: tuple[str, ...]
    attributes: str
    text: str

    def attribute(self, name: str) -> str:
        """The value of an attribute; "" if there is none."""
        return attributes_of(self.attributes).get(name, "")


class Handler(Protocol):
    """Takes what the scanner finds."""

    def opened(self, prefix: str, attributes: str) -> None:
        """An entry begins; the prefix and attributes of its element."""

    def element(self, element: Element, *, in_entry: bool) -> None:
        """An element inside an entry, or outside all, was closed."""

    def closed(self) -> None:
        """The entry ends. Not called for the one that a cut document leaves open at its end."""


class Scanner:
    """Reads a text once. After `scan`: root, the name of the root element ("" if there is none); first, the name of the first
    element, whatever it is; root_attributes; entry, the name of the entry that was opened last; whole, whether the root element
    was closed and all was scanned.
    """

    def __init__(self, roots: frozenset[str], entries: frozenset[str]) -> None:
        self._roots, self._entries = roots, entries
        self.root = self.first = self.root_attributes = self.entry = ""
        self.whole = False
        self._in_entry = False
        self._open: list[tuple[str, str, str]] = []
        self._deeper = 0
        self._text: list[str] = []
        self._characters = 0

    def scan(self, text: str, handler: Handler) -> None:
        """Calls the handler for what the text holds."""
        position = count = 0
        while (token := _TOKEN.search(text, position)) is not None:
            count += 1
            if count > (MOST_ELEMENTS if self.root else MOST_BEFORE_ROOT):
                self.whole = False
                return
            if self._in_entry and token.start() > position:
                self._take(unescaped(text[position : min(token.start(), position + 2 * MOST_CHARACTERS)]))
            name = token["name"]
            if name is None:
                position = self._skip(text, token)
                continue
            position = token.end()
            prefix, _, local = name.lower().rpartition(":")
            if token["end"]:
                self._end(local, handler)
            else:
                self._start(local, prefix, token["attributes"], handler)

    def _skip(self, text: str, token: re.Match[str]) -> int:
        """Past a CDATA section, whose text is taken, or a comment; past everything where it does not end."""
        section = token[0] != "<!--"
        end = text.find("]]>" if section else "-->", token.end())
        if end < 0:
            return len(text)
        if section and self._in_entry:
            self._take(text[token.end() : min(end, token.end() + 2 * MOST_CHARACTERS)])
        return end + 3

    def _take(self, text: str) -> None:
        self._characters += len(text)
        if self._characters <= MOST_CHARACTERS:
            self._text.append(text)

    def _start(self, name: str, prefix: str, attributes: str, handler: Handler) -> None:
        self.first = self.first or name
        if name in self._roots and not self._in_entry and not (self.root and not self.whole):
            self.root, self.root_attributes, self.whole = self.root or name, self.root_attributes or attributes, False
            self._open = []
        if not self.root:
            return
        if name in self._entries and (not self._in_entry or self._begins_another(name)):
            self._leave_entry(handler)
            self.entry = name
            handler.opened(prefix, attributes)
            self._in_entry, self._open, self._deeper = True, [], 0
        self._text, self._characters = [], 0
        if attributes.endswith("/"):
            self._closed(name, prefix, attributes[:-1], handler)
            if name in self._entries and not self._open:
                self._leave_entry(handler)
        elif len(self._open) < MOST_NESTED:
            self._open.append((name, prefix, attributes))
        else:
            self._deeper += 1

    def _begins_another(self, name: str) -> bool:
        """Entries do not nest: one that begins inside another of its kind shows that the other's end tag is missing."""
        return bool(self._open) and self._open[0][0] == name

    def _end(self, name: str, handler: Handler) -> None:
        if self._deeper:
            self._deeper -= 1
            return
        if name in self._roots and (name == self.root or self.whole):
            self._leave_entry(handler)
            self._open, self.whole = [], True
            return
        depth = next((depth for depth in range(len(self._open) - 1, -1, -1) if self._open[depth][0] == name), None)
        if depth is None:
            return
        innermost = depth == len(self._open) - 1
        _, prefix, attributes = self._open[depth]
        del self._open[depth:]
        if self._in_entry and not self._open:
            self._leave_entry(handler)
        elif innermost:
            self._closed(name, prefix, attributes, handler)
        self._text, self._characters = [], 0

    def _closed(self, name: str, prefix: str, attributes: str, handler: Handler) -> None:
        ancestors = tuple(each for each, _, _ in self._open)
        text = "".join(self._text).strip() if self._characters <= MOST_CHARACTERS else ""
        element = Element(name, prefix, ancestors[-1] if ancestors else self.root, ancestors, attributes, text)
        handler.element(element, in_entry=self._in_entry)

    def _leave_entry(self, handler: Handler) -> None:
        if self._in_entry:
            handler.closed()
        self._in_entry, self._open, self._deeper = False, [], 0


def unescaped(text: str) -> str:
    """Character references and the entities of HTML replaced, where they are complete: a raw `&copy=1` of an address stays."""
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def attributes_of(written: str) -> dict[str, str]:
    """Attributes by lower-case name; none where they are longer than any of ours."""
    if len(written) > 2 * MOST_CHARACTERS:
        return {}
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), unescaped(double or single or bare).strip())
    return found


def _referred(reference: re.Match[str]) -> str:
    name = reference[1]
    if not name.startswith("#"):
        return html5.get(f"{name};", reference[0])
    hexadecimal = name[1] in "xX"
    code = int(name[1 + hexadecimal :], 16 if hexadecimal else 10)
    allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return chr(code) if allowed else ""
