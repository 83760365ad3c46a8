"""What may be asked: http and https, on the public internet. An outlet lives nowhere else, and a page that leads elsewhere
would have us knock at the operator's own doors.
"""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Final
from urllib.parse import urlsplit

_NOT_PUBLIC: Final = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
            *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # Azure's platform server, inside every virtual network; no registry has it
        ),
    )
)
"""The whole IANA IPv4 special-purpose registry, also what is reachable there (anycast of protocols is no place for a site), and
multicast. Python's `is_global` knows less, and differs from version to version. 192.0.0.0/24 holds Oracle's old metadata server.
"""
_GLOBAL: Final = IPv6Network("2000::/3")
"""All that IANA has given out for unicast on the internet. Outside: loopback, mapped, NAT64, discard, SRv6, private…"""
_NOT_PUBLIC_6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))
"""Inside it, by the IANA IPv6 special-purpose registry: IETF protocols with Teredo and ORCHID, documentation, 6to4, AS112."""
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
"""First half of an interface identifier that ends in an IPv4 address (RFC 5214)."""
_INNER: Final = frozenset({"localhost", "local", "internal", "lan", "arpa", "onion", "invalid", "test"})
"""Last labels that no public name ends in (RFC 6761, 6762, 8375 and ICANN's `internal`)."""
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet: in no block for special purposes, no cloud's metadata server, and no form
    of IPv6 that carries an IPv4 address (which could be any of those). ValueError for what is no address.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _NOT_PUBLIC)
    inner = int(found) >> 32 & 0xFFFFFFFF
    return found in _GLOBAL and inner not in _ISATAP and not any(found in network for network in _NOT_PUBLIC_6)


def why_not(url: str, trusted: frozenset[str] = frozenset()) -> str | None:
    """Why a URL is not asked, by its scheme and host alone; None if nothing speaks against it.

    It matters behind a proxy, which would resolve the name itself; without one the resolver judges each address too.
    trusted: hosts that are excepted.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:  # `https://[`
        return f"it is no address: {error}"
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme or 'no scheme'}: only http and https are asked"
    host = (parts.hostname or "").rstrip(".")
    if not host:
        return "it names no host"
    if host in trusted:
        return None
    return _why_not_host(host)


def _why_not_host(host: str) -> str | None:
    """Numbers are addresses, also spellings that only a resolver takes for one: 127.1, 0x7f000001, 2130706433, 0177.0.0.1."""
    last = host.rpartition(".")[2]
    if not (":" in host or _NUMBER.fullmatch(last)):
        return f"{host} is no public name" if "." not in host or last in _INNER else None
    try:
        return None if is_public(host) else f"{host} is a private address"
    except ValueError:
        return f"{host} is no public name"
