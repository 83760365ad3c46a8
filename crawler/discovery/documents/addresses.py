"""Addresses as documents write them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

MOST_CHARACTERS: Final = 4_096
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)
_BEFORE_ANOTHER: Final = re.compile(r"^(?:https?:/{0,2})+(?=https?://)", re.IGNORECASE)
_WWW: Final = re.compile(r"www\.[\w-]+\.[\w.-]+(?:[/?:]|$)", re.IGNORECASE)
_SPACES: Final = re.compile(r"[\s\x00-\x20\x7f]+")


def absolute(base: str, written: str) -> str | None:
    """The absolute http(s) address of what stands in a document at `base`; None if it is none, such as markup.

    Line breaks that a formatter put into it are removed, blanks are encoded; a scheme that was left out («www.…») is that of
    `base`, one set before another («http://https://…») goes.
    """
    written = written.strip().strip("\u200e\u200f\ufeff")
    if not written or len(written) > MOST_CHARACTERS:
        return None
    written = "".join(line.strip() for line in written.splitlines()).replace("&amp;", "&")  # escaped once too often
    written = _BEFORE_ANOTHER.sub("", written)
    if "<" in written:
        return None
    try:
        if _is_without_scheme(base, written):
            written = f"{urlsplit(base).scheme}://{written}"
        url = written if _ABSOLUTE.match(written) else urljoin(base, written)
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for what is no port
        url.encode()  # raises UnicodeEncodeError for a lone surrogate
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or _SPACES.search(parts.netloc):
        return None
    return _SPACES.sub("%20", url)


def _is_without_scheme(base: str, written: str) -> bool:
    """Whether it begins with a host: `www.…`, or that of the document."""
    host = urlsplit(base).netloc
    return _WWW.match(written) is not None or (bool(host) and written.startswith(f"{host}/"))
