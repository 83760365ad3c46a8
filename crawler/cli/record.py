"""`warraq record`: a page as a fixture, beside the article read from it, for a person to check."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from crawler.cli.outlets import chosen_outlets
from crawler.cli.page_source import PageError, from_file, from_web, is_url
from extractors import outlets
from extractors.fixture import fixture_json

PAGES = Path("tests/pages")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(record)


def record(
    outlet: Annotated[str, typer.Argument(help="The outlet's slug.")],
    page: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page to fetch, or one saved in a file.")],
    url: Annotated[str | None, typer.Option(help="The address a FILE was saved from. Default: what it says itself.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the fixture. Default: from the address.")] = None,
    folder: Annotated[Path, typer.Option(help="Where fixtures are kept.")] = PAGES,
) -> None:
    """Store a page beside the article read from it, as a fixture for the tests.

    As tests/pages/OUTLET/NAME.html and NAME.json: check the second, mend it, commit both.
    """
    chosen_outlets([outlet])
    fetched = from_web(page) if is_url(page) else from_file(Path(page), url)
    if outlets()[outlet].locate(fetched.url) is None:
        raise PageError(f"{fetched.url} is not an address of {outlet}")
    from extractors.reader import read  # noqa: PLC0415  # late: trafilatura takes 0.4 s to load

    result = read(fetched, outlet)
    html = folder / outlet / f"{name or _name(fetched.url)}.html"
    expected = html.with_suffix(".json")
    html.parent.mkdir(parents=True, exist_ok=True)
    html.write_bytes(fetched.body)
    expected.write_text(fixture_json(fetched, result), encoding="utf-8")
    typer.echo(
        f"{html}\n{expected}\nRead the second against the first, mend it by hand where the reader is wrong, then commit both."
    )


def _name(url: str) -> str:
    """A file's name from an address: the words of its last part, Arabic ones too, after its number; `page` where it has neither.

    https://www.enabbaladi.net/812204/%D9%85%D8%AF%D9%8A%D9%86%D8%A9-%D8%AD%D9%84%D8%A8/ becomes `812204-مدينة-حلب`.
    """
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part]
    words = re.findall(r"[^\W_]+", parts[-1]) if parts else []
    number = next((part for part in reversed(parts[:-1]) if part.isdecimal() and len(part) > 2), "")
    if not number or any(word.isdecimal() and len(word) > 2 for word in words):
        return "-".join(words)[:60].rstrip("-") or "page"
    return "-".join([number, *words])[:60].rstrip("-")
