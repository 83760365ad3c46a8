"""Reading pages in processes of their own: a page that hangs, crashes or bloats its reader costs that page only.

trafilatura has no way to be bounded from inside, gains nothing from threads and has crashed interpreters in the field.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from crawler.read.reader_main import BrokenReaderError
from crawler.read.reader_process import Job, ReaderProcess, job_of
from crawler.read.reasons import BROKE
from crawler.read.study import Reader, study
from extractors import Article, NotAnArticle, Page

if TYPE_CHECKING:
    from crawler.config import Config

__all__ = ["BrokenReaderError", "ReaderPool", "readers_for"]

P = ParamSpec("P")
T = TypeVar("T")

PAGES_PER_READER = 20_000
"""A reader is replaced after so many pages, whatever its libraries may have kept: 0.6 MB after 15,000 of 160 KB."""

PAGES_AHEAD: Final = 250
"""So many pages before that its successor is started, if there is no end of pages: it loads for as long as those take."""

DEPTH: Final = 4
"""Jobs that a process has at once: one is read, the next wait in its socket, so that it hardly ever waits for its parent."""


class ReaderPool:
    """A pool of reader processes, started when they are needed. Call from one event loop at a time; `close` when done.

    timeout: seconds for one page; memory_mb: address space of one process, MiB; reader: what reads a page there, if not ours;
    max_page_bytes: of a page when its content coding is undone, which is done there too.
    """

    def __init__(
        self, processes: int, timeout: float, memory_mb: int, reader: Reader | None = None, max_page_bytes: int = 8_000_000
    ) -> None:
        self._most, self._timeout, self._memory_mb = processes, timeout, memory_mb
        self._reader = reader
        self._max_page_bytes = max_page_bytes
        self._readers: list[ReaderProcess] = []
        self._successor: ReaderProcess | None = None
        """Loads, while the reader that it will replace reads its last pages."""
        self._waiting: deque[Job] = deque()
        self._closed = False

    def warm_up(self) -> None:
        """Starts the processes now: loading the parsers takes a second, which discovery can use."""
        while len(self._readers) < self._most:
            self._start()

    def renew(self) -> None:
        """Replaces the processes, each once it has done what it was given: what they were told at their start has changed."""
        self._drop_successor()
        for reader in list(self._readers):
            reader.taken = PAGES_PER_READER
            self._changed(reader)

    async def read(self, page: Page, outlet: str, boilerplate_lines: frozenset[str] = frozenset()) -> Article | NotAnArticle:
        """The article, or why there is none. A page that breaks its reader is `NotAnArticle("reader-…", transient)`.

        boilerplate_lines: what is known to be furniture of the outlet (`crawler.read.line_frequency`).
        """
        return (await self.study(page, outlet, boilerplate_lines, lines=False))[0]

    async def study(
        self, page: Page, outlet: str, boilerplate_lines: frozenset[str], *, lines: bool
    ) -> tuple[Article | NotAnArticle, frozenset[str]]:
        """The same, and with `lines` the hashes of an article's lines, for learning which of them are furniture."""
        try:
            return await self.run(study, page, outlet, boilerplate_lines, lines, self._reader, self._max_page_bytes)
        except Exception as error:  # noqa: BLE001  # any page may trip any parser; the page is named and tried again
            return unread(page.url, error), frozenset()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function of a module gives, in a reader process.

        Raises what the function raises; BrokenReaderError when it takes too long, kills its process or runs out of memory.
        """
        if self._closed:
            raise BrokenReaderError("the readers have ended")
        job = job_of((function, args, kwargs), asyncio.get_running_loop())
        self._waiting.append(job)
        self._hand_out()
        result: T = await job.result
        return result

    def close(self) -> None:
        """Ends the readers; pages still being read are dropped."""
        self._closed = True
        self._waiting.clear()
        for reader in list(self._readers):
            reader.close()
        self._readers.clear()
        self._drop_successor()

    def _hand_out(self) -> None:
        """Give waiting jobs to the processes that have the fewest, starting one rather than letting a job wait."""
        while self._waiting:
            fresh = [each for each in self._readers if each.taken < PAGES_PER_READER]
            reader = min(fresh, key=lambda each: len(each.jobs), default=None)
            if reader is None or (reader.jobs and len(fresh) < self._most):
                reader = self._start()
            if len(reader.jobs) >= DEPTH:
                if self._successor is None and self._is_near_end(reader):
                    self._successor = self._process()
                return
            job = self._waiting.popleft()
            if not job.result.done():
                reader.take(job)

    def _start(self) -> ReaderProcess:
        reader, self._successor = self._successor or self._process(), None
        self._readers.append(reader)
        return reader

    def _process(self) -> ReaderProcess:
        return ReaderProcess(self._timeout, self._memory_mb, self._changed)

    def _drop_successor(self) -> None:
        if self._successor is not None:
            self._successor.close()
            self._successor = None

    @staticmethod
    def _is_near_end(reader: ReaderProcess) -> bool:
        return reader.taken >= PAGES_PER_READER - PAGES_AHEAD

    def _changed(self, reader: ReaderProcess) -> None:
        """A job of the reader has a result, or the reader has ended. One that has read enough ends when it has nothing to do,
        and somewhat earlier where another was started for it.
        """
        if self._closed:
            return
        if reader.ended:
            self._readers.remove(reader)
            self._waiting.extendleft(reversed(reader.jobs))
        elif not reader.jobs and (reader.taken >= PAGES_PER_READER or (self._successor and self._is_near_end(reader))):
            self._readers.remove(reader)
            reader.close()
        self._hand_out()


def readers_for(config: Config) -> ReaderPool:
    """Readers as the settings have them."""
    return ReaderPool(config.readers, config.read_timeout, config.read_memory_mb, max_page_bytes=config.max_page_bytes)


def unread(url: str, error: Exception) -> NotAnArticle:
    """The page at `url` that broke its reader, or at which the reader failed."""
    if isinstance(error, BrokenReaderError):
        reason, detail = BROKE + error.kind, str(error)
    else:
        reason, detail = BROKE + "error", f"{type(error).__name__}: {error}"[:500]
    return NotAnArticle(reason=reason, url=url, transient=True, detail=detail)
