"""What of a WARC file could not be read: places, and the captures lost in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read: the file, the offset in it, and why (one line).

    captures: how many captures of http(s) addresses are lost here for certain (0 or 1: behind damage nobody can count, so the sum
    over a file is the least number). continued: the stretch of damage was named before; this is another capture lost in it.
    """

    file: str
    offset: int
    reason: str
    captures: int = 0
    continued: bool = False
