"""Words of a text, as the measures count them. Not the reader's own forms: a mistake in those must not hide here."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"\w+")


def words(paragraphs: Iterable[str]) -> list[str]:
    """What white space parts, in NFC, punctuation included."""
    return unicodedata.normalize("NFC", "\n".join(paragraphs)).split()


def folded(text: str) -> str:
    """A line as it is compared: NFC, white space folded."""
    return " ".join(words([text]))


def phrase(text: str) -> str:
    """Letters and digits alone, a blank before, between and after, so that one phrase can be looked for in another."""
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFKC', text)))} "


def shared(left: Iterable[str], right: Iterable[str]) -> int:
    """How many members two multisets have in common."""
    return (Counter(left) & Counter(right)).total()
