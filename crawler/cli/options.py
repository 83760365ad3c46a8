"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Outlets = Annotated[
    list[str] | None, typer.Argument(metavar="[OUTLET…]", help="Outlets by slug (see `warraq outlets`); none = all.")
]
Since = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Published on this day or later.")]
Until = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Published on this day or earlier.")]
ArchiveUri = Annotated[
    str | None,
    typer.Option("--archive", metavar="URI", help="A folder or s3://bucket/prefix. Default: WARRAQ_ARCHIVE, else ./archive."),
]
