"""What the spiders of one command share: archive and run, readers, what is remembered of outlets, access to hosts, the end.

`warraq crawl` opens one session for all outlets and closes it when the last spider is done. Under plain Scrapy
(`scrapy crawl`, `parse`, `shell`) each spider opens its own when it first needs one.
"""

from __future__ import annotations

import asyncio
import gc
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar

from scrapy.crawler import Crawler

from crawler.config import Config, load_config
from crawler.crawl.article_keeper import ArticleKeeper
from crawler.crawl.ending import Ending
from crawler.crawl.outlet_notes import OutletNotes
from crawler.discovery.hub import Subscriber
from crawler.discovery.web_archives.cost import Consent, Estimate, Estimates
from crawler.download.binding import bound
from crawler.download.politeness import Politeness
from crawler.download.retry_after import WEB_ARCHIVES
from crawler.download.waits import Waits
from crawler.download.web_archives import Pace
from crawler.facts import Facts
from crawler.read.line_frequency import LineFrequency
from crawler.read.page_reader import PageReader
from crawler.read.quarantine import quarantine
from crawler.read.reader_pool import ReaderPool, readers_for
from extractors import Page
from storage import Archive, ArchiveError, KeepRequest, Known, Outcome, Run, State, open_archive
from storage.errors import NotAtHandError
from storage.warc.segment_writer import ArchiverOptions

