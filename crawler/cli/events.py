"""`warraq events`: what the archive announced, shown, delivered and delivered again."""

from __future__ import annotations

import json
import signal
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.cursor_file import read_cursor, write_cursor
from crawler.cli.options import ArchiveUri
from crawler.cli.place import existing_archive
from crawler.config import load_config
from crawler.delivery.sink import UnavailableError
from crawler.facts import Facts
from crawler.window import Window
from storage.masking import without_path

if TYPE_CHECKING:
    from crawler.delivery.dispatcher import Delivered, Dispatcher

app = typer.Typer(no_args_is_help=True)

To = Annotated[
    str,
    typer.Option("--to", metavar="URI", help="https://…, sqs://NAME, sns://ARN, eventbridge://BUS, redis://… or apprise:URL."),
]
Follow = Annotated[bool, typer.Option("--follow/--once", help="Go on for ever, as events come; or end with what is there.")]
Day = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Begin with what was announced on this day (UTC): 2026-11-01, yesterday, 7d (days ago)."),
]


@app.command()
def show(
    since: Day = None,
    cursor: Annotated[Path | None, typer.Option(metavar="FILE", help="Go on where FILE says, and note there how far.")] = None,
    follow: Follow = False,
    archive: ArchiveUri = None,
) -> None:
    """Write events to stdout, one CloudEvent a line."""
    opened, stop = existing_archive(archive), _stop_on_signal()
    after = read_cursor(cursor) if cursor is not None else None
    while True:
        for change in opened.changes(after, since=_day(since)):
            sys.stdout.write(json.dumps(change.event, ensure_ascii=False) + "\n")
            after = change.cursor
            if stop.is_set():
                break
        sys.stdout.flush()
        if after is None and not follow:
            sys.stderr.write(f"no events: {opened.uri} announced nothing yet; crawls announce what they keep\n")
        if cursor is not None and after is not None:
            write_cursor(cursor, after)
        if not follow or stop.wait(load_config().events_seconds):
            return


@app.command()
def deliver(to: To, follow: Follow = False, archive: ArchiveUri = None) -> None:
    """Deliver to a sink what was announced since the last time: at least once, in order per article.

    A sink that does not answer is tried again, for three days; an event that it refuses is put aside (`warraq events dead`).
    """
    dispatcher = _dispatcher(to, archive)
    if dispatcher.begin():
        sys.stderr.write(
            "this sink begins now and is told what is announced from here on; `warraq events replay` tells what was\n"
        )
    _report(dispatcher.follow(load_config().events_seconds) if follow else dispatcher.deliver())


@app.command("test")
def send_test(to: To, archive: ArchiveUri = None) -> None:
    """Send one event of type `sink.test`, to see whether a sink can be reached and what arrives there."""
    from crawler.delivery.opening import configured_sink  # noqa: PLC0415 - as below

    config = load_config(archive=archive)
    try:
        refused = configured_sink(to, config).deliver([_test_event(config.archive)])
    except UnavailableError as error:
        sys.stderr.write(f"warraq: {error}\n")
        raise typer.Exit(1) from None
    for refusal in refused:
        sys.stderr.write(f"warraq: refused: {refusal.reason}\n")
    if not refused:
        sys.stdout.write(f"delivered to {without_path(to)}\n")
    raise typer.Exit(1 if refused else 0)


@app.command()
def replay(to: To, since: Day = None, archive: ArchiveUri = None) -> None:
    """Deliver again what was announced since a day. Ids repeat, so that a receiver can tell."""
    dispatcher = _dispatcher(to, archive)
    _report(dispatcher.replay(dispatcher.archive.changes(since=_day(since))))


@app.command()
def dead(
    to: To,
    retry: Annotated[bool, typer.Option("--retry", help="Deliver them again; those taken are no longer listed.")] = False,
    archive: ArchiveUri = None,
) -> None:
    """List the events that a sink refused, with its reasons."""
    dispatcher = _dispatcher(to, archive)
    if retry:
        _report(dispatcher.retry_dead())
        return
    notes = list(dispatcher.dead())
    for note in notes:
        sys.stdout.write(json.dumps(note, ensure_ascii=False) + "\n")
    if not notes:
        sys.stderr.write(f"no event was put aside for {without_path(to)}\n")


def _test_event(archive: str) -> dict[str, Any]:
    """A CloudEvent that is not of the change log."""
    text = f"This is a test. The archive is {archive}; alarms look like this, and say what to do."
    now = datetime.now(UTC).isoformat()
    return {
        "specversion": "1.0",
        "id": f"sink.test:{now}",
        "type": "sink.test",
        "source": "urn:warraq:archive",
        "subject": "test",
        "time": now,
        "datacontenttype": "application/json",
        "data": {"text": text},
    }


def _dispatcher(to: str, uri: str | None) -> Dispatcher:
    from crawler.delivery.dispatcher import Dispatcher  # noqa: PLC0415 - libraries of sinks load when one is used
    from crawler.delivery.opening import configured_sink  # noqa: PLC0415

    config = load_config(archive=uri)
    archive = existing_archive(uri)
    return Dispatcher(archive, configured_sink(to, config, archive), to, Facts.on_stdout(), _stop_on_signal())


def _day(text: str | None) -> date | None:
    return Window.parse(text, None).since


def _stop_on_signal() -> threading.Event:
    """Set by SIGTERM and ^C: what is under way is finished, the cursor is kept."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


def _report(done: Delivered) -> None:
    sys.stderr.write(f"{done.delivered:,} events delivered, {done.dead:,} put aside{', stopped' if done.stopped else ''}\n")
    raise typer.Exit(1 if done.dead else 0)
