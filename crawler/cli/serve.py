"""`warraq serve`: the archive as pages."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from crawler.cli.options import ArchiveUri
from crawler.cli.place import cache_file
from crawler.cli.plain_words import READER_TROUBLES, plain
from crawler.config import ConfigError, load_config
from crawler.facts import Facts
from storage import open_archive
from storage.one_line import one_line

INSTALL = "pip install 'warraq[serve]'"


def serve(
    bind: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; a port alone is on loopback.")
    ] = "127.0.0.1:8080",
    behind_proxy: Annotated[
        str | None,
        typer.Option("--behind-proxy", metavar="URL", help="Where a reverse proxy offers it. Default: WARRAQ_SERVE_URL."),
    ] = None,
    archive: ArchiveUri = None,
) -> None:
    """Offer the archive to readers: search, articles with their history and raw captures, as pages and as JSON.

    Read-only, on loopback unless told otherwise; elsewhere WARRAQ_SERVE_TOKEN is asked for (the password; any user name), or a
    reverse proxy says who may read (--behind-proxy). Needs the extra `serve`. On a terminal it says where to look; otherwise one
    JSON line per fact goes to stdout.
    """
    config = load_config(archive=archive, serve_url=behind_proxy)
    check_installed()
    from crawler.http_server.connections import address_of  # noqa: PLC0415
    from crawler.serve.opening import OpenReader  # noqa: PLC0415 - an extra
    from crawler.serve.opening import serve as run  # noqa: PLC0415

    address = address_of(bind)
    facts = _ServeMessages() if Console().is_terminal else Facts.on_stdout()
    opened_archive = open_archive(config.archive, create=False)
    opened = OpenReader(opened_archive, config, address[0], cache_file(opened_archive, "search"), facts)
    try:
        asyncio.run(run(opened, address, facts))
    finally:
        opened.close()


class _ServeMessages(Facts):
    """On a terminal: where the reader is, in words."""

    def __call__(self, fact: str, /, **details: Any) -> None:
        """A fact, as `Facts` takes it."""
        if fact == "serve.opened":
            sys.stdout.write(f"Open {details['url']} in a browser. ^C ends it.\n")
        elif fact == "index.complete":
            sys.stdout.write(f"All {details['texts']:,} texts can be searched.\n")
        elif fact != "serve.stopped":
            parts = (plain(READER_TROUBLES, fact), *(str(value) for value in details.values()))
            sys.stderr.write(f"warraq: {one_line(': '.join(parts))}\n")


def check_installed() -> None:
    """ConfigError, with the command that installs what is missing."""
    try:
        import jinja2  # noqa: F401, PLC0415
    except ImportError:
        raise ConfigError(f"the reader needs Jinja: {INSTALL}") from None
