"""`warraq outlets` and `warraq settings`: what can be crawled, and how it is set up."""

from __future__ import annotations

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from crawler.config import load_config, settings_with_origin
from extractors import outlets as known_outlets


class UnknownOutletError(Exception):
    """A name on the command line is no outlet's slug."""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(outlets)
    app.command()(settings)


def chosen_outlets(names: list[str] | None) -> list[str]:
    """The slugs asked for, each once, or all. Raises UnknownOutletError."""
    known = known_outlets()
    for name in names or ():
        if name not in known:
            raise UnknownOutletError(f"unknown outlet {name!r}; known: {', '.join(sorted(known))}")
    return list(dict.fromkeys(names)) if names else sorted(known)


def outlets() -> None:
    """List the outlets: slug, name, state and hosts."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("outlet", "name", "", "state", "hosts"):
        table.add_column(heading)
    for slug, outlet in sorted(known_outlets().items()):
        table.add_row(
            slug, outlet.name, outlet.name_ar, "alive" if outlet.alive else outlet.died or "dead", ", ".join(outlet.hosts)
        )
    Console(soft_wrap=True).print(table)


def settings() -> None:
    """List every setting with its value and where the value came from."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("setting", "value", "origin", "meaning"):
        table.add_column(heading, overflow="fold")
    for setting in settings_with_origin(load_config()):
        table.add_row(setting.name, str(setting.value), setting.origin, setting.description)
    Console().print(table)
