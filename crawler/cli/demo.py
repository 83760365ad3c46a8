"""`warraq demo`: the main job against the bundled miniature of the five outlets, offline."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from crawler.config import PREFIX, load_config
from extractors.outlets import built_in

PACE = {"DOWNLOAD_DELAY": "0", "AUTOTHROTTLE": "0", "HISTORY_DELAY": "0", "CONCURRENCY": "8"}
"""The miniature is ours: nobody is disturbed by an unpaced crawl."""


def demo(
    archive: Annotated[str, typer.Option("--archive", metavar="URI", help="Where the articles go.")] = "./archive",
) -> None:
    """Crawl a miniature of the five outlets on this machine into ./archive, offline.

    Shows what became of every page.
    """
    # Late: only the demo needs its world, and Scrapy takes a second to load.
    from crawler.cli.progress import Progress, print_fates  # noqa: PLC0415
    from crawler.crawl.process import run  # noqa: PLC0415
    from crawler.crawl.session import Session  # noqa: PLC0415
    from crawler.demo.running import serve  # noqa: PLC0415
    from crawler.demo.world import DemoWorld  # noqa: PLC0415

    console = Console()
    console.print("Setting up a miniature of the five outlets on this machine …", highlight=False)
    with serve(DemoWorld.miniature()) as world:
        console.print(
            f"A miniature of the outlets answers at {world.proxy_url}; the real spiders crawl it into {archive}",
            highlight=False,
            soft_wrap=True,
        )
        os.environ.update(world.env() | {PREFIX + name: value for name, value in PACE.items()})
        session = Session(load_config(archive=archive))
        if not console.is_terminal:
            console.print("Crawling; the fates of the pages follow in a minute …", highlight=False)
        manifest = run(session, list(built_in()), {}, Progress(session) if console.is_terminal else None)
    print_fates(manifest)
    option = "" if archive == "./archive" else f" --archive {archive}"
    warraq = sys.argv[0] if Path(sys.argv[0]).name == "warraq" else "warraq"
    console.print(
        "Look at what was kept:\n"
        f"  {warraq} status{option}             what each outlet has\n"
        f"  {warraq} search مدرسة{option}        the texts that answer; `{warraq} diff ID` shows one and its revisions\n"
        f"  {warraq} export{option}             the articles, one JSON record a line; --format csv|markdown for people\n"
        f"  {warraq} verify{option}             prove that the archive holds together",
        highlight=False,
        soft_wrap=True,
    )
    raise typer.Exit(session.report())
