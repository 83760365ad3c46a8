"""`warraq submit`: addresses for whoever watches."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.watch import QueueUri
from crawler.config import ConfigError, load_config

SOURCE = "urn:warraq:submit"
TOGETHER = 500


def submit(
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="URL…|-", help="Addresses of articles; - reads them from stdin.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Read addresses from here, one a line.")] = None,
    queue: QueueUri = None,
) -> None:
    """Ask for addresses to be read, known or not.

    They are safe when this returns; `warraq watch` does the work.
    An address of no outlet is named, and the exit code is 2; the others are queued.
    """
    from crawler.watch.http.events_in import UnacceptableError, submitted  # noqa: PLC0415
    from storage.queues import Item, open_queue  # noqa: PLC0415

    items: list[Item] = []
    refused = 0
    for url in _addresses(urls or [], file):
        try:
            items += submitted([url], SOURCE)
        except UnacceptableError as error:
            refused += 1
            sys.stderr.write(f"warraq: {error}\n")
    opened = open_queue(load_config(queue=queue).queue)
    new = 0
    for start in range(0, len(items), TOGETHER):
        new += sum(opened.put_all(items[start : start + TOGETHER]))
    opened.close()
    sys.stderr.write(f"{new:,} queued, {len(items) - new:,} were waiting already\n")
    raise typer.Exit(2 if refused else 0)


def _addresses(urls: list[str], file: Path | None) -> list[str]:
    """Every address given, in order. ConfigError if there is none, or the file cannot be read."""
    lines: list[str] = []
    for url in urls:
        lines += sys.stdin.read().splitlines() if url == "-" else [url]
    if file is not None:
        try:
            lines += file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found:
        raise ConfigError("no address given: write them out, or name a file with --file, or give - for stdin")
    return found
