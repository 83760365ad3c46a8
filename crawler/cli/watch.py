"""`warraq watch`: the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import ArchiveUri, Outlets
from crawler.cli.outlets import chosen_outlets
from crawler.config import load_config
from crawler.facts import Facts

if TYPE_CHECKING:
    from crawler.config import Config

QueueUri = Annotated[
    str | None,
    typer.Option("--queue", metavar="URI", help="A file, sqs://NAME or redis://…. Default: WARRAQ_QUEUE, else ./queue.sqlite."),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(watch)


def watch(outlets: Outlets = None, archive: ArchiveUri = None, queue: QueueUri = None) -> None:
    """Go on for ever: ask the outlets when they are due, take events, keep what is new, deliver changes, notice silence.

    One JSON line per fact on stdout. SIGTERM finishes what is under way and leaves the rest queued; SIGHUP reads the settings
    again. See WARRAQ_DOOR, WARRAQ_SINKS and WARRAQ_POLL_… in `warraq settings`.
    """
    chosen = chosen_outlets(outlets)

    def load() -> Config:
        return load_config(archive=archive, queue=queue)

    load()  # a bad setting is an error before Scrapy takes its second to load
    from crawler.watch.service import watch as run  # noqa: PLC0415

    raise typer.Exit(run(load, chosen, Facts.on_stdout()))
