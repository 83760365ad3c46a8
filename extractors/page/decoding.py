"""Bytes to text. Evidence in order: byte order mark; the bytes are valid UTF-8; what header and meta tags say; the letters
that come out.

Headers lie in both directions (windows-1256 declared as UTF-8 and the reverse); valid multi-byte UTF-8 never comes about by
chance.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from html import escape
from math import log

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from extractors.text import ARABIC_LETTER

_TAG = re.compile(r"<[a-zA-Z!?/]")
SIZE_LIMIT = 16 * 1024 * 1024
_MAGIC = (
    b"%PDF",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"\x00\x00\x00",
    b"ID3",
    b"OggS",
    b"BM",
)
# What Western servers declare for pages that are really windows-1256.
_WESTERN = {"cp1252", "iso8859-1", "latin-1", "ascii"}
_ARABIC = ("cp1256", "iso8859-6", "cp720", "mac_arabic")
_DECLARED = 0.5  # so much less likely the declared encoding may be and is believed all the same
# Letters of news in Arabic per thousand, counted on the recorded pages; the rest is rarer than 1.
_PER_MILLE = {
    letter: number
    for letters, number in (
        ("ا", 150), ("ل", 118), ("ي", 80), ("نوم", 60), ("رت", 46), ("بهعد", 33), ("ةسف", 27), ("كقأ", 22), ("ح", 19),
        ("جىشصطخ", 10), ("ضذز", 6), ("ثغإءئ", 5), ("ظآ", 2), ("ؤ", 1)
    )
    for letter in letters
}  # fmt: skip
_NEUTRAL = frozenset("«»“”‘’–—…،؛؟ـ\u200c\u200d\u200e\u200f\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652")
# An Arabic letter's two bytes as windows-1252 shows them: «Ø§», «Ù„».
_TWICE = re.compile("[ØÙÚÛ][\u0080-\u00bf‚„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸƒ€Ž]")
_ENOUGH_TWICE = 100  # letters


class UndecodableError(Exception):
    """The bytes are no text document. `reason`: `binary`, `empty` or `too-large`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(body: bytes, content_type: str | None = None) -> str:
    """The document as text, never failing on single bad bytes. Raises UndecodableError."""
    return decode_document(body, content_type)[0]


def decode_document(body: bytes, content_type: str | None = None) -> tuple[str, str | bytes]:
    """The same, and what to parse: the bytes themselves where they are sound UTF-8, which saves encoding the text again."""
    if not body.strip():
        raise UndecodableError("empty")
    if len(body) > SIZE_LIMIT:
        raise UndecodableError("too-large")
    mark, octets = read_bom(body)
    if mark is not None:
        marked = body[len(octets or b"") :].decode(mark, "replace")
        return marked, marked
    declared = http_content_type_encoding(content_type)
    if _is_binary(body, content_type, declared):
        raise UndecodableError("binary")
    text = _as_utf8(body) if not (declared or "").startswith(("utf-16", "utf-32")) else None
    if text is not None and (mended := _mended(text)) is not text:
        return mended, mended
    if text is not None:
        return text, body if body[-1] < 0x80 else text  # a character cut off at the end is left out of the text
    declared = declared or html_body_declared_encoding(body[:4096])
    declared_text = _by_declaration(body, resolve_encoding(declared) if declared else None)
    return declared_text, declared_text


def _is_binary(body: bytes, content_type: str | None, declared: str | None) -> bool:
    if body.startswith(_MAGIC) or (content_type or "").lower().startswith(("image/", "video/", "audio/", "application/pdf")):
        return True
    wide = (declared or "").startswith(("utf-16", "utf-32"))
    return b"\x00" in body[:2048] and not wide


def _as_utf8(body: bytes) -> str | None:
    """The text if the bytes are UTF-8, a character cut off at the very end allowed."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return decoder.decode(body, final=False)
    except UnicodeDecodeError:
        return None


def _by_declaration(body: bytes, declared: str | None) -> str:
    damaged = body.decode("utf-8", "replace")
    lost = damaged.count("\ufffd")
    if lost <= len(ARABIC_LETTER.findall(damaged)) // 20:
        return damaged  # UTF-8 with a few bad bytes: no other encoding yields this many Arabic letters from multi-byte runs
    if declared and declared not in {"utf-8", *_WESTERN, *_ARABIC}:
        try:
            return body.decode(declared, "replace")
        except LookupError:
            pass
    arabic = _as_arabic(body, declared)
    high = sum(1 for octet in body if octet >= 0x80)
    if declared not in _WESTERN or len(ARABIC_LETTER.findall(arabic)) > 0.6 * high:
        return arabic
    return body.decode("cp1252", "replace")


def _as_arabic(body: bytes, declared: str | None) -> str:
    """By the encoding whose letters are as frequent as those of Arabic; the declared one where they are nearly as good."""
    texts = {name: body.decode(name, "replace") for name in _ARABIC}
    scores = {name: _likelihood(text) for name, text in texts.items()}
    if declared in scores:
        scores[declared] += _DECLARED
    return texts[max(scores, key=lambda name: scores[name])]


def _likelihood(text: str) -> float:
    """Mean logarithm of the frequency that what is not ASCII has in Arabic; a sign that is no Arabic letter counts as rare."""
    counts = Counter(letter for letter in text if letter > "\x7f" and not letter.isspace() and letter not in _NEUTRAL)
    total = counts.total()
    return sum(log(_PER_MILLE.get(letter, 0.1)) * number for letter, number in counts.items()) / total if total else 0.0


def _mended(text: str) -> str:
    """UTF-8 that was read as windows-1252 and written as UTF-8 again, undone; the same text where it is no such thing."""
    # Whether it is there at all is told in a fifteenth of the time that counting takes.
    if "Ù" not in text or text.count("Ù") < _ENOUGH_TWICE or len(_TWICE.findall(text)) < 2 * _ENOUGH_TWICE:
        return text
    octets = b"".join(_octets(letter) for letter in text)
    once = octets.decode("utf-8", "replace")
    better = len(ARABIC_LETTER.findall(once)) > max(len(ARABIC_LETTER.findall(text)), 20 * once.count("\ufffd"))
    return once if better else text


def _octets(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1") if letter < "\u0100" else letter.encode("utf-8")


def as_markup(source: str) -> str:
    """A document without any tag, as markup: each of its lines a paragraph. Documents with tags come back as they are."""
    if _TAG.search(source):
        return source
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in source.splitlines() if line.strip())
