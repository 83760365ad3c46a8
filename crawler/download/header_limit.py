"""HTTP answers whose head has a bound. The client bounds a line and not their number: a server could send header lines
for as long as a request may take, and fill the memory.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from scrapy.core.downloader.handlers.http11 import (  # Scrapy is pinned to a minor
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure

MOST_BYTES: Final = 131_072
"""Of status line and header fields. Chrome takes 256 KiB, servers rarely send more than 16."""
_HEAD: Final = frozenset({"STATUS", "HEADER"})


class HeadTooLargeError(Exception):
    """The status line and header fields of an answer are larger than they may be."""


class HeaderLimitProtocol(_LenientHTTP11ClientProtocol):
    """A connection that ends when the head of an answer grows past MOST_BYTES."""

    _head_bytes = 0

    def request(self, request: Any) -> Any:
        """The next answer's head is counted from 0."""
        self._head_bytes = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Called by Twisted."""
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._parser is None or self._parser.state not in _HEAD:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_BYTES:
            self._giveUp(Failure(HeadTooLargeError(f"an answer's head has more than {MOST_BYTES} bytes")))  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> HeaderLimitProtocol:  # noqa: ARG002, N802  # Twisted's names
        return HeaderLimitProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class HeaderLimitHandler(HTTP11DownloadHandler):
    """Scrapy's own client with such connections."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory  # noqa: SLF001  # as Scrapy does

    async def close(self) -> None:
        """Lets go of its connections, within Scrapy's bound. Scrapy's own bound calls a Deferred that has been called already if
        the loop is held up for as long.
        """
        closed = self._pool.closeCachedConnections().asFuture(asyncio.get_running_loop())  # type: ignore[no-untyped-call]
        await asyncio.wait([closed], timeout=self._disconnect_timeout)
