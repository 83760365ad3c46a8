"""Where a page leads that shows nothing itself: by `Refresh` (header or `<meta>`), `Location` with status 200, or a script."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from scrapy.http import Headers

from crawler.discovery.documents.addresses import absolute

LOOKED_AT: Final = 50_000
"""Bytes of a body that are searched."""
LONGEST: Final = 30
"""Seconds: a page that reloads later than this is one to be read."""
SCRIPTED: Final = 5_000
"""Bytes: a larger page than this does more than lead elsewhere by a script."""
_REFRESH: Final = re.compile(r"\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'>]{1,2000})", re.IGNORECASE)
_META: Final = re.compile(r"<meta\b[^>]{0,300}http-equiv\s*=\s*[\"']?refresh\b[^>]{0,2500}>", re.IGNORECASE)
_CONTENT: Final = re.compile(r"\bcontent\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_SCRIPT: Final = re.compile(
    r"\blocation(?:\.href)?\s*=\s*[\"'](https?://[^\"']{4,2000})[\"']|"
    r"\blocation\.(?:replace|assign)\(\s*[\"'](https?://[^\"']{4,2000})[\"']",
    re.IGNORECASE,
)


def refresh_target(url: str, headers: Headers, body: bytes) -> str | None:
    """The absolute http(s) address that an answer with status 200 leads to; None for one that leads nowhere.

    url: of the answer. body: without its content coding. Ask only for a page that was read and is no article.
    """
    html = body[:LOOKED_AT].decode("latin-1")
    written = _stated(_header(headers, "Refresh")) or _in_meta(html) or _header(headers, "Location") or _in_script(html, body)
    return absolute(url, written.encode("latin-1").decode("utf-8", "replace")) if written else None


def _header(headers: Headers, name: str) -> str:
    return (headers.get(name) or b"").decode("latin-1").strip()


def _in_meta(html: str) -> str:
    for tag in _META.finditer(html):
        if content := _CONTENT.search(tag[0]):
            return _stated(unescape(content[1] or content[2] or content[3] or ""))
    return ""


def _stated(value: str) -> str:
    """The address in `0; url=…`; "" for none, and for one that waits long."""
    found = _REFRESH.match(value)
    return found[2].strip() if found is not None and int(found[1]) <= LONGEST else ""


def _in_script(html: str, body: bytes) -> str:
    found = _SCRIPT.search(html) if len(body) <= SCRIPTED else None
    return (found[1] or found[2]) if found is not None else ""
