"""Reading pages in processes of their own: a page that hangs, crashes or bloats its reader costs that page only.

trafilatura has no way to be bounded from inside, gains nothing from threads and has crashed interpreters in the field.
Pebble (maintained, pure Python) gives what `concurrent.futures` lacks: a time limit per task, and a dead worker that
takes down its own task, not the pool.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as ReadTimeout
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from crawler.read.encoded_page import EncodedPage
from extractors import Article, NotAnArticle, Page
from extractors.reader import block_hashes, read
from storage.warc.content_coding import CodingError

P = ParamSpec("P")
T = TypeVar("T")

Reader = Callable[[Page, str, frozenset[str]], Article | NotAnArticle]

BROKE = "reader-"
"""How the reason begins when it was the reader, not the page's words, that said no."""

CODING = "content-coding"
"""The reason of a page whose body cannot be decoded, or becomes larger than the limit."""

PAGES_PER_READER = 5_000
"""A reader is replaced after so many pages, whatever its libraries may have kept."""


OUT_OF_MEMORY = 75
"""Exit code of a reader whose memory did not do for a document."""


class BrokenReaderError(Exception):
    """A reader process did not give a result; the message says why."""


class ReaderPool:
    """A pool of reader processes. Call from one event loop; `close` when done.

    timeout: seconds for one page; memory_mb: address space of one process, MiB; reader: what reads a page there;
    max_page_bytes: of a page when its content coding is undone, which is done there too.
    """

    def __init__(
        self, processes: int, timeout: float, memory_mb: int, reader: Reader = read, max_page_bytes: int = 8_000_000
    ) -> None:
        self._timeout = timeout
        self._reader = reader
        self._max_page_bytes = max_page_bytes
        self._pool = ProcessPool(
            max_workers=processes,
            max_tasks=PAGES_PER_READER,
            initializer=_limit_memory,
            initargs=[memory_mb],
            # Not fork: the crawler has threads and an event loop by now.
            context=multiprocessing.get_context("spawn"),
        )

    def warm_up(self) -> None:
        """Starts the processes now: loading the parsers takes a second, which discovery can use."""
        with _without_interrupts():
            self._pool.schedule(_ready)

    async def read(self, page: Page, outlet: str, boilerplate_lines: frozenset[str] = frozenset()) -> Article | NotAnArticle:
        """The article, or why there is none. A page that breaks its reader is `NotAnArticle("reader-…", transient)`.

        boilerplate_lines: what is known to be furniture of the outlet (`crawler.read.line_frequency`).
        """
        return (await self.study(page, outlet, boilerplate_lines, lines=False))[0]

    async def study(
        self, page: Page, outlet: str, boilerplate_lines: frozenset[str], *, lines: bool
    ) -> tuple[Article | NotAnArticle, frozenset[str]]:
        """The same, and with `lines` the hashes of an article's lines, for learning which of them are furniture."""
        work = (page, outlet, boilerplate_lines, lines, self._reader, self._max_page_bytes)
        try:
            task = self._pool.schedule(_study, args=work, timeout=self._timeout)
            result: tuple[Article | NotAnArticle, frozenset[str]] = await asyncio.wrap_future(task)
        except ReadTimeout:
            return _broken(page, BROKE + "timeout", f"not read within {self._timeout:g} s"), frozenset()
        except ProcessExpired as death:
            return _broken(page, BROKE + "crash", f"the reader died (exit code {death.exitcode})"), frozenset()
        except MemoryError:
            return _broken(page, BROKE + "memory", "the reader ran out of its memory"), frozenset()
        except Exception as error:  # noqa: BLE001  # any page may trip any parser; the page is named and tried again
            return _broken(page, BROKE + "error", f"{type(error).__name__}: {error}"[:500]), frozenset()
        return result

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function of a module gives, in a reader process: for documents of strangers that are no pages (feeds, sitemaps).

        Raises what the function raises; BrokenReaderError when it takes too long, kills its process or runs out of memory.
        """
        try:
            task = self._pool.schedule(_run, args=(function, args, kwargs), timeout=self._timeout)
            result: T = await asyncio.wrap_future(task)
        except ReadTimeout:
            raise BrokenReaderError(f"not read within {self._timeout:g} s") from None
        except ProcessExpired as death:
            out_of_memory = death.exitcode == OUT_OF_MEMORY
            reason = "the reader ran out of its memory" if out_of_memory else f"the reader died (exit code {death.exitcode})"
            raise BrokenReaderError(reason) from None
        return result

    def close(self) -> None:
        """Ends the readers; pages still being read are dropped."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # Pebble's stubs leave it out
        self._pool.join()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """What is started meanwhile never sees ^C, which a terminal sends to every process: the crawl ends its readers itself."""
    resource_tracker.ensure_running()  # it would be started with the first reader, and unblocks SIGINT when it is
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    """In a reader process, which ends when its memory is used up: what is left of it might not do for the next page."""
    try:
        return function(*args, **kwargs)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _study(
    page: Page, outlet: str, boilerplate_lines: frozenset[str], lines: bool, reader: Reader, max_page_bytes: int
) -> tuple[Article | NotAnArticle, frozenset[str]]:
    """What a reader does with a page, in its process."""
    if isinstance(page, EncodedPage):
        try:
            page = page.decoded(max_page_bytes)
        except CodingError as error:
            return NotAnArticle(reason=CODING, url=page.url, transient=True, detail=str(error)), frozenset()
    result = reader(page, outlet, boilerplate_lines)
    return result, block_hashes(page) if lines and isinstance(result, Article) else frozenset()


def _ready() -> None:
    """Nothing; a reader that does it has loaded all it needs."""


def _limit_memory(memory_mb: int) -> None:
    limit = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _broken(page: Page, reason: str, detail: str) -> NotAnArticle:
    return NotAnArticle(reason=reason, url=page.url, transient=True, detail=detail)
