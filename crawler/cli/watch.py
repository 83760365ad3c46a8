"""`warraq watch`: the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crawler.cli.options import ArchiveUri, Outlets
from crawler.cli.outlet_choice import chosen_outlets
from crawler.cli.place import cache_file
from crawler.cli.serve import check_installed
from crawler.config import load_config
from crawler.facts import Facts
from extractors import outlets as known_outlets

if TYPE_CHECKING:
    from aiohttp import web

    from crawler.config import Config
    from crawler.serve.opening import OpenReader
    from storage import Archive

QueueUri = Annotated[
    str | None,
    typer.Option("--queue", metavar="URI", help="A file, sqs://NAME or redis://…. Default: WARRAQ_QUEUE, else ./queue.sqlite."),
]


def watch(
    outlets: Outlets = None,
    archive: ArchiveUri = None,
    queue: QueueUri = None,
    reader: Annotated[bool, typer.Option("--serve", help="The reader (`warraq serve`) at the door too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on a terminal too.")] = False,
) -> None:
    """Go on for ever: ask the outlets when they are due, take events, keep what is new, deliver changes, notice silence.

    On a terminal: a table that follows the outlets. Otherwise, and with --json: one JSON line per fact on stdout. SIGTERM
    finishes what is under way and leaves the rest queued; SIGHUP reads the settings and the files of outlets again. See
    WARRAQ_DOOR, WARRAQ_SINKS and WARRAQ_POLL_… in `warraq settings`.
    """
    chosen = chosen_outlets(outlets)

    def load() -> Config:
        return load_config(archive=archive, queue=queue, door_reader=reader or None)

    config = load()  # a bad setting is an error before Scrapy takes its second to load
    if config.door_reader:
        check_installed()
    from crawler.cli.watch_table import WatchTable  # noqa: PLC0415 - Scrapy, as above
    from crawler.watch.metrics import Metrics  # noqa: PLC0415
    from crawler.watch.service import Service  # noqa: PLC0415

    mount, metrics = _mount if config.door_reader else None, Metrics()
    if as_json or not Console().is_terminal:
        raise typer.Exit(Service(load, outlets and chosen, Facts.on_stdout(), mount, metrics).run())
    with WatchTable([outlet for outlet in chosen if known_outlets()[outlet].alive], metrics) as table:
        code = Service(load, outlets and chosen, table, mount, metrics).run()
    raise typer.Exit(code)


def _mount(app: web.Application, archive: Archive, config: Config, host: str, facts: Facts) -> OpenReader:
    """The reader at a watch's door."""
    from crawler.serve.opening import OpenReader  # noqa: PLC0415 - an extra

    opened = OpenReader(archive, config, host, cache_file(archive, "search"), facts)
    opened.reader.register(app)
    return opened
