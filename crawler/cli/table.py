"""`warraq table`: a Delta table of the articles, kept up to date."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crawler.cli.options import ArchiveUri
from crawler.cli.place import existing_archive
from crawler.config import ConfigError
from storage.tables.errors import TableError
from storage.tables.update import update_table


def table(
    to: Annotated[str, typer.Option("--to", metavar="URI", help="Where the table lies: a folder or s3://bucket/prefix.")],
    compact: Annotated[
        bool, typer.Option("--compact", help="Join small files now; when they are many that is done anyway.")
    ] = False,
    archive: ArchiveUri = None,
) -> None:
    """Keep a Delta table of the articles up to date with the archive.

    Adds what was announced since the last call: new texts, which of them is the newest, removals. Takes up where it was killed;
    several at once are safe. Needs the extra `table`. Columns and questions: infra/DATA.md.
    """
    problems = 0

    def problem(line: str) -> None:
        nonlocal problems
        problems += 1
        sys.stderr.write(f"warraq: not in the table: {line}\n")

    opened = existing_archive(archive)
    try:
        done = update_table(opened, to, problem, compact=compact)
    except TableError as error:
        raise ConfigError(str(error)) from None
    older = f", {done.changed:,} articles changed" if done.changed else ""
    compacted = ", compacted" if done.compacted else ""
    sys.stderr.write(f"{done.rows:,} rows added to {done.uri}{older}{compacted}\n")
    if problems:
        raise typer.Exit(1)
