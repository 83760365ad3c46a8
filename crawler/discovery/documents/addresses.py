"""Addresses as documents write them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

MOST_CHARACTERS: Final = 4_096
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)
_SPACES: Final = re.compile(r"[\s\x00-\x20\x7f]+")


def absolute(base: str, written: str) -> str | None:
    """The absolute http(s) address of what stands in a document at `base`; None if it is none.

    Line breaks that a formatter put into it are removed, blanks are encoded.
    """
    written = written.strip().strip("\u200e\u200f\ufeff")
    if not written or len(written) > MOST_CHARACTERS:
        return None
    written = "".join(line.strip() for line in written.splitlines()).replace("&amp;", "&")  # escaped once too often
    try:
        url = written if _ABSOLUTE.match(written) else urljoin(base, written)
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for what is no port
        url.encode()  # raises UnicodeEncodeError for a lone surrogate
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or _SPACES.search(parts.netloc):
        return None
    return _SPACES.sub("%20", url)
