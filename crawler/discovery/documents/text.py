"""The text of a document: gzip undone, decoded, without what XML and JSON forbid. Any bytes give some text.

A byte that its encoding does not know costs itself (U+FFFD), and so does a control character.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

from w3lib.encoding import read_bom

GZIP: Final = b"\x1f\x8b\x08"
MOST_LAYERS: Final = 2
"""Gzip within gzip: a server that compresses the `.gz` file it sends."""
_DECLARED: Final = re.compile(rb"""<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z][A-Za-z0-9._-]{0,39})""")
_CHARSET: Final = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z][A-Za-z0-9._-]{0,39})", re.IGNORECASE)
_KNOWN: Final = re.compile(r"(?:utf|us-ascii|ascii|iso-?8859|latin|windows|cp|koi8|mac)[-_a-z0-9]*", re.IGNORECASE)
"""Encodings that documents have. Python knows others (`punycode`, `unicode_escape`, `utf-7`), which are for no document."""
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]+")


class UnreadableError(ValueError):
    """A document that cannot be read. The message goes on from the document's address: «… is not a feed»."""


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A response as the parsers take it. url: its address after redirects; max_bytes: most bytes after decompression."""

    url: str
    body: bytes
    content_type: str = ""
    max_bytes: int = 52_428_800


@dataclass(frozen=True, slots=True)
class Text:
    """whole: False when the gzip stream broke off, so that what stands at the end is cut."""

    text: str
    whole: bool = True


def text_of(document: RawDocument) -> Text:
    """Raises UnreadableError for an empty document and for gzip that is larger than the limit or no gzip."""
    body, whole = document.body, True
    for _ in range(MOST_LAYERS):
        if not body.startswith(GZIP):
            break
        body, complete = _gunzip(body, document.max_bytes)
        whole = whole and complete
    text = _FORBIDDEN.sub("", _decoded(body, document.content_type))
    if not text.strip():
        raise UnreadableError("is empty")
    return Text(text, whole)


def refuse_entities(text: str) -> None:
    """Raises UnreadableError where a document type declares entities, the way to make a small file large or to read another.

    The scanner resolves none; whoever sends such a document means harm.
    """
    if -1 < text.find("<!DOCTYPE") < text.rfind("<!ENTITY"):
        raise UnreadableError("declares XML entities, which neither a feed nor a sitemap needs")


def _gunzip(body: bytes, max_bytes: int) -> tuple[bytes, bool]:
    """The content of all gzip members (RFC 1952 §2.2), and whether the last one came to its end."""
    parts: list[bytes] = []
    left, rest = max_bytes, body
    while rest.startswith(GZIP):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            part = member.decompress(rest, left + 1)
        except zlib.error as error:
            if not parts:
                raise UnreadableError(f"cannot be gunzipped: {error}") from error
            return b"".join(parts), False
        left -= len(part)
        if left < 0:
            raise UnreadableError(f"cannot be gunzipped: larger than the limit of {max_bytes} bytes")
        parts.append(part)
        if not member.eof:
            return b"".join(parts), False
        rest = member.unused_data
    return b"".join(parts), True


def _decoded(body: bytes, content_type: str) -> str:
    """By byte order mark, zero bytes, the XML declaration, the charset of `Content-Type`, in this order; else as UTF-8."""
    encoding, mark = read_bom(body)
    if encoding and mark:
        return body[len(mark) :].decode(encoding, "replace")
    if b"\0" in body[:4]:
        wide = body[:4].count(0)
        first = body[:1] == b"\0"
        return body.decode(("utf-32" if wide == 3 else "utf-16") + ("-be" if first else "-le"), "replace")
    declared = _DECLARED.search(body[:1_000])
    labelled = _CHARSET.search(content_type[:1_000])
    for label in (declared[1].decode() if declared else "", labelled[1] if labelled else ""):
        # What says UTF-16 here and has no zero bytes is none.
        if _KNOWN.fullmatch(label) and not re.match(r"utf[-_]?(?:7|16|32)", label, re.IGNORECASE):
            try:
                return body.decode(label, "replace")
            except LookupError:
                continue
    return body.decode("utf-8", "replace")
