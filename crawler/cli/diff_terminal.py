"""The history of an article on a terminal, right to left.

A terminal lays out each line by itself, by its first letters: every line is put into a right-to-left isolate, and every
changed piece into one of its own, so that figures and signs beside each other do not change places. Removed text is struck
through and added text underlined, in red and green; in a pipe, where there is neither, they stand in [-…-] and {+…+}.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

from rich.console import Console
from rich.text import Text

from crawler.cli.diff_history import History
from crawler.cli.tables import Column, print_table
from crawler.revision_steps import RevisionStep
from storage.ledger import LedgerEntry
from storage.text.difference import Paragraph

RIGHT_TO_LEFT, END = "\u2067", "\u2069"
STYLES = {"same": "", "removed": "red strike", "added": "green underline"}
MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
SIGNS = {"same": " ", "changed": "~", "added": "+", "removed": "-", "moved": ">"}
WIDEST = 100
"""Columns of a line of text: longer ones are hard to read, and a pipe has no width."""


def show(history: History) -> None:
    """Prints the table of captures, then each step."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDEST + 20)
    view = _DiffView(console)
    view.line("  ", Text(plain(history.headline), style="bold"))
    console.print(Text(plain(history.url), style="dim"), soft_wrap=True)
    print_table(console, COLUMNS, [_cells(entry) for entry in history.entries])
    for step in history.steps:
        view.step(step)


def plain(text: str) -> str:
    """Text of the web without control characters and without marks that change the direction of the text after them."""
    return "".join(char for char in text if unicodedata.category(char) != "Cc" and char not in _TURNING)


_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


COLUMNS = (Column("revision", right=True), *map(Column, ("captured", "via", "fate")), Column("what changed", wraps=True))


def _cells(entry: LedgerEntry) -> tuple[str, ...]:
    number = str(entry.revision) if entry.content_hash else ""
    return number, entry.seen_at_utc, via_of(entry), fate_of(entry), change_of(entry)


def via_of(entry: LedgerEntry) -> str:
    """Where the capture is from."""
    return str((entry.capture or {}).get("via") or "")


def fate_of(entry: LedgerEntry) -> str:
    """The fate, with what it leaves open."""
    if entry.unconfirmed:
        return "gone (unconfirmed)"
    return f"{entry.fate} (learnt later)" if entry.older else entry.fate


def change_of(entry: LedgerEntry) -> str:
    """The classes of the change; of an older capture they lead from it to the text that stood when it was learnt."""
    return " · ".join(entry.change or ())


class _DiffView:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._styled = console.is_terminal
        self._width = min(console.width, WIDEST) - 4

    def step(self, step: RevisionStep) -> None:
        """From one text to the next; unchanged paragraphs are counted, not shown."""
        before, after = step.before, step.after
        title = f"{before.revision} → {after.revision}: {' · '.join(step.difference.classes) or 'the same text'}"
        self._console.print(Text(title, style="bold cyan"))
        if step.difference.headline.kind != "same":
            self.line("H ", self._text(step.difference.headline))
        for same, rows in groupby(step.difference.paragraphs, lambda row: row.kind == "same"):
            if same:
                self._console.print(Text(f"  … {sum(1 for _ in rows)} unchanged", style="dim"))
                continue
            for row in rows:
                self.line(f"{SIGNS[row.kind]} ", self._text(row))
        self._console.print()

    def line(self, sign: str, text: Text) -> None:
        """A paragraph, its lines flush right, each in an isolate; in a pipe a paragraph is a line."""
        lines = text.wrap(self._console, self._width) if self._styled else [text]
        within = 1
        for number, one in enumerate(lines):
            one.rstrip()
            room = " " * (self._width - one.cell_len) if self._styled else ""
            whole = Text(f"{sign if number == 0 else '  '}{room}{RIGHT_TO_LEFT * within}").append_text(one)
            within += one.plain.count(RIGHT_TO_LEFT) - one.plain.count(END)  # a piece may go on in the next line
            self._console.print(whole.append(END * within), soft_wrap=True)

    def _text(self, row: Paragraph) -> Text:
        text = Text()
        for kind, piece in row.parts():
            opening, closing = ("", "") if self._styled else MARKS[kind]
            isolated = plain(piece) if kind == "same" else f"{opening}{RIGHT_TO_LEFT}{plain(piece)}{END}{closing}"
            text.append(isolated, style=STYLES[kind])
        return text
