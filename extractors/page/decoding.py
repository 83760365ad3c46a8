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
_BEGINS_AS_PAGE = re.compile(
    rb"\s*(?:<\?xml[^<>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_HEAD = 2_048  # bytes
# Encodings that pages have. Python knows others (`punycode`, `unicode_escape`), which are for no page and may fail.
_KNOWN = re.compile(r"(?:utf|ascii|iso-?8859|latin|cp|windows|koi8|mac|gb|big5|hz|euc|shift|iso2022|johab|tis)[-_a-z0-9]*")
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
_AS_NEWS = 2.5  # likelihood of letters that make Arabic words; those of other languages, read so, come to half of it
_ENOUGH_TWICE = 100  # letters
_ENOUGH_RARE = 40  # times «ط» and «ظ», a hundredth of all letters; of UTF-8 that was read as windows-1256 they are nearly half
_TIMES_TWICE = 3


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
    if mark is not None and octets is not None:
        marked = body[len(octets) :].decode(mark, "replace")
        if mark != "utf-8" and (_TAG.search(marked) or not _TAG.search(body[len(octets) :].decode("ascii", "ignore"))):
            return marked, marked
        body = body[len(octets) :]  # nobody lies with a mark of UTF-8, but what put it there may have known no better
    declared = http_content_type_encoding(content_type)
    if not (declared or "").startswith(("utf-16", "utf-32")) and b"\x00" in body[:_HEAD]:
        wide = _wide(body)
        if wide is not None:
            return wide, wide
        body = _without_stray_nulls(body)
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
    if body.startswith(_MAGIC):
        return True
    labelled = (content_type or "").lower().startswith(("image/", "video/", "audio/", "application/pdf"))
    if labelled and not _BEGINS_AS_PAGE.match(body):  # servers label pages by the end of their address
        return True
    wide = (declared or "").startswith(("utf-16", "utf-32"))
    return b"\x00" in body[:_HEAD] and not wide


def _wide(body: bytes) -> str | None:
    """The text of a page in UTF-16 that nobody says is: of its markup every other byte is zero. None for any other."""
    head = body[:_HEAD]
    even, odd = head[::2].count(0), head[1::2].count(0)
    few, many = sorted((even, odd))
    if 8 * many < len(head) or 16 * few > many:
        return None
    text = body.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    return text if _TAG.search(text) else None


def _without_stray_nulls(body: bytes) -> bytes:
    """A page without the few zero bytes that a broken system left in it (browsers pass over them); any other body as it is."""
    if (
        body.startswith(b"\x00\x00\x00")
        or 50 * body.count(0) > len(body)
        or not _BEGINS_AS_PAGE.match(body.replace(b"\x00", b""))
    ):
        return body
    return body.replace(b"\x00", b"")


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
    arabic = _as_arabic(body, declared)
    likelihood = _likelihood(arabic)
    if _likelihood(damaged) > likelihood:
        return damaged  # UTF-8 with a part in another encoding: a column that another system fills
    if declared and declared not in {"utf-8", *_WESTERN, *_ARABIC} and likelihood < _AS_NEWS and _KNOWN.fullmatch(declared):
        try:
            return body.decode(declared, "replace")
        except (LookupError, UnicodeError):
            pass
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
    """UTF-8 that was read as windows-1252 or windows-1256 and written as UTF-8 again, undone as often as it was done; the same
    text where it is no such thing.
    """
    for _ in range(_TIMES_TWICE):
        encoding = _read_as(text)
        once = b"".join(_octets(letter, encoding) for letter in text).decode("utf-8", "replace") if encoding else text
        if once is text or not _is_better(once, text):
            return text
        text = once
    return text


def _read_as(text: str) -> str | None:
    """As what UTF-8 was read, by letters that are rare unless it was: the first bytes of Arabic and of Western letters in it."""
    # Whether they are there at all is told in a fifteenth of the time that counting takes.
    if "Ù" in text and text.count("Ù") >= _ENOUGH_TWICE and len(_TWICE.findall(text)) >= 2 * _ENOUGH_TWICE:
        return "cp1252"
    if "Ã" in text and text.count("Ã") >= 2 * _ENOUGH_TWICE:
        return "cp1252"
    rare = text.count("ط") + text.count("ظ") if "§" in text else 0  # which stands in «ا» read so, once and twice
    return "cp1256" if rare >= _ENOUGH_RARE and 8 * rare > len(ARABIC_LETTER.findall(text)) else None


def _is_better(once: str, text: str) -> bool:
    """Whether what was undone is Arabic, or the step before it, with hardly a letter lost."""
    lost = once.count("\ufffd")
    if 20 * lost < len(once) and _read_as(once) is not None:
        return True
    return len(ARABIC_LETTER.findall(once)) > 20 * lost and _likelihood(once) > _likelihood(text)


def _octets(letter: str, encoding: str) -> bytes:
    try:
        return letter.encode(encoding)
    except UnicodeEncodeError:
        return letter.encode("latin-1") if letter < "\u0100" else letter.encode("utf-8")


def as_markup(source: str) -> str:
    """A document without any tag, as markup: each of its lines a paragraph. Documents with tags come back as they are."""
    if _TAG.search(source):
        return source
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in source.splitlines() if line.strip())
