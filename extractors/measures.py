"""How far one text is from another, in words and paragraphs: what `make eval` measures against gold and a re-reading against
the kept text.

Not the reader's own forms of text: a mistake in those must not hide here.
"""

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


def word_figures(expected: Iterable[str], read: Iterable[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the words, each as often as it stands; order does not count. Nothing read: zeros."""
    wanted, found = words(expected), words(read)
    common = shared(wanted, found)
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / len(found), common / len(wanted)
    return precision, recall, 2 * precision * recall / (precision + recall)


def paragraph_rate(expected: Iterable[str], read: Iterable[str]) -> float:
    """Paragraphs that are the same on both sides, out of the side that has more: one too many costs as one too few."""
    wanted, found = [folded(text) for text in expected], [folded(text) for text in read]
    longer = max(len(wanted), len(found))
    return shared(wanted, found) / longer if longer else 0.0
