"""Sources asked as a spider asks them, with a server that is a function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.discovery import Found, Source
from crawler.discovery.asking import Ask, Memory
from crawler.window import Window
from extractors import outlets

HOME = "https://www.enabbaladi.net"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Site:
    """A server: bodies by address, 404 for all others; which addresses were asked, in order."""

    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        self.bodies = bodies
        self.asked: list[str] = []

    async def __call__(self, request: Request) -> Response:
        self.asked.append(request.url)
        body = self.bodies.get(request.url)
        return Response(request.url, status=404) if body is None else Response(request.url, body=body)


def asking(download: Callable[[Request], Awaitable[Response]], since: str | None = None, **more: Any) -> Ask:
    """As a spider asks its sources."""
    return Ask(
        **{
            "outlet": outlets()["enab_baladi"],
            "window": Window.parse(since, None),
            "memory": Memory(None),
            "download": download,
            "now": NOW,
            "bound": 31,
            "validators_hours": 24,
            "max_bytes": 1_000_000,
            "refetch": False,
            "fact": lambda *_, **__: None,
            **more,
        }
    )


def find(source: Source, ask: Ask) -> list[Found]:
    """All that a source names."""

    async def everything() -> list[Found]:
        return [each async for each in source.find(ask)]

    return asyncio.run(everything())
