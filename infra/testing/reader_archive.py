"""An archive to look at: the demo's miniature, crawled; then a story edited, one taken down, and all of it sealed.

The words are our own (`crawler/demo/articles/`), so pictures of it may be passed on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from crawler.demo.running import Running, serve
from crawler.demo.story import StoryBlock
from infra.world.worlds import World
from storage import Archive, open_archive
from storage.record import Json

EDITED, REMOVED = "enab_baladi:810933", "enab_baladi:809777"
_PACE = {"WARRAQ_DOWNLOAD_DELAY": "0", "WARRAQ_AUTOTHROTTLE": "0", "WARRAQ_HISTORY_DELAY": "0", "WARRAQ_CONCURRENCY": "8"}
_AT_ONCE = {"WARRAQ_RECHECK_GONE_HOURS": "0"}
_ADDED = "وبعد نشر الخبر، قالت مديرية التربية في رسالة إلى الأهالي إن دفعة أولى من المدافئ ستصل «قبل نهاية الشهر»."


def make(place: Path) -> Archive:
    """The archive in a new folder. RuntimeError: a crawl failed."""
    world = World.miniature()
    with serve(world) as running:
        _warraq("crawl", archive=place, world=running)
        edited, removed = (_record(open_archive(str(place)), each) for each in (EDITED, REMOVED))
        _edit(world, edited["url"])
        running.serve_anew(world)
        _warraq("crawl", "enab_baladi", "--refetch", archive=place, world=running)
        world.remove(removed["url"], 410)
        running.serve_anew(world)
        for _ in range(2):  # seen gone, and confirmed
            _warraq("crawl", "enab_baladi", "--refetch", archive=place, world=running, **_AT_ONCE)
    key = _warraq("seal", "--new-key", "reader.example", archive=place).partition("=")[2].strip()
    _warraq("seal", archive=place, WARRAQ_SEAL_KEY=key)
    return open_archive(str(place))


def _edit(world: World, url: str) -> None:
    """Headline, a number in the first paragraph, and another last paragraph; the rest stays as it stands."""
    world.edit(url, headline=world.story(url).headline.replace("ثالث", "رابع"))
    story = world.story(url)
    first, *others = story.blocks
    first = replace(first, lines=tuple(line.replace("ثالث", "رابع") for line in first.lines))
    edited = replace(story, blocks=(first, *others[:-1], StoryBlock("paragraph", (_ADDED,))))
    world.stories[world.stories.index(story)] = edited


def _record(archive: Archive, article_id: str) -> Json:
    return next(record for record in archive.articles(outlet=article_id.partition(":")[0]) if record["id"] == article_id)


def _warraq(*arguments: str, archive: Path, world: Running | None = None, **more: str) -> str:
    command = [sys.executable, "-m", "crawler", *arguments, "--archive", str(archive)]
    environment = {**os.environ, **_PACE, **(world.env() if world else {}), **more}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own command
    if done.returncode not in (0, 1):
        raise RuntimeError(f"warraq {' '.join(arguments)}: {done.stderr}")
    return done.stdout
