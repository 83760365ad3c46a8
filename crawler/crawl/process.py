"""Running spiders to their end in this process, all outlets in one session."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.ossignal import install_shutdown_handlers

from crawler.crawl.session import Session
from crawler.download.binding import bind


class InterruptibleProcess(AsyncCrawlerProcess):
    """Knows whether it was stopped by a signal, also in the second in which Scrapy is starting."""

    interrupted = False

    def run(self) -> None:
        """Crawls to the end or to a signal. The handler is Scrapy's, which installs it too late: once the reactor runs."""
        install_shutdown_handlers(self._signal_shutdown)
        self.start()

    def _signal_shutdown(self, signum: int, _: Any) -> None:
        self.interrupted = True
        super()._signal_shutdown(signum, _)


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
    settings.set("EXTENSIONS", {"crawler.crawl.extension.CrawlEnd": None}, priority="cmdline")
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
