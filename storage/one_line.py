"""Text of others (errors, reasons, words of servers) where one line is wanted: in messages, facts, logs and notes."""

from __future__ import annotations

import re
from typing import Final

_OF_TERMINALS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves a cursor, colours or answers for a person, and what turns the direction of the text after it."""


def one_line(text: object, most: int = 500) -> str:
    """Its first characters, white space folded. What JSON or a terminal cannot hold (a lone surrogate), and what a terminal takes
    for a command, becomes "?".
    """
    return _OF_TERMINALS.sub("?", " ".join(str(text).split())[:most]).encode(errors="replace").decode()
