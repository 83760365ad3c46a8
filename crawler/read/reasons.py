"""Why a page was not read, in the words of facts and state files: without what reads it, which takes a second to load."""

from __future__ import annotations

from typing import Final

BROKE: Final = "reader-"
"""How the reason begins when it was the reader, not the page's words, that said no."""

CODING: Final = "content-coding"
"""The reason of a page whose body cannot be decoded, or becomes larger than the limit."""
THIN: Final = 0.3
"""A body that is shorter than this part of what is usual, or of what it was, was not read as it should be."""
