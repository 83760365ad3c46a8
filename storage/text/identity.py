"""The identity form of a text and the hash over it: what makes two texts *the same content*.

Invariant under what a CMS or a keyboard changes without changing the text: tatweel, tashkil, bidi and zero-width
controls, presentation forms, NFC or NFD, the script of digits, the style of quotes and dashes, white space.
Everything else counts. Letters are never folded (أ≠ا, ى≠ي, ة≠ه): a corrected spelling is an edit.

Not NFKC: that also folds ½ → 1⁄2, x² → x2, ① → 1, which changes a number. Only the Arabic presentation forms
(U+FB50–FDFF, U+FE70–FEFC) go through their compatibility mapping.

One pass of one regular expression whose class holds every character with a rule costs 80 µs for a 3 KB article
(`.replace` for each character that may occur 230 or more, `str.translate` 410).
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Iterable
from typing import Final

NORMALIZATION: Final = 1
"""Version of the identity form. A change of any table below changes hashes and needs a new number."""


def content_hash(headline: str, body: str) -> str:
    """`sha256:<64 hex>` over the identity forms with a blank line between (no identity form contains a line end)."""
    text = f"{identity(headline)}\n\n{identity(body)}"
    # A lone surrogate (from a broken JSON escape) has no UTF-8; it hashes as "?" instead of failing the article.
    return f"sha256:{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"


def identity(text: str) -> str:
    """The identity form: one line, single spaces, NFC. Idempotent."""
    # Removal comes before NFC: ا + tatweel + combining hamza must end as أ whatever the order they were typed in.
    text = unicodedata.normalize("NFC", _RULED.sub(lambda match: _RULES[match[0]], text))
    return _SPACES.sub(" ", text).strip(" ")


def _chars(*codes: int | range) -> Iterable[str]:
    for code in codes:
        yield from map(chr, code if isinstance(code, range) else (code,))


_TASHKIL: Final = frozenset(
    _chars(
        range(0x064B, 0x0653),  # fathatan … sukun; U+0653–0655 (madda, hamza) stay: they make آ أ إ in NFD
        range(0x0656, 0x0660),
        0x0670,  # superscript alef
        range(0x0610, 0x061B),  # honorific signs and small vowels
        range(0x06D6, 0x06DD),  # Quranic annotation
        range(0x06DF, 0x06E5),
        range(0x06E7, 0x06E9),
        range(0x06EA, 0x06EE),
    )
)
_INVISIBLE: Final = frozenset(
    _chars(
        0x00AD,  # soft hyphen
        0x034F,  # combining grapheme joiner
        0x061C,  # Arabic letter mark
        0x180E,
        range(0x200B, 0x2010),  # zero-width space, ZWNJ, ZWJ, LRM, RLM
        range(0x202A, 0x202F),  # bidi embeddings and overrides
        range(0x2060, 0x2070),  # word joiner, invisible operators, isolates, deprecated shaping
        0xFEFF,
    )
)
_TATWEEL: Final = "\u0640"
_QUOTES: Final = "'‘’‚‛“”„‟«»‹›"
_DASHES: Final = "‐‑‒–—―−﹘﹣－"


def _rules() -> dict[str, str]:
    """Every character with a rule → what stands for it in the identity form."""
    rules = dict.fromkeys((*_TASHKIL, *_INVISIBLE, _TATWEEL), "")
    rules |= dict.fromkeys(_QUOTES, '"')
    rules |= dict.fromkeys(_DASHES, "-")
    rules |= {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
    # What str.split() splits at: no-break, thin and ideographic spaces, line and paragraph separators.
    rules |= {char: " " for char in map(chr, range(0x3001)) if char.isspace() and char != " "}
    for form in _chars(range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD)):
        plain = unicodedata.normalize("NFKC", form)
        if plain != form:
            # Isolated marks such as U+FE70 map to "space + mark": both go, as the mark alone would.
            rules[form] = "".join(rules.get(char, char) for char in plain.removeprefix(" "))
    return {sys.intern(char): sys.intern(plain) for char, plain in rules.items()}


_RULES: Final = _rules()
_RULED: Final = re.compile(f"[{re.escape(''.join(sorted(_RULES)))}]")
_SPACES: Final = re.compile("  +")
