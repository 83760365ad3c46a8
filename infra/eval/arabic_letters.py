"""A page of another language with its letters put into Arabic ones: the structure stays, the language goes.

A fixed table maps every Latin letter to an Arabic one: in the text of the page, the texts of its linked data, its titles and
descriptions. Markup, attributes, scripts, URLs and printed dates stay as they are.
"""

from __future__ import annotations

import json
import re
import unicodedata
from html import escape, unescape
from typing import Any

LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابتثجحخدذرزسشصضطظعغفقكلمنه")
_APART = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "t"})
_PIECES = re.compile(
    r"<!--.*?-->|<(?P<raw>script|style)\b.*?</(?P=raw)\s*>|"
    # Quotes count after «=» alone; a tag whose quote is never closed ends at its first «>».
    r"<[a-zA-Z/!?](?:=\s*\"[^\"]*\"|=\s*'[^']*'|=(?!\s*[\"'])|[^>=])*>|<[a-zA-Z/!?][^>]*>",
    re.DOTALL | re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|febr|mar|mär|apr|avr|may|mai|jun|jul|juil|aug|aoû|sep|oct|okt|nov|dec|dez|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)"
    r"[^\W\d_]{0,6}"
)
# Kept as they are: addresses, and a month beside a number.
_KEPT = re.compile(
    rf"\S*(?:://|@|www\.)\S*|\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:de\s+)?{_MONTH}\.?\b|\b{_MONTH}\.?\s+\d{{1,2}}\b|\b\d{{1,2}}:\d\d\s*[ap]\.?m\b",
    re.IGNORECASE,
)
_LINKED = re.compile(r"<script\b[^>]*ld\+json[^>]*>", re.IGNORECASE)
_TITLED = re.compile(r"<meta\b[^>]*(?:title|description|keywords|author|section|tag)[^>]*>", re.IGNORECASE)
_CONTENT = re.compile(r"\bcontent=(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_LANGUAGE = re.compile(r"\s(?:lang|dir|xml:lang)=(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_TEXTS = frozenset(
    {
        "headline",
        "alternativeHeadline",
        "name",
        "description",
        "articleBody",
        "articleSection",
        "keywords",
        "abstract",
        "author",
        "text",
    }
)


def in_arabic(text: str) -> str:
    """Plain text with its Latin letters mapped; accents go, other letters and all signs stay."""
    kept = _KEPT.search(text)
    if kept is not None:
        return in_arabic(text[: kept.start()]) + kept[0] + in_arabic(text[kept.end() :])
    plain = unicodedata.normalize("NFKD", text.lower().translate(_APART))
    return "".join(each for each in plain if not unicodedata.combining(each)).translate(LETTERS)


def page_in_arabic(markup: str) -> str:
    """A whole document so, declared Arabic and written from right to left."""
    parts: list[str] = []
    at = 0
    for found in _PIECES.finditer(markup):
        parts.append(_text(markup[at : found.start()]))
        parts.append(_piece(found[0]))
        at = found.end()
    parts.append(_text(markup[at:]))
    return "".join(parts)


def _text(raw: str) -> str:
    return escape(in_arabic(unescape(raw)), quote=False) if raw.strip() else raw


def _piece(piece: str) -> str:
    start = piece[:7].lower()
    if start.startswith("<html"):
        return f'{_LANGUAGE.sub("", piece)[:5]} lang="ar" dir="rtl"{_LANGUAGE.sub("", piece)[5:]}'
    if start.startswith("<script") and (opening := _LINKED.match(piece)) is not None:
        return opening[0] + _linked_data(piece[opening.end() : piece.rfind("</")]) + piece[piece.rfind("</") :]
    if start.startswith("<meta") and _TITLED.match(piece):
        return _CONTENT.sub(_content, piece)
    return piece


def _content(found: re.Match[str]) -> str:
    value = unescape(found[1][1:-1])
    return found[0] if value.startswith(("http", "/")) or value[:4].isdigit() else f'content="{escape(in_arabic(value))}"'


def _linked_data(script: str) -> str:
    """Broken data stays as it is: a reader must live with it."""
    try:
        data = json.loads(script, strict=False)
    except ValueError:
        return script
    return json.dumps(_mapped(data, is_text=False), ensure_ascii=False).replace("</", "<\\/")


def _mapped(data: Any, *, is_text: bool) -> Any:
    if isinstance(data, dict):
        return {name: _mapped(value, is_text=name in _TEXTS) for name, value in data.items()}
    if isinstance(data, list):
        return [_mapped(each, is_text=is_text) for each in data]
    return in_arabic(data) if is_text and isinstance(data, str) and not data.startswith("http") else data
