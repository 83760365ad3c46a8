"""`warraq outlet`: outlets of your own, as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.outlets import UnknownOutletError
from crawler.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.outlet_files.reading import LoadedOutlet

NEEDS_A_LOOK = 1

app = typer.Typer(
    name="outlet", help="Outlets of your own, as files: checked against their recorded pages.", no_args_is_help=True
)


def register(parent: typer.Typer) -> None:
    """Adds the commands."""
    parent.add_typer(app)


@app.callback()
def options() -> None:
    """A group although it has one command."""


@app.command()
def check(
    outlets: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME|FILE|DIR…", help="Outlets by name, files, folders; none = all of WARRAQ_OUTLETS."),
    ] = None,
) -> None:
    """Check the files of outlets, and that their recorded pages give the articles written beside them.

    Every fault of a file is named with its line (exit code 2). Exit code 1: a page gives something else.
    """
    # Late: `warraq --help` needs none of them.
    from crawler.config import load_config  # noqa: PLC0415
    from crawler.outlet_files.checking import check_pages  # noqa: PLC0415
    from crawler.outlet_files.loading import PAGES  # noqa: PLC0415
    from extractors.outlets import provide  # noqa: PLC0415

    chosen = _chosen(outlets or [])
    if not chosen:
        sys.stdout.write(f"No outlet stands in {load_config().outlets}\n")
    provide(lambda: {name: each.outlet for name, each in chosen.items()})
    wrong = 0
    for name, each in chosen.items():
        pages = list(check_pages(each.file.parent / PAGES / name, name)) if each.file is not None else []
        sys.stdout.write(f"{name}: {each.origin} is valid; {len(pages)} recorded pages\n")
        for page in pages:
            if page.problem is not None:
                wrong += 1
                sys.stdout.write(f"  {page.file}: {page.problem}\n")
    if wrong:
        raise typer.Exit(NEEDS_A_LOOK)


def _chosen(names: list[str]) -> Mapping[str, LoadedOutlet]:
    """The outlets of names, files and folders. Raises UnknownOutletError, OutletFileError."""
    from crawler.outlet_files.loading import collected, loaded, outlet_files  # noqa: PLC0415

    paths = [Path(name) for name in names if "/" in name or name.endswith(".toml") or Path(name).is_dir()]
    found = collected(file for path in paths for file in (outlet_files(path) if path.is_dir() else [path]))
    for name in names:
        if Path(name) not in paths:
            if name not in loaded():
                raise UnknownOutletError(f"{name!r} is no outlet from a file.{did_you_mean(name, loaded())}")
            found[name] = loaded()[name]
    return found if names else loaded()
