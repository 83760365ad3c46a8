"""Text of others (errors, reasons, words of servers) where one line is wanted: in messages, facts, logs and notes."""

from __future__ import annotations


def one_line(text: object, most: int = 500) -> str:
    """Its first characters, white space folded. A lone surrogate, which neither JSON nor a terminal can hold, becomes "?"."""
    return " ".join(str(text).split())[:most].encode(errors="replace").decode()
