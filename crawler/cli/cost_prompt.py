"""The estimated cost of fetching an outlet's past, shown on a terminal, and the question whether to go on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console

from crawler.cli.tables import Column, figures, print_table
from crawler.crawl.session import Session
from crawler.discovery.web_archives.cost import Estimate, Estimates, duration


def on_terminal(session: Session, aside: Callable[[], AbstractContextManager[object]]) -> None:
    """The session shows its estimates as a table on stderr and, where stdin is a terminal too, asks past the bound.

    aside: a context in which nothing else is drawn on the terminal.
    """
    console = Console(stderr=True)

    def tell(estimates: Estimates) -> None:
        with aside():
            print_estimates(console, estimates)

    def question(_: Estimates) -> bool:
        with aside():
            return console.input("Go on? [y/N] ", markup=False).strip().lower() in ("y", "yes")

    session.consent.tell = tell
    if sys.stdin.isatty():
        session.consent.question = question


def print_estimates(console: Console, estimates: Estimates) -> None:
    """A row per outlet, a total where there is more than one."""
    console.print("To be asked of web archives, at least:")
    columns = (Column("outlet"), *figures("captures", "articles", "requests", "GB", "time at the polite pace"))
    rows = [(outlet, *_cells(estimate)) for outlet, estimate in sorted(estimates.items())]
    total = ("all", *_cells(sum(estimates.values(), Estimate())))
    print_table(console, columns, rows, total=total if len(rows) > 1 else None)


def _cells(estimate: Estimate) -> list[str]:
    numbers = (estimate.captures, estimate.articles, estimate.requests)
    gigabytes = f"{estimate.gigabytes:,.0f}" if estimate.gigabytes else "·"
    return [*(f"{number:,}" for number in numbers), gigabytes, duration(estimate.seconds)]
