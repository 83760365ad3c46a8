"""Documents that hurt their parser: it runs in a reader process with limits of time and memory, and costs its source only."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest
from scrapy.http import Response

from crawler.discovery.documents.feed import read_feed
from crawler.discovery.documents.posts import read_posts
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.documents.text import RawDocument
from crawler.discovery.found import SourceError
from crawler.read.reader_pool import BrokenReaderError, ReaderPool
from tests.crawler.discovery.asking import HOME, Site, asking

URL = f"{HOME}/document"


def hang(_: RawDocument) -> None:
    time.sleep(600)


def die(_: RawDocument) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def bloat(_: RawDocument) -> None:
    bytearray(4 << 30)


def trip(_: RawDocument) -> None:
    raise KeyError("a parser tripped")


@pytest.fixture(scope="module")
def readers() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 20.0, 1024)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def hasty() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 1.0, 1024)
    yield pool
    pool.close()


@pytest.mark.parametrize(
    ("parser", "reason"),
    [(die, "the reader died"), (bloat, "ran out of its memory"), (trip, "KeyError: 'a parser tripped'")],
)
def test_a_document_that_breaks_its_parser_costs_its_source(readers: ReaderPool, parser: object, reason: str) -> None:
    """By name; the next document is read."""

    async def both() -> None:
        ask = asking(Site({}), run=readers.run)
        with pytest.raises(SourceError, match=f"^{URL}: cannot be parsed: .*{reason}"):
            await ask.parsed(parser, Response(URL, body=b"x"))  # type: ignore[arg-type]  # as the test has it
        feed = b"<rss><channel><item><link>/1</link></item></channel></rss>"
        assert len((await ask.parsed(read_feed, Response(URL, body=feed))).entries) == 1

    asyncio.run(both())


def test_a_document_that_takes_too_long_costs_its_source(hasty: ReaderPool) -> None:
    """The process is ended."""
    with pytest.raises(BrokenReaderError, match="not read within 1 s"):
        asyncio.run(hasty.run(hang, RawDocument(URL, b"")))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parser", "unit"),
    [(read_sitemap, b"<x>"), (read_sitemap, b"<urlset>"), (read_sitemap, b"<url>"), (read_feed, b"<item><a>"),
     (read_feed, b"<x>"), (read_posts, b"["), (read_posts, b'{"a":'), (read_sitemap, b"<a "), (read_feed, b"<![CDATA[")],
)  # fmt: skip
def test_48_mb_of_nested_elements_leave_the_event_loop_and_the_memory_alone(
    readers: ReaderPool, parser: object, unit: bytes
) -> None:
    """Whatever becomes of the document: read in part, or refused by name."""
    body = b"<urlset><rss>" + unit * (48_000_000 // len(unit))

    async def beside() -> tuple[float, int]:
        ask = asking(Site({}), run=readers.run, max_bytes=60_000_000)
        before, longest, done = psutil.Process().memory_info().rss, 0.0, asyncio.Event()

        async def parse() -> None:
            with suppress(SourceError):
                await ask.parsed(parser, Response(URL, body=body))  # type: ignore[arg-type]  # one of three parsers
            done.set()

        task = asyncio.create_task(parse())
        while not done.is_set():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - began)
        await task
        return longest, psutil.Process().memory_info().rss - before

    longest, grown = asyncio.run(beside())
    assert longest < 5, "the loop stood still"
    assert grown < 300_000_000, "the document, and once more on its way to the reader"
