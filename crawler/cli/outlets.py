"""`warraq outlets` and `warraq settings`: what can be crawled, and how it is set up."""

from __future__ import annotations

import json
import sys

from rich.console import Console

from crawler.cli.options import AsJson
from crawler.cli.tables import Column, print_table
from crawler.config import load_config, settings_with_origin
from extractors import outlets as known_outlets

BUILT_IN = "built-in"


def outlets(as_json: AsJson = False) -> None:
    """List the outlets: slug, name, state, where each comes from, and hosts."""
    from crawler.outlet_files.loading import loaded  # noqa: PLC0415 - it reads files, which most who import this module do not need

    known, added = sorted(known_outlets().items()), loaded()
    origins = {slug: added[slug].origin if slug in added else BUILT_IN for slug, _ in known}
    found = {
        slug: {
            "name": each.name,
            "name_ar": each.name_ar,
            "alive": each.alive,
            "died": each.died,
            "from": origins[slug],
            "hosts": list(each.hosts),
        }
        for slug, each in known
    }
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    rows = [
        (slug, each.name, each.name_ar, "alive" if each.alive else each.died or "dead", origins[slug], ", ".join(each.hosts))
        for slug, each in known
    ]
    columns = (
        Column("outlet"),
        Column("name", wraps=True),
        Column("", wraps=True),
        Column("state"),
        Column("from", wraps=True),
        Column("hosts", wraps=True),
    )
    print_table(Console(highlight=False), columns, rows)


def settings(as_json: AsJson = False) -> None:
    """List every setting with its value and where the value came from."""
    found = list(settings_with_origin(load_config()))
    if as_json:
        shown = {
            each.name: {"value": _plain(each.value), "origin": each.origin, "description": each.description} for each in found
        }
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return
    columns = (Column("setting"), Column("value"), Column("origin"), Column("meaning", wraps=True))
    rows = [(each.name, str(each.value), each.origin, each.description) for each in found]
    print_table(Console(highlight=False), columns, rows)


def _plain(value: object) -> object:
    """As JSON has it; what hides itself stays hidden."""
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
