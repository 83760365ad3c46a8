"""`warraq queue`: what waits, outlets paused and resumed, dead letters listed and queued again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crawler.cli.options import complete_outlet
from crawler.cli.outlet_choice import chosen_outlets
from crawler.cli.place import is_queue_there
from crawler.cli.tables import Column, print_table
from crawler.cli.watch import QueueUri
from crawler.config import load_config
from storage.queues import GroupDepth

if TYPE_CHECKING:
    from storage.queues import Queue

app = typer.Typer(no_args_is_help=True)

COLUMNS = (
    Column("outlet"),
    Column("what", wraps=True),
    Column("given", right=True),
    Column("put aside (UTC)"),
    Column("reason", wraps=True),
)


@app.command()
def show(
    queue: QueueUri = None, as_json: Annotated[bool, typer.Option("--json", help="One JSON object, by outlet.")] = False
) -> None:
    """Show what waits of each outlet, what is being worked on, and which outlets are paused."""
    if _is_missing(queue):
        sys.stdout.write('{"outlets": {}, "waiting": 0, "taken": 0, "dead": 0}\n' if as_json else "")
        return
    with _opened(queue) as opened:
        depth, paused = opened.depth(), opened.paused()
    rows = {
        outlet: {
            "waiting": (found := depth.groups.get(outlet, GroupDepth(0, 0))).waiting,
            "taken": found.taken,
            "paused_since": paused[outlet].isoformat() if outlet in paused else None,
        }
        for outlet in sorted(depth.groups.keys() | paused.keys())
    }
    if as_json:
        counts = {"waiting": depth.waiting, "taken": depth.taken, "dead": depth.dead}
        sys.stdout.write(json.dumps({"outlets": rows} | counts) + "\n")
        return
    if rows:
        print_table(
            Console(highlight=False),
            (Column("outlet"), Column("waiting", right=True), Column("worked on", right=True), Column("paused since (UTC)")),
            [
                (
                    outlet,
                    f"{row['waiting']:,}",
                    f"{row['taken']:,}",
                    f"{paused[outlet]:%Y-%m-%d %H:%M}" if outlet in paused else "",
                )
                for outlet, row in rows.items()
            ],
        )
    sys.stdout.write(f"{depth.waiting:,} events wait, {depth.taken:,} are worked on, {depth.dead:,} are dead letters.\n")
    if depth.waiting + depth.taken + depth.dead == 0:
        sys.stdout.write("`warraq watch` asks outlets when they are due, `warraq submit URL` asks for an address.\n")


OutletNames = Annotated[
    list[str], typer.Argument(metavar="OUTLET…", help="Outlets by slug (see `warraq outlets`).", autocompletion=complete_outlet)
]


@app.command()
def pause(outlets: OutletNames, queue: QueueUri = None) -> None:
    """Ask nothing more of an outlet until it is resumed: every watch of this queue honours it, also after a restart.

    What is under way is broken off, nothing is lost: its events stay in the queue. `warraq crawl` does not look at the queue.
    """
    chosen = chosen_outlets(outlets)
    with _opened(queue) as opened:
        for outlet in chosen:
            opened.pause(outlet)
            sys.stdout.write(f"{outlet} is paused; `warraq queue resume {outlet}` ends it\n")


@app.command()
def resume(outlets: OutletNames, queue: QueueUri = None) -> None:
    """Ask a paused outlet again."""
    if _is_missing(queue):
        return
    with _opened(queue) as opened:
        paused = opened.paused()
        chosen_outlets([outlet for outlet in outlets if outlet not in paused])  # one whose file is gone can be paused still
        for outlet in dict.fromkeys(outlets):
            sys.stdout.write(f"{outlet} is resumed\n" if opened.resume(outlet) else f"{outlet} was not paused\n")


@app.command()
def dead(
    queue: QueueUri = None,
    limit: Annotated[int, typer.Option(min=1, help="List so many at most, the oldest first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, with the events themselves.")] = False,
) -> None:
    """List events whose work failed too often, with the last reason. They stay where they are."""
    if _is_missing(queue):
        sys.stdout.write("[]\n" if as_json else "")
        return
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
    if _is_missing(queue):
        return
    with _opened(queue) as opened:
        count = opened.redrive(limit)
    sys.stdout.write(f"{count:,} queued again\n")


def _is_missing(queue: str | None) -> bool:
    """Whether there is no queue yet, which is then said: looking at one does not make it."""
    uri = load_config(queue=queue).queue
    if not is_queue_there(uri):
        sys.stderr.write(
            f"no queue at {uri} yet: `warraq watch` and `warraq submit` make it, --queue or WARRAQ_QUEUE names another\n"
        )
    return not is_queue_there(uri)


@contextmanager
def _opened(uri: str | None) -> Iterator[Queue]:
    from storage.queues import open_queue  # noqa: PLC0415 - what is only asked for help loads nothing

    opened = open_queue(load_config(queue=uri).queue)
    try:
        yield opened
    finally:
        opened.close()
