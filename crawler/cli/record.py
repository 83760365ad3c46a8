"""`warraq record`: a page as a fixture, beside the article read from it, for a person to check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.outlet_choice import chosen_outlets
from crawler.cli.page_source import PageError, from_file, from_web, is_url
from extractors import outlets

PAGES = Path("tests/pages")


def record(
    outlet: Annotated[str, typer.Argument(help="The outlet's slug.")],
    page: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page to fetch, or one saved in a file.")],
    url: Annotated[str | None, typer.Option(help="The address a FILE was saved from. Default: what it says itself.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the fixture. Default: from the address.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where fixtures are kept. Default: tests/pages; of an outlet from a file, `pages` beside the file."),
    ] = None,
) -> None:
    """Store a page beside the article read from it, as a fixture for the tests.

    As OUTLET/NAME.html and NAME.json: check the second, mend it, keep both.
    """
    chosen_outlets([outlet])
    fetched = from_web(page) if is_url(page) else from_file(Path(page), url)
    if outlets()[outlet].locate(fetched.url) is None:
        raise PageError(f"{fetched.url} is not an address of {outlet}")
    from crawler.outlet_files.recording import record_page  # noqa: PLC0415  # late: trafilatura takes 0.4 s to load

    html, expected = record_page(fetched, outlet, (folder or _folder(outlet)) / outlet, name)
    typer.echo(
        f"{html}\n{expected}\nRead the second against the first, mend it by hand where the reader is wrong, then commit both."
    )


def _folder(outlet: str) -> Path:
    from crawler.outlet_files.loading import PAGES as BESIDE  # noqa: PLC0415
    from crawler.outlet_files.loading import loaded  # noqa: PLC0415 - it reads files

    file = loaded()[outlet].file if outlet in loaded() else None
    return file.parent / BESIDE if file is not None else PAGES
