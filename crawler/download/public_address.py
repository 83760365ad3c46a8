"""What may be asked: http and https, on the public internet. An outlet lives nowhere else, and a page that leads elsewhere
would have us knock at the operator's own doors.
"""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_SITE_LOCAL = IPv6Network("fec0::/10")
_RELAYS = IPv4Network("192.88.99.0/24")
"""6to4 relays (RFC 7526), which is no place for a site."""
_INNER = frozenset({"localhost", "local", "internal", "lan", "arpa", "onion", "invalid", "test"})
"""Last labels that no public name ends in (RFC 6761, 6762, 8375 and ICANN's `internal`)."""
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet: not private, loopback, link-local, shared, multicast, reserved or a
    form of IPv6 that carries an IPv4 address (which could be any of those). ValueError for what is no address.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast and found not in _RELAYS
    return found.is_global and not (found.is_multicast or found.is_site_local or found in _SITE_LOCAL or _carries_another(found))


def _carries_another(address: IPv6Address) -> bool:
    """IPv4-mapped, IPv4-compatible, 6to4, Teredo or NAT64: where it leads is written inside."""
    return (
        address.ipv4_mapped is not None
        or address.sixtofour is not None
        or address.teredo is not None
        or address in _COMPATIBLE
        or any(address in network for network in _NAT64)
    )


def why_not(url: str, trusted: frozenset[str] = frozenset()) -> str | None:
    """Why a URL is not asked, by its scheme and host alone; None if nothing speaks against it.

    It matters behind a proxy, which would resolve the name itself; without one the resolver judges each address too.
    trusted: hosts that are excepted.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme or 'no scheme'}: only http and https are asked"
    host = (parts.hostname or "").rstrip(".")
    if not host:
        return "it names no host"
    if host in trusted:
        return None
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _why_not_address(host)
    if "." not in host or host.rpartition(".")[2] in _INNER:
        return f"{host} is no public name"
    return None


def _why_not_address(host: str) -> str | None:
    """Also of spellings that only a resolver takes for an address: 127.1, 0x7f000001, 2130706433, 0177.0.0.1."""
    try:
        return None if is_public(host) else f"{host} is a private address"
    except ValueError:
        return f"{host} is no public name"
