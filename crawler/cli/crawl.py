"""`warraq crawl`: the main job."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from crawler.cli.options import ArchiveUri, Captures, EngineName, Outlets, Since, Until, ViaArchives, Workers
from crawler.cli.outlets import chosen_outlets
from crawler.config import ConfigError, load_config
from crawler.facts import Facts
from crawler.window import Window


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(crawl)


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
    # Late: Scrapy takes a second to load, and nothing else on the command line needs it.
    from crawler.cli import cost_prompt as consent  # noqa: PLC0415
    from crawler.cli.progress import Progress, print_fates  # noqa: PLC0415
    from crawler.crawl.process import run  # noqa: PLC0415
    from crawler.crawl.session import Session  # noqa: PLC0415
    from crawler.discovery.web_archives.via import Via  # noqa: PLC0415

    if from_:
        if via:
            raise ConfigError("--from and --via exclude each other: files are read, or a web archive is asked")
        files = _FromFiles(from_, outlets, since, until, limit, refetch, engine, workers)
        raise typer.Exit(files.crawl(archive))
    if workers or engine != "local":
        raise ConfigError("--workers and --engine go with --from: how many pages are asked for is the outlets' pace")
    config = load_config(archive=archive, history_captures=captures)
    asked = Via.parse(via, config.history_captures)
    # As days: what `7d` means does not change while a crawl goes on past midnight.
    window = Window.parse(since, until)
    days = {name: day.isoformat() if day else None for name, day in (("since", window.since), ("until", window.until))}
    arguments = {**days, "limit": limit, "refetch": refetch, "via": ",".join(asked.archives), "yes": yes}
    on_terminal = sys.stdout.isatty()
    session = Session(config, Facts() if on_terminal else Facts.on_stdout())
    progress = Progress(session) if on_terminal else None
    if progress is not None:
        consent.on_terminal(session, progress.aside)
    manifest = run(session, chosen_outlets(outlets), arguments, progress)
    if on_terminal:
        print_fates(manifest)
    raise typer.Exit(session.report())


@dataclass(frozen=True)
class _FromFiles:
    """The same crawl over WARC files."""

    names: list[str]
    outlets: list[str] | None
    since: str | None
    until: str | None
    limit: int | None
    refetch: bool
    engine: str
    workers: int | None

    def crawl(self, archive: str | None) -> int:
        """Runs it; gives the exit code."""
        from crawler.cli.progress import Progress, print_fates  # noqa: PLC0415
        from crawler.crawl.session import Session  # noqa: PLC0415
        from crawler.from_warc.crawl import ImportPlan, crawl_files  # noqa: PLC0415
        from crawler.from_warc.inputs import inputs  # noqa: PLC0415
        from crawler.reread.opening import engine_named  # noqa: PLC0415
        from crawler.reread.supervisor import cores  # noqa: PLC0415

        engine_named(self.engine)  # wrong use is an error before anything is read
        config = load_config(archive=archive, readers=self.workers)
        if "readers" not in config.model_fields_set:
            config = load_config(archive=archive, readers=cores())
        plan = ImportPlan(
            outlets=chosen_outlets(self.outlets),
            window=Window.parse(self.since, self.until),
            files=inputs(self.names),
            limit=self.limit,
            refetch=self.refetch,
            engine=self.engine,
        )
        on_terminal = sys.stdout.isatty()
        session = Session(config, Facts() if on_terminal else Facts.on_stdout())
        progress = Progress(session) if on_terminal else None
        code = crawl_files(session, plan, progress)
        if on_terminal and session.manifest is not None:
            print_fates(session.manifest)
        return code
