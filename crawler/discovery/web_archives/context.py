"""What a source in the past needs besides asking: what is known already, and leave to begin."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from crawler.discovery.web_archives.cost import Estimate
from crawler.discovery.web_archives.index_cache import IndexCache
from crawler.discovery.web_archives.seen_captures import SeenCaptures


class Consents(Protocol):
    async def __call__(self, estimate: Estimate, *, more: bool = False) -> bool: ...


@dataclass(slots=True, kw_only=True)
class IndexContext:
    """looked: gives the captures that need not be asked for again; captures: most captures of one article (None = all);
    delay: seconds between requests to an archive; consent: whether the outlet may begin, given the estimate (more: another will
    follow); trouble: tells of an index that was read in part. For files that are streamed: cache_of: another outlet's cache;
    streaming: one at a time in a crawl; turn: waits until the host of an address may be asked; pause: leaves it alone after so
    many failures, or for the seconds it asked for.
    """

    cache: IndexCache
    looked: Callable[[], Awaitable[SeenCaptures]]
    captures: int | None
    delay: float
    consent: Consents
    trouble: Callable[[str], None]
    cache_of: Callable[[str], IndexCache]
    streaming: asyncio.Lock
    turn: Callable[[str], Awaitable[None]]
    pause: Callable[[str, int, float], None]
    user_agent: str
    index_requests: int = field(default=0)
