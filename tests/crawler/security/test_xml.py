"""Feeds and sitemaps of a stranger: no entity is resolved, nothing is fetched or read for them, and their number is bounded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.discovery import Feed, Found, Source, sitemap
from crawler.discovery.asking import Ask, Memory
from crawler.discovery.found import SourceError
from crawler.discovery.sitemap import Sitemap
from crawler.discovery.sitemap_xml import parse
from crawler.window import Window
from extractors import outlets
from tests.crawler.security.conftest import Server

HOME = "https://www.enabbaladi.net"
LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11))


def asking(download: Callable[[Request], Awaitable[Response]], since: str | None = None, **more: Any) -> Ask:
    """As a spider asks its sources."""
    return Ask(
        outlet=outlets()["enab_baladi"],
        window=Window.parse(since, None),
        memory=Memory(None),
        download=download,
        now=datetime.now(UTC),
        bound=31,
        validators_hours=24,
        max_bytes=1_000_000,
        refetch=False,
        **{"fact": lambda *_, **__: None, **more},
    )


async def found(source: Source, ask: Ask) -> list[Found]:
    """All that a source names."""
    return [each async for each in source.find(ask)]


def answering(body: bytes) -> Callable[[Request], Awaitable[Response]]:
    """A server with one answer."""

    async def download(request: Request) -> Response:
        return Response(request.url, body=body)

    return download


def doctype(canary: Server, file: Path) -> str:
    """Ten levels of entities, a file of ours, an address of ours, and a DTD there."""
    file.write_text("our-secret", encoding="utf-8")
    there = f'<!ENTITY file SYSTEM "file://{file}"><!ENTITY there SYSTEM "{canary.url}/e"><!ENTITY % dtd SYSTEM "{canary.url}/d">'
    return f'<!DOCTYPE x SYSTEM "{canary.url}/x.dtd" [<!ENTITY e0 "warraq">{LAUGHS}{there}%dtd;]>'


@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("padding", [0, 200_000])
def test_a_sitemap_resolves_no_entity(canary: Server, tmp_path: Path, coding: str, padding: int) -> None:
    """Nor where the declaration is hidden in another encoding, or stands late: nothing is read, fetched or multiplied."""
    head = f'<?xml version="1.0" encoding="{coding}"?><!--{"-x" * (padding // 2)}-->{doctype(canary, tmp_path / "secret")}'
    locs = "".join(f"<url><loc>{HOME}/{what}</loc></url>" for what in ("&e10;", "&file;", "&there;"))
    body = f'{head}<urlset a="&e1;">{locs}</urlset>'.encode(coding)
    began = time.monotonic()
    try:
        told = repr(parse(Response(f"{HOME}/sitemap.xml", body=body), 1_000_000).entries)
    except SourceError as error:
        told = str(error)
    assert time.monotonic() - began < 10
    assert len(told) < 1_000
    assert "our-secret" not in told
    assert canary.connections == 0


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-7", "utf-32"])
def test_a_feed_with_entities_is_refused(canary: Server, tmp_path: Path, coding: str) -> None:
    """Before the parser sees it, which would resolve them a hundred times the file's size."""
    items = "".join(f"<item><title>&e10;</title><link>{HOME}/{what}</link></item>" for what in ("&e10;", "&file;", "&there;"))
    feed = f"{doctype(canary, tmp_path / 'secret')}<rss version='2.0'><channel><title>&e10;</title>{items}</channel></rss>"
    # The declaration is ASCII in UTF-7, as those who hide in it have it.
    body = f"<?xml version='1.0' encoding='{coding}'?>".encode("utf-8" if coding == "utf-7" else coding)
    body += feed.encode(coding.replace("utf-7", "utf-8")) if coding != "utf-7" else feed.replace("<!", "+ADwAIQ-").encode()
    with pytest.raises(SourceError, match="declares XML entities"):
        asyncio.run(found(Feed(f"{HOME}/feed/"), asking(answering(body))))
    assert canary.connections == 0


def test_a_feed_with_a_document_type_alone_is_read() -> None:
    """As those of RSS 0.91 have it, and one that tells of entities in its text."""
    kind = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">'
    items = f"<item><title>What is an ENTITY</title><link>{HOME}/archives/1</link></item>"
    body = f'<?xml version="1.0"?>{kind}<rss version="0.91"><channel>{items}</channel></rss>'.encode()
    (one,) = asyncio.run(found(Feed(f"{HOME}/feed/"), asking(answering(body))))
    assert one.url == f"{HOME}/archives/1"


class Endless:
    """Sitemaps that name a hundred sitemaps each, for ever; the addresses that were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, request: Request) -> Response:
        self.asked.append(request.url)
        if request.url.endswith("robots.txt"):
            return Response(request.url, body=f"Sitemap: {HOME}/s.xml\n".encode())
        children = "".join(f"<sitemap><loc>{request.url}{n}.xml</loc></sitemap>" for n in range(100))
        return Response(request.url, body=f"<sitemapindex>{children}</sitemapindex>".encode())


@pytest.mark.parametrize(("since", "most"), [(None, 31), ("2020-01-01", 300)])
def test_the_number_and_the_nesting_of_sitemaps_are_bounded(
    monkeypatch: pytest.MonkeyPatch, since: str | None, most: int
) -> None:
    """With a window as without one; what was left out is told."""
    monkeypatch.setattr(sitemap, "MOST_DOCUMENTS", 300)
    endless, told = Endless(), []
    ask = asking(endless, since, fact=lambda fact, **details: told.append((fact, details)))
    assert asyncio.run(found(Sitemap(f"{HOME}/robots.txt"), ask)) == []
    assert len(endless.asked) == most + 1  # robots.txt
    assert max(url.count(".xml") for url in endless.asked) == 3
    assert ("source.bounded", {"source": f"sitemap {HOME}/robots.txt", "bound": most}) in told
