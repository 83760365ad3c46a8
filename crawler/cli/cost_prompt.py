"""The estimate of what an outlet's past would cost, shown to a person, and the question whether to go on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich import box
from rich.console import Console
from rich.table import Table

from crawler.crawl.session import Session
from crawler.discovery.web_archives.cost import Estimate, Estimates, duration


def on_terminal(session: Session, aside: Callable[[], AbstractContextManager[object]]) -> None:
    """The session shows its estimates as a table on stderr and, where stdin is a terminal too, asks past the bound.

    aside: a context in which nothing else is drawn on the terminal.
    """
    console = Console(stderr=True)

    def tell(estimates: Estimates) -> None:
        with aside():
            console.print(estimates_table(estimates))

    def question(_: Estimates) -> bool:
        with aside():
            return console.input("Go on? [y/N] ", markup=False).strip().lower() in ("y", "yes")

    session.consent.tell = tell
    if sys.stdin.isatty():
        session.consent.question = question


def estimates_table(estimates: Estimates) -> Table:
    """A row per outlet, a total where there is more than one."""
    table = Table(box=box.SIMPLE_HEAD, title="To be asked of web archives, at least", title_justify="left")
    table.add_column("outlet")
    for heading in ("captures", "articles", "requests", "GB", "time at the polite pace"):
        table.add_column(heading, justify="right")
    for outlet, estimate in sorted(estimates.items()):
        table.add_row(outlet, *_cells(estimate))
    if len(estimates) > 1:
        table.add_section()
        table.add_row("all", *_cells(sum(estimates.values(), Estimate())))
    return table


def _cells(estimate: Estimate) -> list[str]:
    numbers = (estimate.captures, estimate.articles, estimate.requests)
    gigabytes = f"{estimate.gigabytes:,.0f}" if estimate.gigabytes else "·"
    return [*(f"{number:,}" for number in numbers), gigabytes, duration(estimate.seconds)]
