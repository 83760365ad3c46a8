"""What a poll without news costs, by kind of source, with and without validators, with and without a page that always fails."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from crawler.crawl.failing import FAILING
from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import Running, serve
from crawler.demo.sites.site import Site
from crawler.demo.story import DemoStory
from crawler.facts import Facts
from infra.bench.crawling import UNPACED, poll_command
from infra.world.worlds import World
from storage import open_archive

KINDS: Final = {"feed": "feed", "wordpress": "rest", "sitemap": "sitemap", "listing": "listing"}
"""First word of a source's name: what the world's stories call the documents that offer them."""
DOCUMENTS: Final = ("robots", "wp-json", "sitemap", "feed", "category")


class PolledSite(Site):
    """A site whose answers all have validators, or none, and one page of which always fails. failing: its number, or ""."""

    def __init__(self, site: Site, *, validators: bool, failing: str) -> None:
        self._site, self._validators, self._failing = site, validators, failing
        self.outlet, self.home, self.hosts = site.outlet, site.home, site.hosts

    def answer(self, request: SiteRequest) -> Answer:
        if self._failing and self._failing in request.path and not _document(request.path):
            return Answer(status=500, body=b"down")
        answer = self._site.answer(request)
        if answer.status != 200:
            return answer
        return (
            answer.validated(datetime(2026, 1, 1, tzinfo=UTC))
            if self._validators
            else replace(answer, etag=None, last_modified=None)
        )

    def url(self, story: DemoStory) -> str:
        return self._site.url(story)


@dataclass
class PolledWorld(World):
    """Enab Baladi alone."""

    validators: bool = True
    failing: str = ""

    def sites(self) -> list[Site]:
        own = (site for site in super().sites() if site.outlet == "enab_baladi")
        return [PolledSite(site, validators=self.validators, failing=self.failing) for site in own]


def polls() -> dict[str, object]:
    """Requests by document and status, and objects that are not in `state/`, of the third poll: nothing has changed since the
    first. With `failing`, a page has answered 500 for two hours, asked last an hour ago: it is asked in this poll.
    """
    figures: dict[str, object] = {}
    for kind in (*KINDS, "all"):
        for validators in (True, False):
            for failing in (False, True):
                name = f"{kind}, {'validators' if validators else 'no validators'}{', a failing page' if failing else ''}"
                figures[name] = _third_poll(kind, validators=validators, failing=failing)
    return figures


def _third_poll(kind: str, *, validators: bool, failing: bool) -> str:
    world = PolledWorld.miniature()
    offered = frozenset(KINDS.values() if kind == "all" else [KINDS[kind]])
    shown = [story for story in world.stories if story.outlet == "enab_baladi" and story.status == 200 and not story.refused]
    world.stories = [replace(story, offered=offered) for story in shown]
    world.links, world.validators = [], validators
    world.failing = world.stories[0].id if failing else ""
    with serve(world) as running, tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        for _ in range(2):
            _poll(running, archive, kind)
        if failing:
            _age(archive)
        asked, objects = len(running.requests()), _objects(archive)
        _poll(running, archive, kind)
        kinds = Counter(f"{_document(request.url) or 'page'} {request.status}" for request in running.requests()[asked:])
        written = [key for key, stamp in _objects(archive).items() if objects.get(key) != stamp and not key.startswith("state/")]
        listed = ", ".join(f"{count} × {each}" for each, count in sorted(kinds.items()))
        return f"{kinds.total()} requests ({listed}), {len(written)} objects"


def _poll(running: Running, archive: Path, kind: str) -> None:
    later = {"WARRAQ_REVISIT_HOURS": "", "WARRAQ_UNPUBLISHED_HOURS": "0", "WARRAQ_RETRY_TIMES": "0"}
    env = {**os.environ, **UNPACED, **running.env(), **later}
    subprocess.run(poll_command(archive, kind), env=env, check=True, capture_output=True)


def _age(archive: Path) -> None:
    """The failing page has failed for two hours, and was asked an hour ago."""
    state = open_archive(str(archive)).state("enab_baladi")
    now = datetime.now(UTC)
    moments = {"since": now - timedelta(hours=2), "at": now - timedelta(hours=1)}
    pages = {url: page.model_copy(update=moments) for url, page in FAILING.load(state, Facts()).items()}
    assert pages
    FAILING.save(state, pages)


def _document(address: str) -> str:
    return next((name for name in DOCUMENTS if name in address), "")


def _objects(archive: Path) -> dict[str, int]:
    return {str(file.relative_to(archive)): file.stat().st_mtime_ns for file in archive.rglob("*") if file.is_file()}
