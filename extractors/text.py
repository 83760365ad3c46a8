"""Forms of text. Display: what the outlet wrote, NFC, white space folded, nothing else. Matching: for comparing only, never
stored.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Marks that change nothing for the eye of a comparer: bidi and zero-width controls, tatweel, tashkil.
_MARKED = "\u00ad\u0640\u064b-\u065f\u0670\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_INVISIBLE = re.compile(f"[{_MARKED}]")
_MARKS = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff "
_WORD = re.compile(r"\w+")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_STOPS = (".", "!", "?", "؟", "…", ":", "؛")
_CLOSING = "\"'”“’»)]\u200f\u202c"
ARABIC_LETTER = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_EASTERN = re.compile("[٠-٩۰-۹]")
_INVISIBLE_OR_EASTERN = re.compile(f"[{_MARKED}٠-٩۰-۹]")
_DIGITS = {ord("٠") + n: str(n) for n in range(10)} | {ord("۰") + n: str(n) for n in range(10)}


def display(text: str) -> str:
    """One line of text as it is kept: NFC, every run of white space (no-break spaces too) one space, none at the ends."""
    is_folded = text.isprintable() and "  " not in text  # no white space but single spaces, and no control character
    folded = text.strip(" ") if is_folded else " ".join(_CONTROLS.sub("", text).split())
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


@lru_cache(maxsize=2048)
def matching(text: str) -> str:
    """The words of a text in one form, for telling whether two lines say the same."""
    plain = western_digits(unicodedata.normalize("NFKC", text)).replace("_", " ")
    return " ".join(_WORD.findall(plain)).casefold()


def bare(text: str) -> str:
    """A line without the invisible marks at its ends: «\u200fالمصدر: …» is a source line too."""
    return text.strip(_MARKS) if text and (text[0] in _MARKS or text[-1] in _MARKS) else text


def has_signs(text: str) -> bool:
    """Whether anything can be seen of a text: not only byte order marks, zero-width and direction signs."""
    return bool(text) and (text[0].isalnum() or bool(_INVISIBLE.sub("", text)))


def squeezed(text: str) -> str:
    """A text without white space and invisible marks, for finding it in what another reader made of it: trafilatura drops marks
    of direction.
    """
    return "".join(_INVISIBLE.sub("", text).split())


def western_digits(text: str) -> str:
    """Arabic-Indic and Persian digits as 0-9, and no invisible marks: the form in which dates are read."""
    if _INVISIBLE_OR_EASTERN.search(text) is None:  # most lines have nothing to take out or to translate
        return text
    plain = _INVISIBLE.sub("", text)
    return plain.translate(_DIGITS) if _EASTERN.search(plain) else plain  # str.translate is slow on Arabic


@lru_cache(maxsize=512)  # the rules ask for the same few lines over and over
def word_count(text: str) -> int:
    """How many words, parted by white space."""
    return len(text.split())


@lru_cache(maxsize=512)  # asked as often
def ends_sentence(text: str) -> bool:
    """Whether the line stops like a sentence (closing quotes and brackets after the stop allowed)."""
    return text.rstrip().rstrip(_CLOSING).rstrip().endswith(_STOPS)


def is_prose(text: str) -> bool:
    """Whether a line reads as a paragraph of a story and not as a label, title or caption."""
    words = word_count(text)
    return words >= 25 or (words >= 8 and ends_sentence(text))


def forget() -> None:
    """Lets go of the lines that were asked about of late: those of one very long page are megabytes."""
    for function in (matching, word_count, ends_sentence):
        function.cache_clear()
