"""Sources asked as a spider asks them, with a server that is a function, and parsers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.discovery.asking import Ask, Source
from crawler.discovery.found import Found
from crawler.discovery.memory import FILE, Memory
from crawler.window import Window
from extractors import outlets

HOME = "https://www.enabbaladi.net"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def here(function: Callable[..., Any], *args: Any) -> Any:
    """As `ReaderPool.run`, in this process: parsers are pure."""
    return function(*args)


class Site:
    """A server: bodies by address, 404 for all others; which addresses were asked, in order, and of which it said 304.

    Each body has an ETag; headers: more of them, by address.
    """

    def __init__(self, bodies: Mapping[str, bytes], headers: Mapping[str, dict[str, str]] | None = None) -> None:
        self.bodies, self.headers = dict(bodies), headers or {}
        self.asked: list[str] = []
        self.unchanged: list[str] = []

    async def __call__(self, request: Request) -> Response:
        self.asked.append(request.url)
        body = self.bodies.get(request.url)
        if body is None:
            return Response(request.url, status=404)
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag.encode():
            self.unchanged.append(request.url)
            return Response(request.url, status=304)
        return Response(request.url, body=body, headers={"ETag": etag, **self.headers.get(request.url, {})})


class Crawls:
    """Crawls of one outlet, one after the other, with what its sources remember; facts: (name, details) of the last."""

    def __init__(self, source: Source, **more: Any) -> None:
        self.source, self.more, self.now = source, more, NOW
        self.state: bytes | None = None
        self.facts: list[tuple[str, dict[str, Any]]] = []
        self.known: set[str] = set()
        self.failing: set[str] = set()

    def crawl(self, site: Callable[[Request], Awaitable[Response]], since: str | None = None) -> list[str]:
        """Which new addresses are named; all of them come to a lasting fate, but those that are `failing`."""
        self.facts = []
        memory = Memory(FILE.parse(self.state) if self.state else None)
        report = lambda fact, **details: self.facts.append((fact, details))  # noqa: E731
        ask = asking(site, since, memory=memory, fact=report, now=self.now, **self.more)
        named = asyncio.run(self._find(ask))
        ask.remember()
        self.state = FILE.dump(memory.document())
        return named

    async def _find(self, ask: Ask) -> list[str]:
        named: list[str] = []
        async for found in self.source.find(ask):
            place = ask.locate(found.url)
            url = place.url if place else found.url
            found.document.named()
            found.document.known_only = found.document.known_only and url in self.known
            found.document.settled(lasting=found.url not in self.failing)
            if url not in self.known:
                named.append(found.url)
                self.known |= {url} if found.url not in self.failing else set()
        return named

    def of(self, name: str) -> list[dict[str, Any]]:
        """The details of the facts of that name."""
        return [details for fact, details in self.facts if fact == name]


def asking(download: Callable[[Request], Awaitable[Response]], since: str | None = None, **more: Any) -> Ask:
    """As a spider asks its sources."""
    return Ask(
        **{
            "outlet": outlets()["enab_baladi"],
            "window": Window.parse(since, None),
            "memory": Memory(),
            "download": download,
            "run": here,
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
