"""`warraq outlet`: outlets of your own, as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.outlet_choice import UnknownOutletError
from crawler.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.outlet_files.loaded_outlet import LoadedOutlet

NEEDS_A_LOOK = 1

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="The site's home page.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="The folder of outlets. Default: WARRAQ_OUTLETS, else ./outlets.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The outlet's slug. Default: from the host.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write a file anew that is there already.")] = False,
) -> None:
    """Look at a site by the rules of a crawl, and write a file of facts and recorded pages for it.

    At most 40 requests, at the pace of a crawl. What it is unsure of is printed, with how to check it.
    """
    # Late: Scrapy takes a second to load.
    from crawler.config import load_config  # noqa: PLC0415
    from crawler.outlet_files.loading import outlets_folder  # noqa: PLC0415
    from crawler.survey.job import add_outlet  # noqa: PLC0415

    config = load_config()
    folder = to or outlets_folder(config)
    address = url if "://" in url else f"https://{url}"
    typer.echo(f"Looking at {address}: at most 40 requests, {config.download_delay:g} s between two …")
    added = add_outlet(address, folder, name, config, lambda line: typer.echo(f"  {line}"), force=force)
    typer.echo(f"{added.file}: {added.survey.requests} requests; {added.read} of {added.of} articles read by the file")
    for file in added.recorded:
        typer.echo(f"  {file}")
    if added.doubts:
        typer.echo("Not sure of:")
        for doubt in added.doubts:
            typer.echo(f"  - {doubt}")
    option = "" if folder.resolve() == outlets_folder(config).resolve() else f"WARRAQ_OUTLETS={folder} "
    example = added.survey.articles[0].page.url
    typer.echo(
        f"Read the file and the recorded pages, and mend what is wrong. Then:\n"
        f"  {option}warraq read --explain {example}\n"
        f"  {option}warraq outlet check {added.slug}\n"
        f"  {option}warraq crawl {added.slug} --limit 20"
    )
    if added.read < added.of:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command()
def keys() -> None:
    """Print every key of such a file: what it means, and an example."""
    from crawler.outlet_files.reference import markdown  # noqa: PLC0415 - as above

    sys.stdout.write(markdown())


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
        sys.stdout.write(f"No outlet stands in {load_config().outlets}; make one: warraq outlet add URL\n")
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
