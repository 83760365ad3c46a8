"""Addresses of captures as their writers spell them, in the form that outlets know (WHATWG URL, RFC 3986 §3.2)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_END: Final = re.compile(r"(?<![\s.])[\s.]+\Z|\A[\s.]+\Z")
_AUTHORITY: Final = re.compile(r"(?i)(\s*https?:)[/\\]{2}([^/\\?#]*)")


def plain_address(url: str) -> str:
    """The address without user name, without the dot at the end of its host, and without a port that any scheme has by default.

    A page is the same page whoever asked for it (`https://user@host/`) and however its host was written (`host.`, `HOST`,
    `http://host:443/`).
    """
    found = _AUTHORITY.match(url)
    if found is None or "[" in found[2]:  # an IPv6 address
        return url
    host, colon, port = found[2].rpartition("@")[2].strip().partition(":")
    kept = f":{port}" if colon and port.isdecimal() and port.lstrip("0") not in ("80", "443") else ""
    return f"{found[1].strip().lower()}//{_END.sub('', host)}{kept}{url[found.end() :]}"


def host_of(url: str) -> str:
    """The host of an address in small letters; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