YOUNG_OBJECTS = 20_000
"""New objects after which Python looks for cycles among them: a page makes thousands, and few of them are in cycles."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shared:
    """What the crawls of a long-running process have in common."""

    archive: Archive
    readers: ReaderPool
    politeness: Politeness
    pace: Pace
    subscriber: Subscriber | None = None


class Session:
    """Archive, run and readers are opened when first used: a shell that fetches nothing opens none.

    notes: per outlet, between crawls; pace, politeness: towards web archives and hosts (`crawler.download.binding`: what the HTTP
    side uses); waits: for what is not ours, which end when the crawl is broken off; ending: what is to be said at the end;
    consent: to what web archives would cost; streaming: held while a file of a web archive is streamed.
    """

    def __init__(
        self, config: Config, facts: Facts | None = None, shared: Shared | None = None, readers: ReaderPool | None = None
    ) -> None:
        """shared: what outlives this session, which then does not close it, and ends quietly when there is nothing to tell.
        readers: those to be used, if they were begun before.
        """
        self.config, self.facts, self._shared = config, facts or Facts(), shared
        self._threads = ThreadPoolExecutor(config.keepers, thread_name_prefix="keep")
        self._begun_readers = readers
        self.ending = Ending()
        self.notes = OutletNotes(self._state, self._state_now, self.facts)
        self.pace = shared.pace if shared else Pace(config.history_delay, config.pause_seconds)
        self.politeness = shared.politeness if shared else None
        self.waits = Waits()
        self.subscriber = shared.subscriber if shared else None
        self.consent = Consent(config.history_bound, config.history_bound_gb, tell=self._estimated)
        self.streaming = asyncio.Lock()
        self.manifest: dict[str, Any] | None = None
        self._page_readers: dict[str, PageReader] = {}
        self._keeper: ArticleKeeper | None = None
        self._ended = False

    @cached_property
    def archive(self) -> Archive:
        if self._shared is not None:
            return self._shared.archive
        return open_archive(self.config.archive, single_writer=self.config.single_writer)

    @property
    def is_open(self) -> bool:
        """Whether the archive was used: `scrapy parse`, and a shell that only reads a page, open none."""
        return self._shared is not None or "archive" in self.__dict__

    @cached_property
    def run(self) -> Run:
        return self.archive.begin(versions(), later=self.config.later_visits, raw=archiver_options(self.config))

    @cached_property
    def readers(self) -> ReaderPool:
        if self._shared is not None:
            return self._shared.readers
        return self._begun_readers or readers_for(self.config)

    def open(self) -> None:
        """Opens archive and run now, so that what is wrong with them is said before anything is asked of the web."""
        _ = self.run
        if self._shared is None:
            self.readers.warm_up()
            gc.freeze()  # what is loaded stays
            gc.set_threshold(YOUNG_OBJECTS)

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs what waits for a disk or a bucket where it does not hold up the crawl."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))

    async def known(self, outlet: str, url: str) -> Known | None:
        """What the archive knows of a canonical URL: most often at hand, which spares each page the way to a thread and back."""
        try:
            return self.run.known_at_hand(outlet, url)
        except NotAtHandError:
            return await self.in_thread(self.run.known, outlet, url)

    async def keep(self, request: KeepRequest) -> Outcome:
        """Keeps an article, together with others where that is possible. ArchiveError: see `Run.keep`."""
        if self._keeper is None:
            self._keeper = ArticleKeeper(self.run, self.in_thread)
        outcome = await self._keeper.keep(request)
        return outcome if outcome is not None else await self.in_thread(self.run.keep_one, request)

    async def page_reader(self, outlet: str) -> PageReader:
        """The outlet's reader: one for all its pages in this session, since it learns from them."""
        if outlet not in self._page_readers:
            lines = await self.in_thread(self.notes.line_frequency, outlet) if self.is_open else LineFrequency()
            most = self.config.max_page_bytes

            async def put_aside(page: Page, reason: str) -> str:
                return await self.in_thread(quarantine, self.archive.state(outlet), page, reason, max_bytes=most)

            load = partial(self.in_thread, lines.load)
            reader = PageReader(self.readers, outlet, lines, put_aside, partial(self.facts, outlet=outlet), load)
            self._page_readers.setdefault(outlet, reader)
        return self._page_readers[outlet]

    def report(self) -> int:
        """Says on stderr what needs a look, and gives the exit code. Raises ArchiveError where the archive failed."""
        return self.ending.report(self.consent)

    def close(self) -> dict[str, Any] | None:
        """Ends the run: manifest, then state/. Gives the manifest, or None when nothing was begun, or nothing is to tell.

        Raises storage.ArchiveError when the archive does not take it. Safe to call twice.
        """
        if "readers" in self.__dict__:
            if self._shared is None:
                self.readers.close()
            del self.__dict__["readers"]
        self._threads.shutdown(wait=True)
        if "run" in self.__dict__ and not self._ended:
            try:
                self.notes.stage()
            finally:  # the manifest does not wait for what may be lost without harm
                if self._shared is None or not self.run.leave(known_failures=self.notes.repeated_failures):
                    self.manifest = self.run.finish()
                self._ended = True
        return self.manifest

    def pause(self, outlet: str, host: str, seconds: float) -> bool:
        """A host asks to be left alone so long: kept at once, for whoever asks it next. Whether that is news. ArchiveError."""
        return self.notes.keep_pause(outlet, host, seconds)

    def archive_pauses(self) -> dict[str, float]:
        """Seconds that web archives' hosts are still to be left alone. Empty where that cannot be read: it costs a request."""
        try:
            return self.notes.pauses_now(WEB_ARCHIVES).left(datetime.now(UTC))
        except ArchiveError:
            return {}

    def _state(self, outlet: str) -> State:
        """Until a run begins there is nothing to be saved: a shell that only reads a page."""
        return self.run.state(outlet) if "run" in self.__dict__ else self._state_now(outlet)

    def _state_now(self, outlet: str) -> State:
        return self.archive.state(outlet)

    def _estimated(self, estimates: Estimates) -> None:
        """What the past of the outlets would cost, as one fact; on a terminal `crawler.cli.cost_prompt` shows a table."""
        by_outlet = {outlet: asdict(estimate) for outlet, estimate in sorted(estimates.items())}
        self.facts("history.estimated", **asdict(sum(estimates.values(), Estimate())), outlets=by_outlet)


def session_for(crawler: Crawler) -> Session:
    """The bound session, or a new one of the crawler's own."""
    session = bound(crawler)
    return session if isinstance(session, Session) else Session(load_config(archive=crawler.settings.get("WARRAQ_ARCHIVE")))


def archiver_options(config: Config) -> ArchiverOptions:
    """How raw captures are filed. Half of what is in flight to a file: while it is written, the other half gathers."""
    about = {
        "software": f"Warraq/{version('warraq')} Scrapy/{version('scrapy')} Python/{platform.python_version()}",
        "http-header-user-agent": config.user_agent,
        "robots": "obey",
        "settings": " ".join(f"{name}={getattr(config, name)}" for name in _CAPTURE_SETTINGS),
    }
    return ArchiverOptions(
        max_bytes=config.warc_bytes, seconds=config.warc_seconds, waiting=max(1, config.in_flight // 2), about=about
    )


_CAPTURE_SETTINGS = ("raw", "download_delay", "concurrency", "retry_times", "redirect_limit", "max_page_bytes")
"""Settings that say how a capture came to be."""


def versions() -> dict[str, str]:
    """What a manifest says of the software that wrote it."""
    packages = ("warraq", "scrapy", "trafilatura", "lxml", "selectolax")
    return {**{name: version(name) for name in packages}, "python": platform.python_version()}
