"""Feeds and sitemaps of a stranger: no entity is resolved, nothing is fetched or read for them, and their number is bounded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.discovery import sitemap
from crawler.discovery.asking import Source
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.documents.text import RawDocument, UnreadableError
from crawler.discovery.feed import Feed
from crawler.discovery.found import Found, SourceError
from crawler.discovery.sitemap import Sitemap
from crawler.read.reader_pool import ReaderPool
from tests.crawler.discovery.asking import HOME, asking
from tests.crawler.discovery.asking import find as find_here
from tests.crawler.security.conftest import Server

LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11))


def find(source: Source, download: Callable[[Request], Awaitable[Response]]) -> list[Found]:
    """All that a source names, parsed in a reader process."""

    async def everything() -> list[Found]:
        readers = ReaderPool(1, 60, 2048)
        try:
            return [each async for each in source.find(asking(download, run=readers.run))]
        finally:
            readers.close()

    return asyncio.run(everything())


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
        read = repr(read_sitemap(RawDocument(f"{HOME}/sitemap.xml", body)))
    except UnreadableError as error:
        read = str(error)
    assert time.monotonic() - began < 10
    assert len(read) < 1_000
    assert "our-secret" not in read
    assert canary.connections == 0


def hostile_feed(canary: Server, file: Path) -> str:
    """Links and titles that are entities."""
    items = "".join(f"<item><title>&e10;</title><link>{HOME}/{what}</link></item>" for what in ("&e10;", "&file;", "&there;"))
    return f"{doctype(canary, file)}<rss version='2.0'><channel><title>&e10;</title>{items}</channel></rss>"


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-32"])
def test_a_feed_with_entities_is_refused(canary: Server, tmp_path: Path, coding: str) -> None:
    """In whatever encoding."""
    feed = f"<?xml version='1.0' encoding='{coding}'?>{hostile_feed(canary, tmp_path / 'secret')}"
    with pytest.raises(SourceError, match="declares XML entities"):
        find(Feed(f"{HOME}/feed/"), answering(feed.encode(coding)))
    assert canary.connections == 0


def test_a_declaration_hidden_in_utf_7_declares_nothing(canary: Server, tmp_path: Path) -> None:
    """No document of ours is in that encoding: it is read as UTF-8, and its entities are text."""
    body = hostile_feed(canary, tmp_path / "secret").replace("<!", "+ADwAIQ-").encode()
    named = find(Feed(f"{HOME}/feed/"), answering(b"<?xml version='1.0' encoding='utf-7'?>" + body))
    assert [each.url for each in named] == [f"{HOME}/&{what};" for what in ("e10", "file", "there")]
    assert canary.connections == 0


def test_a_feed_with_a_document_type_alone_is_read() -> None:
    """As those of RSS 0.91 have it, and one that tells of entities in its text."""
    kind = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">'
    items = f"<item><title>What is an ENTITY</title><link>{HOME}/archives/1</link></item>"
    body = f'<?xml version="1.0"?>{kind}<rss version="0.91"><channel>{items}</channel></rss>'.encode()
    (one,) = find(Feed(f"{HOME}/feed/"), answering(body))
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
    endless, facts = Endless(), []
    ask = asking(endless, since, fact=lambda fact, **details: facts.append((fact, details)))
    assert find_here(Sitemap(f"{HOME}/robots.txt"), ask) == []
    assert len(endless.asked) == most + 1  # robots.txt
    assert max(url.count(".xml") for url in endless.asked) == 3
    (bounded,) = [details for fact, details in facts if fact == "source.bounded"]
    assert bounded["source"] == f"sitemap {HOME}/robots.txt"
    assert bounded["bound"] == most
    assert bounded["left"] > 0
