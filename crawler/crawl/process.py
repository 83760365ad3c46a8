"""Running spiders to their end in this process, all outlets in one session."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.crawl.session import Session
from crawler.download.binding import bind
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
        if crawler.spidercls.looks_back(arguments.get("via")):  # type: ignore[attr-defined]  # ours are all OutletSpiders
            session.consent.expect(outlet)
        process.crawl(crawler, **arguments)
    try:
        with progress or nullcontext():
            process.start()
    finally:
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


def report(session: Session) -> int:
    """Says on stderr what needs a look, and gives the exit code."""
    for outlet, reasons in session.silent.items():
        for reason in reasons:
            sys.stderr.write(f"warraq: {outlet} is silent: {reason}\n")
    for outlet, reasons in session.in_part.items():
        for reason in reasons:
            sys.stderr.write(f"warraq: the past of {outlet} is known in part, run again to go on: {reason}\n")
    if session.archive_error:
        raise ArchiveError(session.archive_error)
    if session.interrupted:
        return 130
    if session.consent.refused:
        sys.stderr.write(f"warraq: {session.consent.refused}\n")
        return 2
    return 1 if session.silent or session.in_part else 0
