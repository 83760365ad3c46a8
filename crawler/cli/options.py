"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer


def complete_outlet(incomplete: str) -> list[str]:
    """The slugs that begin so, for the shell."""
    from extractors import outlets  # noqa: PLC0415 - only when the shell asks

    return [slug for slug in outlets() if slug.startswith(incomplete)]


Outlets = Annotated[
    list[str] | None,
    typer.Argument(metavar="OUTLET…", help="Outlets by slug (see `warraq outlets`); none = all.", autocompletion=complete_outlet),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Published on this day or later: 2018-05-07, 2018-05, 2018, yesterday, 7d (days ago)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="Published on this day or earlier.")]
ArchiveUri = Annotated[
    str | None,
    typer.Option("--archive", metavar="URI", help="A folder or s3://bucket/prefix. Default: WARRAQ_ARCHIVE, else ./archive."),
]
ViaArchives = Annotated[
    list[str] | None,
    typer.Option(
        "--via",
        metavar="wayback|commoncrawl|ccnews",
        help="Ask this web archive for the outlets' past, instead of the outlets; may be given several times.",
    ),
]
Captures = Annotated[
    str | None,
    typer.Option(metavar="N|all", help="Most captures of one article from web archives. Default: WARRAQ_HISTORY_CAPTURES."),
]
EngineName = Annotated[
    str, typer.Option("--engine", metavar="local|dask[=ADDRESS]", help="Where to read: on this machine, or on a Dask cluster.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=1024, help="Processes that read. Default: one for each core.")
]
