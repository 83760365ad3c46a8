"""Running spiders to their end in this process, all outlets in one session."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.ossignal import install_shutdown_handlers

from crawler.crawl.session import Session
from crawler.download.binding import bind
from crawler.download.slots import break_off, engine_of, known_hosts
from crawler.download.waits import GRACE_SECONDS

LOOK_SECONDS: Final = 0.05
"""How often a stop looks whether a crawl that was beginning can be stopped by now."""


class InterruptibleProcess(AsyncCrawlerProcess):
    """Knows whether it was stopped by a signal, also in the second in which Scrapy is starting.

    The first signal breaks crawls off (`stop`), a second leaves them where they are.
    """

    interrupted = False
    _forced = False

    def run(self) -> None:
        """Crawls to the end or to a signal. The handler is Scrapy's, which installs it too late: once the reactor runs."""
        install_shutdown_handlers(self._signal_shutdown)
        self.start()

    def _signal_shutdown(self, signum: int, _: Any) -> None:
        self.interrupted = True
        super()._signal_shutdown(signum, _)

    def _signal_kill(self, signum: int, _: Any) -> None:
        self._forced = True
        super()._signal_kill(signum, _)

    async def stop(self) -> None:
        """Until all crawls have ended: nobody has a turn any more, answers on their way are waited for GRACE_SECONDS, and what
        has come by then is kept, however long that takes. What is left fails as interrupted: the next crawl finds it again.
        """
        drop_at = time.monotonic() + GRACE_SECONDS
        stopping: set[asyncio.Future[None]] = set()
        while self._active and not self._forced:
            for crawler in list(self.crawlers):
                if (ending := break_off(crawler)) is not None:
                    stopping.add(ending)
                if time.monotonic() >= drop_at and engine_of(crawler) is not None:
                    known_hosts(crawler).drop()
            await asyncio.wait(self._active, timeout=LOOK_SECONDS)


def project_settings() -> Settings:
    """Scrapy's settings as `crawler/settings.py` has them, wherever the command was started."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    return settings


def settings_for_pages() -> Settings:
    """The same for a spider that keeps nothing: without the stations that a crawl ends in."""
    settings = project_settings()
    settings.set("SPIDER_MODULES", [], priority="cmdline")  # none of an outlet is needed
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    settings.set("EXTENSIONS", {**settings["EXTENSIONS"], "crawler.crawl.extension.CrawlEnd": None}, priority="cmdline")
    return settings


def run(
    session: Session, outlets: list[str], arguments: dict[str, Any], progress: AbstractContextManager[object] | None
) -> dict[str, Any]:
    """Crawls the outlets in one session to its end and gives the run's manifest. Raises ArchiveError."""
    session.open()
    process = InterruptibleProcess(project_settings())
    for outlet in outlets:
        crawler = process.create_crawler(outlet)
        bind(crawler, session)
        if crawler.spidercls.looks_back(arguments.get("via")):  # type: ignore[attr-defined]  # ours are all OutletSpiders
            session.consent.expect(outlet)
        process.crawl(crawler, **arguments)
    try:
        with progress or nullcontext():
            process.run()
    finally:
        session.ending.interrupted = session.ending.interrupted or process.interrupted
        manifest = finish(session)
    return manifest


def finish(session: Session) -> dict[str, Any]:
    """Ends the session's run, which was begun, and tells of it; gives the manifest. Raises ArchiveError."""
    manifest = session.close()
    assert manifest is not None  # the run was begun
    session.facts(
        "run.finished",
        run_id=manifest["run_id"],
        discovered=manifest["discovered"],
        fates=manifest["fates"],
        outlets=manifest["outlets"],
    )
    return manifest
