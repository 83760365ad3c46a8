"""`warraq crawl`: the main job."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.cli.about import chosen_outlets
from crawler.cli.options import ArchiveUri, Outlets, Since, Until
from crawler.cli.progress import Progress, print_fates
from crawler.config import load_config
from crawler.facts import Facts
from crawler.session import Session, bind
from crawler.window import Window
from storage import ArchiveError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(crawl)


def crawl(  # one parameter for each option
    outlets: Outlets = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Fetch at most this many pages per outlet.")] = None,
    archive: ArchiveUri = None,
    refetch: Annotated[bool, typer.Option("--refetch", help="Fetch known articles again, to see whether they changed.")] = False,
) -> None:
    """Find new articles, read them, keep each text once.

    On a terminal: a table that follows the crawl. Otherwise: one JSON line per fact on stdout.
    """
    arguments = {"since": since, "until": until, "limit": limit, "refetch": refetch}
    Window.parse(since, until)
    config = load_config(archive=archive)
    on_terminal = sys.stdout.isatty()
    session = Session(config, Facts() if on_terminal else Facts.on_stdout())
    manifest = run(session, chosen_outlets(outlets), arguments, Progress(session) if on_terminal else None)
    if on_terminal:
        print_fates(manifest)
    raise typer.Exit(report(session))


def run(session: Session, outlets: list[str], arguments: dict[str, Any], progress: Progress | None) -> dict[str, Any]:
    """Crawls the outlets in one session to its end and gives the run's manifest. Raises ArchiveError."""
    session.open()
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    process = AsyncCrawlerProcess(settings)
    for outlet in outlets:
        crawler = process.create_crawler(outlet)
        bind(crawler, session)
        process.crawl(crawler, **arguments)
    try:
        if progress is None:
            process.start()
        else:
            with progress:
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
    for outlet, reasons in session.unanswered.items():
        for reason in reasons or ["none of its sources was there"]:
            sys.stderr.write(f"warraq: {outlet}: nothing could be asked: {reason}\n")
    if session.archive_error:
        raise ArchiveError(session.archive_error)
    return 1 if session.unanswered else 0
