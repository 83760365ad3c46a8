"""Who calls: the peer of a connection, or whom a trusted reverse proxy names (RFC 7239 `Forwarded`, else `X-Forwarded-For`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Final

from crawler.config import ConfigError

Networks = Sequence[IPv4Network | IPv6Network]
MOST_HOPS: Final = 20
"""Of a chain of proxies, counted from ours."""
_FOR: Final = re.compile(r"""(?:^|[;,])\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))""", re.IGNORECASE)
_PORT: Final = re.compile(r"^\[([^\]]*)\](?::\d*)?$|^([\d.]+):\d+$")


def networks(setting: str) -> Networks:
    """Addresses and CIDR blocks, comma-separated. ValueError for what is neither."""
    return [ipaddress.ip_network(each.strip(), strict=False) for each in setting.split(",") if each.strip()]


def proxies_of(setting: str) -> Networks:
    """The reverse proxies before door and reader. ConfigError."""
    try:
        return networks(setting)
    except ValueError as error:
        raise ConfigError(f"WARRAQ_DOOR_PROXIES: {error}; write addresses or CIDR blocks, comma-separated") from error


def caller(peer: str, forwarded: Sequence[str], forwarded_for: Sequence[str], trusted: Networks) -> str:
    """The address that a rate is counted by; of IPv6 its /64, which is one subscriber's.

    forwarded, forwarded_for: the values of those headers, as often as each came. Only a trusted peer is believed what it says,
    and of the chain it names the last hop that is not trusted itself: what is further left anybody can have written.
    """
    found = peer
    if _is_one_of(peer, trusted):
        for hop in _hops(",".join(forwarded), ",".join(forwarded_for)):
            found = hop
            if not _is_one_of(hop, trusted):
                break
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return found[:100]  # `unknown`, or a name a proxy made up
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Network((int(address), 64), strict=False))
    return found


def _hops(forwarded: str, forwarded_for: str) -> Iterator[str]:
    """From our proxy outwards."""
    named = [quoted or plain for quoted, plain in _FOR.findall(forwarded)] if forwarded else forwarded_for.split(",")
    for each in list(reversed(named))[:MOST_HOPS]:
        text = each.strip().strip('"')
        port = _PORT.match(text)
        if bare := (port[1] or port[2] if port else text):
            yield bare


def _is_one_of(address: str, trusted: Networks) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in trusted)
