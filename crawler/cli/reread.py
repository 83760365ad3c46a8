"""`warraq reread`: the raw captures of an archive read with today's extractor, into a generation beside what was kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from crawler.cli.options import ArchiveUri, EngineName, Outlets, Since, Until, Workers
from crawler.cli.outlet_choice import chosen_outlets
from crawler.cli.tables import Column, figures, print_table
from crawler.config import load_config
from crawler.facts import Facts
from crawler.window import Window

if TYPE_CHECKING:
    from crawler.reread.engines import Read
    from crawler.reread.job import RereadSelection

HEADINGS = {"no_raw": "no raw bytes"}
SHOWN = 2
"""Examples of each judgement on the terminal; the manifest has more."""
WIDTH = 120


def reread(  # noqa: PLR0913, PLR0917 - one parameter for each option
    outlets: Outlets = None,
    since: Since = None,
    until: Until = None,
    changed_only: Annotated[bool, typer.Option("--changed-only", help="Write only the records that differ.")] = False,
    generation: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Its name; that of an unfinished one takes it up. Default: extractor version and run."),
    ] = None,
    engine: EngineName = "local",
    workers: Workers = None,
    archive: ArchiveUri = None,
    as_json: Annotated[bool, typer.Option("--json", help="The manifest as one JSON object, nothing else.")] = False,
) -> None:
    """Read the stored raw captures with today's extractor, into a generation beside the records.

    The report says which texts are the same, better or worse.
    On a terminal: progress, then tables. Otherwise: one JSON line per fact on stdout.
    """
    # Late: the parsers take half a second to load, and nothing else on the command line needs them.
    from crawler.reread.engines import cores, engine_named  # noqa: PLC0415
    from crawler.reread.job import Rereading  # noqa: PLC0415

    engine_named(engine)  # wrong use is an error before anything is read
    window = Window.parse(since, until)
    asked = _asked(chosen_outlets(outlets) if outlets else None, window, changed_only=changed_only, resumed=bool(generation))
    on_terminal = sys.stdout.isatty() and not as_json
    view = _RereadView(Facts() if on_terminal or as_json else Facts.on_stdout())
    with ExitStack() as stack:
        work = Rereading(load_config(archive=archive), asked, generation, view.share)
        view.begin(work.name, work.started)
        if on_terminal:
            stack.enter_context(view.bar(work.started["articles"]))
        try:
            manifest = work.run(engine, workers or cores())
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"go on with --generation {work.name}") from None
    view.end(manifest)
    unreadable = work.started["unreadable"]
    if as_json:
        sys.stdout.write(json.dumps(manifest, ensure_ascii=False) + "\n")
    elif on_terminal:
        show(manifest, unreadable)
    counts = manifest["report"]["counts"]
    raise typer.Exit(1 if counts["broken"] or counts["damaged"] or unreadable else 0)


def _asked(outlets: list[str] | None, window: Window, *, changed_only: bool, resumed: bool) -> RereadSelection | None:
    """None: whatever the generation was begun with."""
    from crawler.reread.job import RereadSelection  # noqa: PLC0415

    asked = RereadSelection(outlets=outlets, since=window.since, until=window.until, changed_only=changed_only)
    return None if resumed and asked == RereadSelection() else asked


class _RereadView:
    """Facts and progress while shares come in."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._progress: Progress | None = None

    def begin(self, name: str, started: dict[str, Any]) -> None:
        self._facts("reread.started", generation=name, articles=started["articles"], plan=started["plan"])
        for each in started["unreadable"]:
            self._facts("reread.unreadable", **each)

    def bar(self, articles: int) -> Progress:
        columns = (TextColumn("reading again"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.add_task("pages", total=articles)
        return self._progress

    def share(self, read: Read) -> None:
        if read.result is None:
            self._facts("reread.failed", outlet=read.share.outlet, share=read.share.n, reason=read.problem)
            return
        report = read.result["report"]
        for kind, pages in (("lost", read.result["lost"]), ("broken", report["broken"]), ("damaged", report["damaged"])):
            for page in pages:
                self._facts(f"reread.{kind}", **page)
        self._facts("reread.share", outlet=read.share.outlet, share=read.share.n, **report["counts"])
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[0], read.result["articles"])

    def end(self, manifest: dict[str, Any]) -> None:
        counted = {name: manifest[name] for name in ("articles", "shares", "records", "originals", "lost")}
        report = {name: manifest["report"][name] for name in ("counts", "fields", "measures")}
        self._facts("reread.finished", generation=manifest["name"], **counted, report=report)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.0f} pages/s")


def show(manifest: dict[str, Any], unreadable: list[dict[str, Any]]) -> None:
    """The report for a person: counts, fields, measures, examples, and every page that needs a look."""
    from crawler.reread.report import COUNTS  # noqa: PLC0415

    console = Console(highlight=False)
    console = console if console.is_terminal else Console(width=WIDTH, highlight=False)
    report = manifest["report"]
    counts = [(outlet, *_cells(counts, COUNTS)) for outlet, counts in report["outlets"].items()]
    total = ("all", *_cells(report["counts"], COUNTS)) if len(counts) > 1 else None
    print_table(console, (Column("outlet"), *figures(*(HEADINGS.get(name, name) for name in COUNTS))), counts, total=total)
    if report["fields"]:
        changes = ("won", "lost", "changed")
        fields = [(name, *_cells(count, changes)) for name, count in report["fields"].items()]
        print_table(console, (Column("field"), *figures(*changes)), fields)
    measures = report["measures"]
    if measures["compared"]:
        console.print(
            f"{measures['compared']:,} texts compared: F1 of words to the kept ones {measures['f1_to_kept']},"
            f" equal paragraphs {measures['paragraphs_to_kept']}; {measures['paragraphs_won']:,} paragraphs won,"
            f" {measures['paragraphs_lost']:,} lost; furniture {measures['furniture_before']:,} before,"
            f" {measures['furniture_now']:,} now"
        )
    for judgement in ("worse", "undecided", "better"):
        for example in report["examples"].get(judgement, [])[:SHOWN]:
            _example(console, judgement, example)
    for kind in ("lost", "broken", "damaged"):
        for page in report[kind]:
            console.print(Text(f"{kind}: {page['url'] or page['article']}: {page['reason']}"), soft_wrap=True)
    for page in unreadable:
        console.print(Text(f"unreadable: {page['article']}: {page['reason']}"), soft_wrap=True)
    console.print(
        f"Generation {manifest['name']}: {manifest['records']:,} records, {manifest['originals']:,} as they were kept,"
        f" {manifest['lost']:,} no articles any more."
    )


def _example(console: Console, judgement: str, example: dict[str, Any]) -> None:
    console.print(Text(f"\n{judgement}: {example['url']}", style="bold"))
    console.print(Text(f"  {example['why']}", style="dim"))
    for line in example["diff"]:
        console.print(Text(f"  {line}", style="red" if line.startswith("- ") else "green"))


def _cells(counts: dict[str, int], names: Iterable[str]) -> list[str]:
    return [f"{counts[name]:,}" if counts[name] else "·" for name in names]
