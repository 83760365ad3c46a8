"""Tables that fit: on a terminal as wide as it is, in a pipe plain, each row one whole line.

Where the columns do not fit side by side, each row becomes a paragraph: its name, then `heading: value` after one another. No
name is ever cut; what is longer than a line goes on in the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

GAP = 2
"""Columns between two columns."""
INDENT = "  "
EMPTY = ("", "·")
"""Cells that a paragraph leaves out."""


@dataclass(frozen=True, slots=True)
class Column:
    """heading: may be broken at blanks. wraps: so may the cells, where the terminal is narrow. right: figures."""

    heading: str
    right: bool = False
    wraps: bool = False

    def widths(self, cells: Iterable[str]) -> tuple[int, int]:
        """(least, whole): cells wide without cutting a word, and without breaking a line."""
        listed = list(cells)
        word = max((cell_len(word) for cell in listed for word in cell.split()), default=0)
        whole = max(map(cell_len, listed), default=0)
        heading_word = max(map(cell_len, self.heading.split()), default=0)
        if self.wraps:
            return max(word, heading_word), max(whole, cell_len(self.heading))
        return max(whole, heading_word), max(whole, heading_word)


def figures(*headings: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(heading, right=True) for heading in headings)


def print_table(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, total: Sequence[str] | None = None
) -> None:
    """Prints rows of as many cells as there are columns; the first names the row. total: a last row, set apart."""
    if console.is_terminal:
        console.print(table(columns, rows, console.width, total=total))
        return
    whole = sum(wide for _, wide in _widths(columns, [*rows, *([total] if total else [])])) + GAP * len(columns)
    Console(file=console.file, width=whole).print(table(columns, rows, whole, total=total))


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int, *, total: Sequence[str] | None = None
) -> RenderableType:
    """The same, to be drawn `width` columns wide."""
    every = [*rows, *([total] if total else [])]
    widths = _fitted(_widths(columns, every), width)
    if widths is None:
        return Group(*(_paragraph(columns, row, width) for row in every))
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column, wide in zip(columns, widths, strict=True):
        justify: JustifyMethod = "right" if column.right else "left"
        shown.add_column(column.heading, width=wide, justify=justify, vertical="top", overflow="fold")
    for row in rows:
        shown.add_row(*map(Text, row))
    if total:
        shown.add_section()
        shown.add_row(*map(Text, total))
    return shown


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    return [column.widths(row[n] for row in rows) for n, column in enumerate(columns)]


def _fitted(widths: list[tuple[int, int]], width: int) -> list[int] | None:
    """Columns' widths, as much as there is room for beside each other; None: there is not."""
    room = width - GAP * (len(widths) - 1) - 1
    fitted = [least for least, _ in widths]
    spare = room - sum(fitted)
    if spare < 0:
        return None
    for n, (least, whole) in sorted(enumerate(widths), key=lambda each: each[1][1] - each[1][0]):
        more = min(whole - least, spare)
        fitted[n] += more
        spare -= more
    return fitted


def _paragraph(columns: Sequence[Column], row: Sequence[str], width: int) -> Text:
    """A row whose cells do not fit side by side."""
    cells = [
        f"{' '.join(column.heading.split())}: {cell}" if column.heading else cell
        for column, cell in zip(columns[1:], row[1:], strict=True)
        if cell not in EMPTY
    ]
    text = Text(row[0], style="bold")
    for line in _filled(cells, width - len(INDENT)):
        text.append(f"\n{INDENT}{line}", style="not bold")
    return text


def _filled(pieces: Iterable[str], width: int) -> list[str]:
    """Pieces after one another with ` · ` between them, broken between pieces, and within one only where it is too long."""
    lines: list[str] = []
    for piece in pieces:
        if lines and cell_len(lines[-1]) + 3 + cell_len(piece) <= width:
            lines[-1] += f" · {piece}"
            continue
        lines += _wrapped(piece, width)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """At blanks; a word that is longer than a line stays whole, the terminal breaks it."""
    lines = [""]
    for word in re.split(r" +", text):
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > width:
            lines.append(f"{INDENT}{word}")
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines
