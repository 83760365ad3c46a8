"""`warraq crawl`: the main job."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.options import ArchiveUri, Captures, EngineName, Outlets, Since, Until, ViaArchives, Workers
from crawler.cli.outlet_choice import chosen_outlets
from crawler.config import Config, ConfigError, load_config
from crawler.facts import Facts
from crawler.window import Window

if TYPE_CHECKING:
    from crawler.cli.progress import Progress
    from crawler.crawl.session import Session
    from crawler.read.reader_pool import ReaderPool


def crawl(  # noqa: PLR0913, PLR0917  # one parameter for each option
    outlets: Outlets = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Fetch at most this many pages per outlet.")] = None,
    archive: ArchiveUri = None,
    refetch: Annotated[bool, typer.Option("--refetch", help="Fetch known articles again, to see whether they changed.")] = False,
    via: ViaArchives = None,
    captures: Captures = None,
    from_: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="FILE|DIR|s3://…|-",
            help="Read these WARC files, whoever made them, instead of the web; may be given several times.",
        ),
    ] = None,
    engine: EngineName = "local",
    workers: Workers = None,
    yes: Annotated[bool, typer.Option("--yes", help="Begin, however many requests to web archives it takes.")] = False,
) -> None:
    """Find new articles, read them, keep each text once.

    On a terminal: a table that follows the crawl. Otherwise: one JSON line per fact on stdout.
    """
    if from_ and via:
        raise ConfigError("--from and --via exclude each other: files are read, or a web archive is asked")
    if not from_ and (workers or engine != "local"):
        raise ConfigError("--workers and --engine go with --from: how many pages are asked for is the outlets' pace")
    config = load_config(archive=archive, history_captures=captures, readers=workers)
    chosen, window = chosen_outlets(outlets), Window.parse(since, until)
    if from_:
        raise typer.Exit(_crawl_files(config, from_, chosen, window, limit, engine, refetch=refetch))
    from crawler.read.reader_pool import readers_for  # noqa: PLC0415 - nothing else on the command line needs it

    # As days: what `7d` means does not change while a crawl goes on past midnight.
    days = {name: day.isoformat() if day else None for name, day in (("since", window.since), ("until", window.until))}
    with closing(readers_for(config)) as readers:
        readers.warm_up()  # they load beside Scrapy
        raise typer.Exit(_crawl_web(config, chosen, {**days, "limit": limit, "refetch": refetch, "yes": yes}, via, readers))


def _crawl_web(config: Config, chosen: list[str], arguments: dict[str, Any], via: list[str] | None, readers: ReaderPool) -> int:
    """Gives the exit code."""
    # Late: Scrapy takes a second to load, and nothing else on the command line needs it.
    from crawler.cli import cost_prompt  # noqa: PLC0415
    from crawler.cli.progress import print_fates  # noqa: PLC0415
    from crawler.crawl.process import run  # noqa: PLC0415
    from crawler.discovery.web_archives.via import Via  # noqa: PLC0415

    asked = Via.parse(via, config.history_captures)
    session, progress = _session(config, readers)
    if progress is not None:
        cost_prompt.on_terminal(session, progress.aside)
    manifest = run(session, chosen, {**arguments, "via": ",".join(asked.archives)}, progress)
    if progress is not None:
        print_fates(manifest, sorted(session.ending.silent))
    return session.report()


def _crawl_files(
    config: Config, names: list[str], chosen: list[str], window: Window, limit: int | None, engine: str, *, refetch: bool
) -> int:
    """The same over WARC files; gives the exit code."""
    from crawler.cli.progress import print_fates  # noqa: PLC0415 - as above
    from crawler.from_warc.crawl import ImportPlan, crawl_files  # noqa: PLC0415
    from crawler.from_warc.inputs import inputs  # noqa: PLC0415
    from crawler.reread.engines import cores, engine_named  # noqa: PLC0415

    engine_named(engine)  # wrong use is an error before anything is read
    if "readers" not in config.model_fields_set:
        config = config.model_copy(update={"readers": cores()})
    plan = ImportPlan(outlets=chosen, window=window, files=inputs(names), limit=limit, refetch=refetch, engine=engine)
    session, progress = _session(config)
    code = crawl_files(session, plan, progress)
    if progress is not None and session.manifest is not None:
        print_fates(session.manifest)
    return code


def _session(config: Config, readers: ReaderPool | None = None) -> tuple[Session, Progress | None]:
    """The session, and what shows it on a terminal; elsewhere it states facts on stdout."""
    from crawler.cli.progress import Progress  # noqa: PLC0415 - as above
    from crawler.crawl.session import Session  # noqa: PLC0415

    if not sys.stdout.isatty():
        return Session(config, Facts.on_stdout(), readers=readers), None
    session = Session(config, readers=readers)
    return session, Progress(session)
