"""`warraq queue`: the dead letters of the queue of events in, listed and queued again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crawler.cli.tables import Column, print_table
from crawler.cli.watch import QueueUri
from crawler.config import load_config

if TYPE_CHECKING:
    from storage.queues import Queue

app = typer.Typer(name="queue", help="The queue of work: its dead letters, listed and queued again.", no_args_is_help=True)

COLUMNS = (
    Column("outlet"),
    Column("what", wraps=True),
    Column("given", right=True),
    Column("put aside (UTC)"),
    Column("reason", wraps=True),
)


def register(parent: typer.Typer) -> None:
    """Adds the commands."""
    parent.add_typer(app)


@app.command()
def dead(
    queue: QueueUri = None,
    limit: Annotated[int, typer.Option(min=1, help="List so many at most, the oldest first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, with the events themselves.")] = False,
) -> None:
    """List events whose work failed too often, with the last reason. They stay where they are."""
    with _opened(queue) as opened:
        letters, depth = opened.dead(limit), opened.depth().dead
    if as_json:
        rows = [{**asdict(letter), "at": letter.at.isoformat()} for letter in letters]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    if not letters:
        sys.stdout.write("No dead letters.\n")
        return
    print_table(
        Console(highlight=False),
        COLUMNS,
        [
            (letter.group, letter.key.removeprefix("url:"), str(letter.attempts), f"{letter.at:%Y-%m-%d %H:%M}", letter.reason)
            for letter in letters
        ],
    )
    if depth > len(letters):
        sys.stdout.write(f"{depth - len(letters):,} more; see --limit\n")


@app.command()
def redrive(
    queue: QueueUri = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most, the oldest first; default: all.")] = None,
) -> None:
    """Queue dead letters again, their failures forgotten. Mend the cause first."""
    with _opened(queue) as opened:
        count = opened.redrive(limit)
    sys.stdout.write(f"{count:,} queued again\n")


@contextmanager
def _opened(uri: str | None) -> Iterator[Queue]:
    from storage.queues import open_queue  # noqa: PLC0415 - what is only asked for help loads nothing

    opened = open_queue(load_config(queue=uri).queue)
    try:
        yield opened
    finally:
        opened.close()
