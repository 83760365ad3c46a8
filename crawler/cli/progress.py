"""What a person sees of a crawl: a table while it runs, and the fates at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import TracebackType
from typing import Any, Self

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from crawler.crawl.session import Session
from storage import FATES

HEADINGS = {"not_an_article": "not an\narticle"}
LEAST_WIDTH = 100
"""Columns of the table of fates; a log file has no width of its own."""


class Progress:
    """A live table per outlet: discovered, fetched, kept, pages a second. Use as a context."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._started = monotonic()
        self._live = Live(get_renderable=self._table, console=Console(stderr=True), refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._live.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A context in which the table is not drawn: somebody else has something to say."""
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    def _table(self) -> Table:
        seconds = max(monotonic() - self._started, 0.001)
        table = Table(box=box.SIMPLE_HEAD)
        for heading in ("outlet", "discovered", "fetched", "kept", "pages/s"):
            table.add_column(heading, justify="left" if heading == "outlet" else "right")
        for outlet, counts in sorted(self._session.run.counts().items()):
            fetched = self._session.fetched[outlet]
            table.add_row(
                outlet,
                f"{counts.get('discovered', 0):,}",
                f"{fetched:,}",
                f"{counts.get('kept', 0) + counts.get('revised', 0):,}",
                f"{fetched / seconds:.1f}",
            )
        return table


def fates_table(manifest: dict[str, Any]) -> Table:
    """A row per outlet: discovered and the fates, which add up; a total where there is more than one."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("outlet", no_wrap=True)
    for heading in ("discovered", *FATES):
        table.add_column(HEADINGS.get(heading, heading), justify="right", no_wrap=True, vertical="bottom")
    rows = dict(sorted(manifest["outlets"].items()))
    for outlet, counts in rows.items():
        table.add_row(outlet, *_cells(counts))
    if len(rows) > 1:
        table.add_section()
        table.add_row("all", *_cells(manifest))
    return table


def print_fates(manifest: dict[str, Any]) -> None:
    """The table, then in words whether there was anything new."""
    console = Console()
    console = console if console.is_terminal else Console(width=LEAST_WIDTH)
    console.print(fates_table(manifest))
    fates = manifest["fates"]
    new = fates.get("kept", 0) + fates.get("revised", 0)
    console.print(
        f"Run {manifest['run_id']}: " + (f"{new} articles kept or revised." if new else "nothing new."), highlight=False
    )


def _cells(counts: dict[str, Any]) -> list[str]:
    fates = counts["fates"]
    return [str(counts["discovered"]), *(str(fates.get(fate, 0) or "·") for fate in FATES)]
