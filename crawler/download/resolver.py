"""No outlet lives on a private address: a name that resolves to one is refused, at the moment of connecting.

Scrapy connects to the address given here, so there is no gap between the check and the connection.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.download.public_address import is_public

logger = logging.getLogger(__name__)


class PublicAddressResolver(CachingThreadedResolver):
    """Resolves host names to public addresses only; the operator's own proxy and WARRAQ_PRIVATE_HOSTS are excepted."""

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float, trusted: frozenset[str]) -> None:
        super().__init__(reactor, cache_size, timeout)
        self._trusted = trusted

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        settings = crawler.settings
        proxies = {urlsplit(url).hostname or "" for url in getproxies().values()}
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE"),
            settings.getfloat("DNS_TIMEOUT"),
            frozenset(proxies | set(settings.getlist("WARRAQ_PRIVATE_HOSTS"))),
        )

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802  # Twisted's name
        found = super().getHostByName(name, timeout)
        return found if name in self._trusted else found.addCallback(_public, name)


def _public(address: str, name: str) -> Any:
    if not is_public(address):
        why = f"{name} resolves to the private address {address}"
        logger.warning("not asked: %s", why)  # Twisted says only that the name has no address
        raise DNSLookupError(why)
    return address
