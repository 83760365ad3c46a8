"""One crawl: its archive, its run, its readers and its facts, shared by the spiders of one command.

`warraq crawl` opens one session for all outlets and closes it when the last spider is done. Under plain Scrapy
(`scrapy crawl`, `parse`, `shell`) each spider opens its own when it first needs one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import platform
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar

from scrapy.crawler import Crawler

from crawler.config import Config, load_config
from crawler.crawl.statistics import CrawlStatistics
from crawler.discovery.asking import Memory
from crawler.discovery.completeness import NAME as COMPLETENESS
from crawler.discovery.completeness import Completeness
from crawler.discovery.hub import Subscriber
from crawler.discovery.web_archives.cost import Consent, Estimate, Estimates
from crawler.download.binding import bound
from crawler.download.politeness import Politeness
from crawler.download.retry_after import NAME as PAUSES
from crawler.download.retry_after import HostPauses
from crawler.download.web_archives import Pace
from crawler.facts import Facts
from crawler.read.encoded_page import EncodedPage
from crawler.read.line_frequency import LineFrequency
from crawler.read.reader_pool import ReaderPool
from extractors import Page
from storage import Archive, Run, open_archive
from storage.warc.archiver import ArchiverOptions
from storage.warc.content_coding import CodingError

P = ParamSpec("P")
T = TypeVar("T")

MEMORY = "discovery.json"
CHROME = "chrome.json"


@dataclass(frozen=True, slots=True)
class Shared:
    """What the crawls of a long-running process have in common."""

    archive: Archive
    readers: ReaderPool
    manners: Politeness
    pace: Pace
    subscriber: Subscriber | None = None


class Session:
    """Archive, run and readers of one crawl. They are opened when first used: a shell that fetches nothing opens none."""

    def __init__(self, config: Config, facts: Facts | None = None, shared: Shared | None = None) -> None:
        """shared: what outlives this session, which then does not close it, and ends quietly when there is nothing to tell."""
        self.config = config
        self._shared = shared
        self.facts = facts or Facts()
        self.silent: dict[str, list[str]] = {}
        self.manifest: dict[str, Any] | None = None
        self._ended = False
        self.fetched: Counter[str] = Counter()
        self.interrupted = False
        self.archive_failures = 0
        self.archive_error: str | None = None
        self._threads = ThreadPoolExecutor(config.keepers, thread_name_prefix="keep")
        self.pace = shared.pace if shared else Pace(config.history_delay)
        self.manners = shared.manners if shared else None
        self.subscriber = shared.subscriber if shared else None
        self.consent = Consent(config.history_bound, config.history_bound_gb, tell=self._tell)
        self.streaming = asyncio.Lock()
        self.in_part: dict[str, list[str]] = {}
        self._memories: dict[str, Memory] = {}
        self._chromes: dict[str, LineFrequency] = {}
        self._completeness: dict[str, Completeness] = {}
        self._pauses: dict[str, HostPauses] = {}
        self._tidings: dict[str, CrawlStatistics] = {}

    @cached_property
    def archive(self) -> Archive:
        if self._shared is not None:
            return self._shared.archive
        return open_archive(self.config.archive, single_writer=self.config.single_writer)

    @cached_property
    def run(self) -> Run:
        return self.archive.begin(versions(), later=self.config.later_visits, raw=filing_options(self.config))

    @cached_property
    def readers(self) -> ReaderPool:
        return self._shared.readers if self._shared is not None else readers_for(self.config)

    def _tell(self, estimates: Estimates) -> None:
        """What the past of the outlets would cost, as one fact; on a terminal `crawler.cli.cost_prompt` shows a table."""
        told = {outlet: asdict(estimate) for outlet, estimate in sorted(estimates.items())}
        self.facts("history.estimated", **asdict(sum(estimates.values(), Estimate())), outlets=told)

    def open(self) -> None:
        """Opens archive and run now, so that what is wrong with them is said before anything is asked of the web."""
        _ = self.run
        if self._shared is None:
            self.readers.warm_up()

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs what waits for a disk or a bucket where it does not hold up the crawl."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))

    def memory(self, outlet: str) -> Memory:
        """What the outlet's sources remember; kept by `close`."""
        return self._note(self._memories, outlet, MEMORY, Memory)

    def chrome(self, outlet: str) -> LineFrequency:
        """What is known of the outlet's furniture; kept by `close`."""
        return self._note(self._chromes, outlet, CHROME, LineFrequency.load)

    def completeness(self, outlet: str) -> Completeness:
        """Which of the outlet's sources named what; kept by `close`."""
        return self._note(self._completeness, outlet, COMPLETENESS, Completeness.load)

    def pauses(self, outlet: str) -> HostPauses:
        """Until when its hosts are left alone."""
        return self._note(self._pauses, outlet, PAUSES, HostPauses.load)

    def _note(self, notes: dict[str, T], outlet: str, name: str, load: Callable[[bytes | None], T]) -> T:
        """What is kept under the outlet's `state/`, read once."""
        if outlet not in notes:
            notes[outlet] = load(self.archive.state(outlet).get(name))
        return notes[outlet]

    def pause(self, outlet: str, host: str, seconds: float) -> bool:
        """A host asks to be left alone so long: kept at once, for whoever asks it next. Whether that is news. ArchiveError."""
        pauses, now = self.pauses(outlet), datetime.now(UTC)
        news = pauses.ask(host, seconds, now)
        if news:
            self.archive.state(outlet).put(PAUSES, pauses.dump(now))
        return news

    def tidings(self, outlet: str) -> CrawlStatistics:
        """What this crawl learned of the outlet so far."""
        return self._tidings.setdefault(outlet, CrawlStatistics())

    def quarantine(self, outlet: str, page: Page, reason: str) -> str:
        """Puts the bytes of a page that broke its reader aside, for a person; gives the key."""
        if isinstance(page, EncodedPage):
            with suppress(CodingError):  # else the bytes as they came
                page = page.decoded(self.config.max_page_bytes)
        name = f"quarantine/{hashlib.sha256(page.body).hexdigest()[:16]}"
        note = {"url": page.url, "fetched_url": page.fetched_url, "content_type": page.content_type, "reason": reason}
        state = self.archive.state(outlet)
        state.put(f"{name}.html", page.body)
        state.put(f"{name}.json", json.dumps(note, ensure_ascii=False).encode())
        return f"state/{outlet}/{name}.html"

    def close(self) -> dict[str, Any] | None:
        """Ends the run: manifest, then the memories. Gives the manifest, or None when nothing was begun, or nothing is to tell.

        Raises storage.ArchiveError when the archive does not take it. Safe to call twice.
        """
        if "readers" in self.__dict__:
            if self._shared is None:
                self.readers.close()
            del self.__dict__["readers"]
        self._threads.shutdown(wait=True)
        if "run" in self.__dict__ and not self._ended:
            if self._shared is None or not self.run.leave():
                self.manifest = self.run.finish()
            self._ended = True
            self._keep_notes()
        return self.manifest

    def _keep_notes(self) -> None:
        """What the next crawls go by."""
        for name, notes in ((MEMORY, self._memories), (CHROME, self._chromes), (COMPLETENESS, self._completeness)):
            for outlet, note in notes.items():
                if note.changed:
                    self.archive.state(outlet).put(name, note.dump())


