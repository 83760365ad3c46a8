"""On which line of a TOML document each key and each element of an array stands, which `tomllib` does not say."""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]
"""Keys and places in arrays, from the top: `("routes", 0, "path")`."""

_IGNORED: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING: Final = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}\n#]*")


def line_numbers(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and element of a document that `tomllib` can read."""
    return _Walk(text).through()


class _Walk:
    """Goes over a document that is known to be valid; `at` is the place of the next character."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line, self._counted = text, 0, 1, 0
        self._lines: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}

    def through(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip():
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Path:
        """`[table]` or `[[array of tables]]`."""
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        line = self._here()
        self._at += brackets
        *above, name = self._key()
        self._at += brackets
        path = (*self._resolved(tuple(above)), name)
        if brackets == 2:
            self._lines.setdefault(path, line)
            path = self._element(path)
        self._lines[path] = line
        return path

    def _resolved(self, keys: tuple[str, ...]) -> Path:
        """Keys above a table's name, with the last element of each array of tables."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return path

    def _element(self, array: Path) -> Path:
        place = self._lengths.get(array, 0)
        self._lengths[array] = place + 1
        return (*array, place)

    def _pair(self, table: Path) -> None:
        line = self._here()
        path = table
        for key in self._key():
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._at += 1  # the sign of equality
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        """The parts of a dotted key; stops at `=` or `]`."""
        parts: list[str] = []
        while self._skip() and self._text[self._at] not in "=]":
            if self._text[self._at] == ".":
                self._at += 1
                continue
            quoted = _STRING.match(self._text, self._at)
            found = quoted or _BARE_KEY.match(self._text, self._at)
            if found is None:
                raise ValueError(f"line {self._here()}: no key")
            parts.append(found[0][1:-1] if quoted else found[0])
            self._at = found.end()
        return tuple(parts)

    def _value(self, path: Path) -> None:
        self._skip()
        self._lines[path] = self._here() if isinstance(path[-1], int) else self._lines[path]
        opening = self._text[self._at]
        if opening == "[":
            self._items(path, "]")
        elif opening == "{":
            self._items(path, "}")
        else:
            found = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            self._at = found.end() if found else self._at + 1

    def _items(self, path: Path, closing: str) -> None:
        """Of an array, or the pairs of an inline table."""
        self._at += 1
        while self._skip() and self._text[self._at] != closing:
            if self._text[self._at] == ",":
                self._at += 1
            elif closing == "]":
                self._value(self._element(path))
            else:
                self._pair(path)
        self._at += 1

    def _skip(self) -> bool:
        """Over blanks, line ends and comments; False at the end of the document."""
        found = _IGNORED.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
