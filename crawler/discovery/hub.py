"""The hub that a feed names: who tells us when the feed changes, so that it need not be asked so often (W3C WebSub, section 4).

Only what the feed's own server says counts: a `Link` header first, else links in the feed itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from crawler.discovery.documents.addresses import absolute

if TYPE_CHECKING:
    from crawler.discovery.found import Download

MOST_HUBS: Final = 4
MOST_CHARACTERS: Final = 2_000
"""Of an address."""
MOST_HEADER: Final = 20_000
"""Characters of one `Link` header."""
_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
_REL: Final = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    """What is subscribed to. url: the feed as it calls itself; hubs: where to, any of which will do."""

    url: str
    hubs: tuple[str, ...]


class Subscriber(Protocol):
    """Whoever subscribes to what the feeds of a crawl name."""

    async def keep_up(self, outlet: str, topics: Mapping[str, Topic | None], download: Download) -> None:
        """Asks hubs for what is not subscribed to, or not for much longer. Never raises: the feeds are polled anyway.

        topics: by address of a feed that was read in this crawl; None where it names no hub.
        """


def topic_of(url: str, headers: Iterable[str], links: Iterable[tuple[str, str]]) -> Topic | None:
    """The topic of a feed read at `url`; None if it names no hub that can be asked.

    headers: values of `Link`; links: (rel, address) of the feed's own links.
    """
    for offered in (_in_headers(headers), list(links)):
        named = [hub for rel, address in offered if "hub" in rel.lower().split() if (hub := hub_address(url, address))]
        if named:
            own = [own for rel, address in offered if "self" in rel.lower().split() and (own := _address(url, address))]
            return Topic(own[0] if own else url, tuple(dict.fromkeys(named))[:MOST_HUBS])
    return None


def hub_address(base: str, address: str) -> str | None:
    """Where the hub is asked: by https, whatever is written, since it is told a secret. None if that cannot be."""
    url = _address(base, address)
    if url is None:
        return None
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(":80") if parts.scheme == "http" else parts.netloc
    return urlunsplit(("https", host, parts.path or "/", parts.query, ""))


def _address(base: str, address: str) -> str | None:
    """The absolute address, None if it is none that may be asked."""
    url = absolute(base, address)
    return url if url is not None and "@" not in urlsplit(url).netloc and len(address) <= MOST_CHARACTERS else None


def _in_headers(headers: Iterable[str]) -> list[tuple[str, str]]:
    """(rel, address) of each link in `Link` headers (RFC 8288)."""
    found = [match.groups() for header in headers for match in _LINK.finditer(header[:MOST_HEADER])]
    return [(rel[1] or rel[2], address) for address, rest in found if (rel := _REL.search(rest))]
