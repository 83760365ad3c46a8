"""Readers that hang, crash or bloat: the page is named, its bytes kept, and the next page is read."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.read.quarantine import quarantine
from crawler.read.reader_pool import BrokenReaderError, ReaderPool
from extractors import Article, NotAnArticle, Page
from extractors.article import Extractor
from storage import open_archive


def page(word: str) -> Page:
    return Page(
        url=f"https://www.enabbaladi.net/archives/{len(word)}", body=word.encode(), fetched_at=datetime(2026, 11, 22, tzinfo=UTC)
    )


def temperamental(page: Page, outlet: str, boilerplate_lines: frozenset[str]) -> Article | NotAnArticle:
    """Does in the reader's process what the page says."""
    match page.body:
        case b"hang":
            time.sleep(600)
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"bloat":
            bytearray(4 << 30)
        case b"raise":
            raise ValueError("a parser tripped")
    extractor = Extractor("test", "1", "test")
    return Article(
        id="x:1",
        outlet=outlet,
        kind="article",
        language="ar",
        url=page.url,
        fetched_url=page.url,
        headline="عنوان",
        body="نص",
        extractor=extractor,
    )


class Vast:
    """Has no room in any memory once it is made again from its pickle."""

    def __reduce__(self) -> tuple[type[bytes], tuple[int]]:
        return bytes, (1 << 50,)


def leave_little_memory() -> None:
    """From now on this process may grow by 16 MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (16 << 20), most))


@pytest.fixture
def readers() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 2.0, 1024, temperamental)
    yield pool
    pool.close()


@pytest.mark.parametrize("given", [Vast(), frozenset({Vast()}), bytes(64 << 20)], ids=["call", "shared", "incoming"])
def test_memory_that_does_not_do_is_named_wherever_it_ends(given: object, readers: ReaderPool) -> None:
    """In what a call is given, in what it shares with others, and while either comes in."""

    async def work() -> None:
        await readers.run(leave_little_memory)
        with pytest.raises(BrokenReaderError) as caught:
            await readers.run(id, given)
        assert (caught.value.kind, str(caught.value)) == ("memory", "the reader ran out of its memory")
        assert await readers.run(len, b"x") == 1

    asyncio.run(work())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "reason"),
    [("hang", "reader-timeout"), ("crash", "reader-crash"), ("bloat", "reader-memory"), ("raise", "reader-error")],
)
def test_a_page_that_breaks_its_reader_costs_that_page_only(readers: ReaderPool, word: str, reason: str) -> None:
    """It may be an article at the next visit; the reader is replaced, and the page after it is read."""

    async def both() -> tuple[Article | NotAnArticle, Article | NotAnArticle]:
        return await readers.read(page(word), "enab_baladi"), await readers.read(page("good"), "enab_baladi")

    broken, good = asyncio.run(both())
    assert isinstance(broken, NotAnArticle)
    assert (broken.reason, broken.transient, broken.url) == (reason, True, page(word).url)
    assert isinstance(good, Article)


def test_the_bytes_of_such_a_page_are_put_aside(tmp_path: Path) -> None:
    """Beside a note that says which page it was and what it did."""
    archive = open_archive(str(tmp_path / "a"))
    reason = "reader-crash: the reader died (exit code -11)"
    key = quarantine(archive.state("enab_baladi"), page("crash"), reason, max_bytes=8_000_000)
    assert (tmp_path / "a" / key).read_bytes() == b"crash"
    note = json.loads((tmp_path / "a" / key).with_suffix(".json").read_text(encoding="utf-8"))
    assert note["url"] == page("crash").url
    assert note["reason"].startswith("reader-crash")
