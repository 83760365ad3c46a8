"""The one spelling of an address: same page, same string.

Path segments are percent-decoded as UTF-8, put in NFC and encoded again in upper case: ASCII, a valid URI, the same for raw
Arabic, %d8 and %D8. Bytes that are not UTF-8 (slugs are cut in the middle of a character) stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote_to_bytes, urlencode, urljoin, urlsplit

TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|ref|ref_src|traffic_source|amp|outputType|update"
    r"|ns_\w+|__twitter_impression|_ga|share|sharestatus|replytocom|nocache|cmpid|sf\d+",
    re.IGNORECASE,
)
PATH_SAFE = "!$&'()*+,;=:@~"
_PART = re.compile(r"(?:page-)?(?P<number>[2-9]|[1-9][0-9])")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """An http(s) URL in pieces. segments: decoded, never empty, no dots; query: tracking removed, sorted, encoded."""

    scheme: str
    host: str
    segments: tuple[str, ...]
    query: str

    @property
    def path(self) -> str:
        """The path in canonical encoding, no slash at the end; "" for the home page."""
        return "".join("/" + encode_segment(segment) for segment in self.segments)

    def url(self) -> str:
        """The whole address in canonical spelling, without a fragment."""
        question = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}{self.path or '/'}{question}"


@lru_cache(maxsize=256)  # whoever meets an address asks for it several times
def parse_address(url: str) -> Address | None:
    """Take an absolute http(s) URL apart; None for anything else, for odd ports and for addresses with a user name."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    if port is not None and port not in DEFAULT_PORTS.values():
        return None
    return Address(parts.scheme, host, _segments(parts.path), _query(parts.query))


@dataclass(frozen=True, slots=True)
class PartAddress:
    """The address of a further part of a story. whole: that of the first part; number: from 2; suffix: the end of the path."""

    whole: Address
    number: int
    suffix: str


def parse_part(address: Address) -> PartAddress | None:
    """What an address would be a part of, if it is one: `/slug/2` (WordPress' `<!--nextpage-->`), `/slug/page-2`, `/slug/page/2`.

    Whether the rest is an article's is for the caller to see: `/archives/2` may well be the second article. Numbers in queries
    are none: links in the second page of a list may say `?page=2` too.
    """
    *before, last = address.segments or ("",)
    found = _PART.fullmatch(last)
    if found is None or not before:
        return None
    size = 2 if before[-1] == "page" and found["number"] == last else 1
    whole = Address(address.scheme, address.host, address.segments[:-size], address.query)
    return PartAddress(whole, int(found["number"]), "".join(f"/{segment}" for segment in address.segments[-size:]))


def encode_segment(segment: str) -> str:
    """One decoded path segment, percent-encoded."""
    return quote_from_bytes(segment.encode("utf-8", "surrogateescape"), safe=PATH_SAFE)


def _segments(path: str) -> tuple[str, ...]:
    segments: list[str] = []
    for raw in path.split("/"):
        octets = unquote_to_bytes(raw.encode("utf-8", "replace"))
        segment = unicodedata.normalize("NFC", octets.decode("utf-8", "surrogateescape"))
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    return tuple(segments)


def _query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None)
    kept = sorted((name, value) for name, value in pairs if not TRACKING.fullmatch(name))
    return urlencode(kept, quote_via=quote, errors="surrogateescape")


_URL_DATE = re.compile(r"/((?:19|20)\d\d)(?:/[a-z_]+)?[/-](\d{1,2})[/-](\d{1,2})(?![\d])")


def date_in(url: str) -> str | None:
    """A whole date in the path of an unknown site."""
    found = _URL_DATE.search(url)
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def absolute(base: str, value: str) -> str | None:
    """The http(s) address that `value` means on the page `base`; None for any other kind (mailto:, javascript:, broken ones)."""
    if value.startswith(("http://", "https://")):
        return value
    if value.startswith("/") and not value.startswith("//"):
        return "/".join(base.split("/", 3)[:3]) + value
    try:
        url = urljoin(base, value)
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None
