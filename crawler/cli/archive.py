"""`warraq status`, `verify` and `export`: what an archive holds, whether it holds together, and its articles as a stream."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from crawler.cli.about import chosen_outlets
from crawler.cli.options import ArchiveUri, Outlets, Since, Until
from crawler.config import load_config
from crawler.window import Window
from storage import Archive, open_archive

LOG_WIDTH = 120
"""Columns of a table that goes into a file or a pipe."""


class Format(StrEnum):
    """How `export` writes."""

    JSONL = "jsonl"
    CSV = "csv"


CSV_COLUMNS = (
    "id", "outlet", "kind", "language", "url", "headline", "description", "authors", "section", "keywords", "sources",
    "date_published", "date_published_precision", "date_published_source", "date_modified", "body", "content_hash", "revision",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(status)
    app.command()(verify)
    app.command()(export)


def status(archive: ArchiveUri = None, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show what each outlet has: articles, the last one kept, the last run and its fates."""
    found = _existing(archive).status()
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("outlet", "articles", "last kept", "last run", "fates of that run"):
        table.add_column(heading, justify="right" if heading == "articles" else "left", no_wrap=heading != "fates of that run")
    for outlet, state in sorted(found.items()):
        run = state["last_run"] or {"finished_at": "never", "fates": {}}
        fates = " · ".join(f"{count} {fate}" for fate, count in run["fates"].items() if count)
        table.add_row(
            outlet, f"{state['articles']:,}", _moment(state["last_kept"]), _moment(run["finished_at"]), fates or "nothing"
        )
    console = Console()
    (console if console.is_terminal else Console(width=LOG_WIDTH)).print(table)


def verify(archive: ArchiveUri = None) -> None:
    """Check every object of an archive against the promises; name each that fails (exit code 1)."""
    console = Console(stderr=True)
    with console.status("verifying") if console.is_terminal else nullcontext():
        result = _existing(archive).verify()
    for finding in result.findings:
        sys.stdout.write(f"{finding.severity}: {finding.key}: {finding.problem}\n")
    pending, damaged = len(result.findings) - len(result.damaged), len(result.damaged)
    sys.stderr.write(f"{result.objects:,} objects checked: {f'{damaged:,} damaged' if damaged else 'all good'}\n")
    if pending:
        sys.stderr.write(f"{pending:,} left half done by a killed run; the next crawl completes them\n")
    raise typer.Exit(1 if damaged else 0)


def export(
    outlets: Outlets = None,
    output: Annotated[Format, typer.Option("--format", help="One record a line, or columns.")] = Format.JSONL,
    since: Since = None,
    until: Until = None,
    archive: ArchiveUri = None,
) -> None:
    """Write the kept articles to stdout, filtered by outlet and by date of publication."""
    window = Window.parse(since, until)
    chosen = chosen_outlets(outlets) if outlets else None
    records = _selected(_existing(archive), chosen, window)
    if output is Format.JSONL:
        for record in records:
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    else:
        _write_csv(records)


def _existing(uri: str | None) -> Archive:
    """An archive to read; one that is not there is an error, not a new one."""
    return open_archive(load_config(archive=uri).archive, create=False)


def _selected(archive: Archive, outlets: list[str] | None, window: Window) -> Iterator[dict[str, Any]]:
    """Articles of unknown date pass only when no date is asked for."""
    everything: list[str | None] = [None]
    for outlet in outlets or everything:
        for record in archive.articles(outlet=outlet):
            published = record["date_published"]
            if window.open or (published is not None and not window.excludes(published)):
                yield record


def _write_csv(records: Iterable[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(CSV_COLUMNS)
    for record in records:
        writer.writerow("; ".join(value) if isinstance(value := record[column], list) else value for column in CSV_COLUMNS)


def _moment(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") if stamp else "never"
