"""Reading one outlet's pages in processes that may die: learns which lines are boilerplate, sets aside what breaks a reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from crawler.read.line_frequency import LineFrequency
from crawler.read.reader_pool import ReaderPool
from crawler.read.reasons import BROKE
from crawler.state_file import Report
from extractors import Article, NotAnArticle, Page
from storage import ArchiveError

Quarantine = Callable[[Page, str], Awaitable[str]]


class PageReader:
    """The live crawl, captures of web archives and WARC files are read by it alike.

    quarantine: stores a page that broke its reader, with the reason; gives its key. load: has the counts of lines at hand
    (`LineFrequency.load`) without holding up the crawl; may raise ArchiveError.
    """

    def __init__(
        self,
        pool: ReaderPool,
        outlet: str,
        lines: LineFrequency,
        quarantine: Quarantine,
        report: Report,
        load: Callable[[], Awaitable[None]],
    ) -> None:
        self._pool, self._outlet, self._lines, self._load = pool, outlet, lines, load
        self._quarantine, self._report = quarantine, report

    async def read(self, page: Page) -> Article | NotAnArticle:
        """The article, or why there is none. A page that kills or stalls its reader is `NotAnArticle("reader-…", transient)`."""
        known, learn = self.next_lines(page.url)
        result, lines = await self._pool.study(page, self._outlet, known, lines=learn)
        if isinstance(result, Article):
            await self.learn(result, lines)
        elif result.reason.startswith(BROKE):
            await self.set_aside(page, result)
        return result

    def next_lines(self, url: str) -> tuple[frozenset[str], bool]:
        """For the next page: (hashes of the lines known to be furniture, whether the hashes of its own lines are wanted)."""
        return self._lines.known, self._lines.wants(url)

    async def learn(self, article: Article, lines: frozenset[str]) -> None:
        """Counts the lines of an article's page; none where they were not wanted."""
        if not lines:
            return
        try:
            await self._load()
        except ArchiveError as error:  # a page of the next crawl teaches the same
            self._report("lines.not_learned", url=article.url, reason=str(error))
            return
        self._lines.learn(article.id, lines)

    async def set_aside(self, page: Page, result: NotAnArticle) -> None:
        """Puts a page that broke its reader into quarantine, and states it as a fact."""
        reason = f"{result.reason}: {result.detail}"
        try:
            key = await self._quarantine(page, reason)
        except ArchiveError as error:  # the page fails in any case, and is met again
            self._report("page.not_quarantined", url=page.url, reason=str(error))
            return
        self._report("page.quarantined", url=page.url, reason=result.reason, key=key)
