"""`warraq diff`: what an article's address showed over time, and what changed from one text to the next."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.cli.diff_history import History, NoHistoryError, history_of
from crawler.cli.options import ArchiveUri, AsJson
from crawler.cli.place import existing_archive


def diff(
    article: Annotated[str, typer.Argument(metavar="ID|URL", help="An article's id (enab_baladi:812204) or its address.")],
    revisions: Annotated[
        tuple[int, int] | None,
        typer.Option("--revisions", metavar="N M", help="Compare these two. Default: each with the one before it in time."),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page of its own into FILE.")] = None,
    as_json: AsJson = False,
    archive: ArchiveUri = None,
) -> None:
    """Show the revisions of an article, and what changed from one to the next, word by word."""
    history = history_of(existing_archive(archive), article, revisions)
    if html is not None:
        from crawler.cli.diff_page import page  # noqa: PLC0415 - late, as what shows it

        try:
            html.write_text(page(history), encoding="utf-8", errors="replace")
        except OSError as error:
            raise NoHistoryError(f"--html {html}: {error.strerror}") from None
    if as_json:
        sys.stdout.buffer.write((json.dumps(_json(history), ensure_ascii=False) + "\n").encode(errors="replace"))
    elif html is None:
        from crawler.cli.diff_terminal import show  # noqa: PLC0415

        show(history)


def _json(history: History) -> dict[str, Any]:
    return {
        "url": history.url,
        "headline": history.headline,
        "entries": [entry.to_json() for entry in history.entries],
        "steps": [
            {"from": step.before.revision, "to": step.after.revision, **step.difference.to_json()} for step in history.steps
        ],
    }