def readers_for(config: Config) -> ReaderPool:
    """Readers as the settings have them."""
    return ReaderPool(config.readers, config.read_timeout, config.read_memory_mb, max_page_bytes=config.max_page_bytes)


def session_for(crawler: Crawler) -> Session:
    """The bound session, or a new one of the crawler's own."""
    session = bound(crawler)
    return session if isinstance(session, Session) else Session(load_config(archive=crawler.settings.get("WARRAQ_ARCHIVE")))


def filing_options(config: Config) -> ArchiverOptions:
    """How raw captures are filed. Half of what is in flight to a file: while it is written, the other half gathers."""
    about = {
        "software": f"Warraq/{version('warraq')} Scrapy/{version('scrapy')} Python/{platform.python_version()}",
        "http-header-user-agent": config.user_agent,
        "robots": "obey",
        "settings": " ".join(f"{name}={getattr(config, name)}" for name in _TOLD),
    }
    return ArchiverOptions(
        max_bytes=config.warc_bytes, seconds=config.warc_seconds, waiting=max(1, config.in_flight // 2), about=about
    )


_TOLD = ("raw", "download_delay", "concurrency", "retry_times", "redirect_limit", "max_page_bytes")
"""Settings that say how a capture came to be."""


def versions() -> dict[str, str]:
    """What a manifest says of the software that wrote it."""
    packages = ("warraq", "scrapy", "trafilatura", "lxml", "selectolax")
    return {**{name: version(name) for name in packages}, "python": platform.python_version()}
