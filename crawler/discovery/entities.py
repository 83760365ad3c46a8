"""XML of strangers: entities are declared to make a small file large, or to read another. Feeds and sitemaps need none.

lxml is told to resolve none; expat, below feedparser, resolves them until they are a hundred times the file.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

_DECLARED: Final = re.compile(rb"""\A[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,39})""")
_USUAL: Final = re.compile(r"utf-?8|utf-?16|us-ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)
"""Encodings in which `<` stands as in ASCII, once the zero bytes of UTF-16 and UTF-32 are left out."""


def declares_entities(body: bytes) -> bool:
    """Whether a document type stands in it that declares entities, in whatever encoding."""
    found = _DECLARED.search(body)
    coding = found[1].decode() if found else "utf-8"
    if not _USUAL.fullmatch(coding):
        with suppress(LookupError, UnicodeError):  # then nobody can read it so
            body = body.decode(coding, "replace").encode("utf-8", "replace")
    if b"\0" in body[:200]:
        body = body.replace(b"\0", b"")
    return -1 < body.find(b"<!DOCTYPE") < body.rfind(b"<!ENTITY")
