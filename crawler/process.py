"""Running spiders to their end in this process, all outlets in one session."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.session import Session, bind
from storage import ArchiveError


def project_settings() -> Settings:
    """Scrapy's settings as `crawler/settings.py` has them, wherever the command was started."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    return settings


def run(
    session: Session, outlets: list[str], arguments: dict[str, Any], progress: AbstractContextManager[object] | None
) -> dict[str, Any]:
    """Crawls the outlets in one session to its end and gives the run's manifest. Raises ArchiveError."""
    session.open()
    process = AsyncCrawlerProcess(project_settings())
    for outlet in outlets:
        crawler = process.create_crawler(outlet)
        bind(crawler, session)
        process.crawl(crawler, **arguments)
    try:
        with progress or nullcontext():
            process.start()
    finally:
        manifest = session.close()
    assert manifest is not None  # the run was begun above
    session.facts(
        "run.finished",
        run_id=manifest["run_id"],
        discovered=manifest["discovered"],
        fates=manifest["fates"],
        outlets=manifest["outlets"],
    )
    return manifest


def report(session: Session) -> int:
    """Says on stderr what needs a look, and gives the exit code."""
    for outlet, reasons in session.silent.items():
        for reason in reasons:
            sys.stderr.write(f"warraq: {outlet} is silent: {reason}\n")
    if session.archive_error:
        raise ArchiveError(session.archive_error)
    if session.interrupted:
        return 130
    return 1 if session.silent else 0
