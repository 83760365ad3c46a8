"""`warraq crawl`: the main job."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crawler.cli.about import chosen_outlets
from crawler.cli.options import ArchiveUri, Outlets, Since, Until
from crawler.config import load_config
from crawler.facts import Facts
from crawler.window import Window


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
    # Late: Scrapy takes a second to load, and nothing else on the command line needs it.
    from crawler.cli.progress import Progress, print_fates  # noqa: PLC0415
    from crawler.process import report, run  # noqa: PLC0415
    from crawler.session import Session  # noqa: PLC0415

    arguments = {"since": since, "until": until, "limit": limit, "refetch": refetch}
    Window.parse(since, until)
    config = load_config(archive=archive)
    on_terminal = sys.stdout.isatty()
    session = Session(config, Facts() if on_terminal else Facts.on_stdout())
    manifest = run(session, chosen_outlets(outlets), arguments, Progress(session) if on_terminal else None)
    if on_terminal:
        print_fates(manifest)
    raise typer.Exit(report(session))
