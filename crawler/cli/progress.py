"""A crawl on a terminal: a live table while it runs, the fates at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live

from crawler.cli.tables import Column, figures, print_table, table
from crawler.crawl.session import Session
from storage import FATES


class Progress(Live):
    """A live table per outlet: discovered, fetched, kept, pages a second. Use as a context."""

    def __init__(self, session: Session) -> None:
        self._session, self._begun = session, monotonic()
        super().__init__(get_renderable=self._table, console=Console(stderr=True), refresh_per_second=2, transient=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A context in which the table is not drawn, so that other output stays readable."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _table(self) -> RenderableType:
        seconds = max(monotonic() - self._begun, 0.001)
        rows = []
        for outlet, counts in sorted(self._session.run.counts().items()):
            fetched = self._session.notes.statistics(outlet).fetched
            kept = counts.get("kept", 0) + counts.get("revised", 0)
            numbers = (counts.get("discovered", 0), fetched, kept)
            rows.append((outlet, *(f"{number:,}" for number in numbers), f"{fetched / seconds:.1f}"))
        columns = (Column("outlet"), *figures("discovered", "fetched", "kept", "pages/s"))
        return table(columns, rows, self.console.width)


def print_fates(manifest: dict[str, Any], unanswered: Collection[str] = ()) -> None:
    """A row per outlet: discovered and the fates, which add up, and a total; then in words whether there was anything new, and
    what next. unanswered: outlets of which nothing could be read.
    """
    columns = (Column("outlet"), *figures("discovered", *(fate.replace("_", " ") for fate in FATES)))
    rows = [(outlet, *_cells(counts)) for outlet, counts in sorted(manifest["outlets"].items())]
    console = Console(highlight=False)
    print_table(console, columns, rows, total=("all", *_cells(manifest)) if len(rows) > 1 else None)
    fates = manifest["fates"]
    new = fates.get("kept", 0) + fates.get("revised", 0)
    console.print(f"Run {manifest['run_id']}: " + (_new(new) if new else _nothing_new(manifest, unanswered)))


def _new(number: int) -> str:
    kept = f"{number:,} article{'s' * (number > 1)} kept or revised."
    return (
        f"{kept} `warraq serve` shows and cites what is kept, `warraq search WORDS` finds in it, `warraq export` gives it away."
    )


def _nothing_new(manifest: dict[str, Any], unanswered: Collection[str]) -> str:
    """Why, and what next."""
    if unanswered and not manifest["discovered"]:
        return f"nothing of {', '.join(unanswered)} could be read. `warraq status` keeps what failed."
    if manifest["discovered"]:
        return "nothing new: no page that was asked for had a text that was not kept already."
    return (
        "nothing new: what the outlets name was known already, or they named nothing in these dates. "
        "`--refetch` asks for known articles again, `--since` reaches further back."
    )


def _cells(counts: dict[str, Any]) -> list[str]:
    fates = counts["fates"]
    return [str(counts["discovered"]), *(str(fates.get(fate, 0) or "·") for fate in FATES)]
