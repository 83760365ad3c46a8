"""`warraq search`: who wrote of something, and when."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from crawler.cli.options import ArchiveUri, Since, Until
from crawler.cli.outlet_choice import kept_outlets
from crawler.cli.place import cache_file, existing_archive
from crawler.config import ConfigError
from crawler.window import Window
from storage.search.index import SearchIndex
from storage.search.query import QueryError, parse_query
from storage.search.search import Filters, SearchHit
from storage.search.search import search as ask


class Order(StrEnum):
    """Which answers come first."""

    BEST = "best"
    NEWEST = "newest"


def search(  # noqa: PLR0913, PLR0917 - options of a command
    query: Annotated[str, typer.Argument(metavar="QUERY", help='Words; "exact words"; -without; headline:… author:… ~widely')],
    outlet: Annotated[list[str] | None, typer.Option("--outlet", metavar="OUTLET", help="Of this outlet; several times.")] = None,
    since: Since = None,
    until: Until = None,
    wide: Annotated[bool, typer.Option("--wide", help="Words with other endings too: more answers, some strange.")] = False,
    edited: Annotated[bool, typer.Option("--edited", help="Articles with several texts only.")] = False,
    gone: Annotated[bool, typer.Option("--gone", help="Articles whose page is gone only.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many articles.")] = 20,
    order: Annotated[Order, typer.Option(help="Which come first.")] = Order.BEST,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each article.")] = False,
    archive: ArchiveUri = None,
) -> None:
    """Search the texts of an archive, Arabic in every spelling.

    With and without article and what is written on to a word in front (و ف ب ل ك). The index is made when it is first used, and
    again when it is deleted (`~/.cache/warraq/search`).
    """
    window = Window.parse(since, until)
    opened = existing_archive(archive)
    chosen = kept_outlets(outlet, opened) if outlet else None
    try:
        parse_query(query, wide=wide)  # before the index is brought up to date
        with SearchIndex(*cache_file(opened, "search")) as index:
            index.update(opened, lambda problem: sys.stderr.write(f"warraq: not in the index: {problem}\n"))
            asked = parse_query(query, wide=wide, known=index.has_word)
            filters = Filters(tuple(chosen or ()), window.since, window.until, edited=edited, gone=gone)
            found = list(ask(index, asked, filters, order=order.value, limit=limit))
            texts = len(index)
    except QueryError as error:
        raise ConfigError(str(error)) from None
    for each in found:
        if as_json:
            sys.stdout.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")
        else:
            _show(each)
    if not found:
        more = "" if wide else "; --wide finds kin of the words too"
        if query.startswith(("http://", "https://")):
            more = "; `warraq diff URL` tells what an address showed"
        sys.stderr.write(f"nothing in {texts:,} texts of {opened.uri} answers {query!r}{more}\n")


def _show(found: SearchHit) -> None:
    console = Console(highlight=False)
    day = (found.published or "no date")[:10]
    state = "" if found.newest else " · an earlier text"
    gone = f" · gone since {found.gone_at[:10]}" if found.gone_at else ""
    console.print(Text(found.headline, style="bold"), soft_wrap=not console.is_terminal)
    console.print(Text(f"{found.id} · {found.outlet} · {day}{state}{gone} · {found.url}", style="dim"), soft_wrap=True)
    snippet = Text(found.snippet)
    for start, end in found.marked:
        snippet.stylize("bold yellow", start, end)
    console.print(snippet, soft_wrap=not console.is_terminal)
    console.print()
