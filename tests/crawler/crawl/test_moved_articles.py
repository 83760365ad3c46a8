"""An article whose address and text change together, at an outlet whose addresses have no number: what links the two."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from crawler.demo.answer import Answer, SiteRequest, redirect
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import environment, warraq
from tests.crawler.crawl.test_verdict import Changed

NEW_TEXT = "نص آخر كلياً بعد أن غيّر المحرر العنوان والرابط معاً، وفيه من الكلمات ما يكفي ليكون مادة."

VISIT = """
import sys
from crawler.config import load_config
from crawler.crawl.process import run
from crawler.crawl.session import Session
run(Session(load_config(archive=sys.argv[1])), ["al_jazeera"], {"urls": [sys.argv[2]], "only": True}, None)
"""
"""A visit of one address, as `warraq submit` and a watch make it, and as its age does."""


@dataclass(frozen=True)
class Redirected:
    """Answers an old address with a permanent redirect, as WordPress does after its slug was edited."""

    old: str = ""
    new: str = ""

    def __call__(self, asked: SiteRequest, answer: Answer) -> Answer:
        return redirect(self.new) if self.old and asked.path.rstrip("/") == unquote(urlsplit(self.old).path) else answer


@dataclass
class Moving(World):
    """Al Jazeera alone."""

    change: Redirected = Redirected()

    def sites(self) -> list[Site]:
        return [Changed(site, self.change) for site in super().sites() if site.outlet == "al_jazeera"]


@pytest.mark.slow
def test_the_sites_own_redirect_links_the_old_address_to_the_new_article(tmp_path: Path) -> None:
    """The next visit of the old address enters in its ledger where it led; `history` of it goes on with the new text."""
    world, archive = Moving.miniature(), str(tmp_path / "a")
    now = datetime.now(UTC)
    world.stories = [
        replace(story, published=now.astimezone(story.published.tzinfo) - timedelta(hours=5), modified=None)
        for story in world.stories
        if story.outlet == "al_jazeera" and story.status == 200 and not (story.refused or story.duplicate_of)
    ]
    world.links = []
    story = world.stories[0]
    with serve(world) as running:
        first = warraq("crawl", "al_jazeera", "--archive", archive, world=running, WARRAQ_REVISIT_HOURS="")
    old = world.url(story)
    assert old in [fact["url"] for fact in first.of("kept")], first.out
    world.edit(old, paragraphs=[NEW_TEXT], headline="عنوان آخر بعد التحرير")
    world.stories[0] = replace(world.stories[0], slug="renamed-after-the-edit")
    new = world.url(world.stories[0])
    world.change = Redirected(old, new)
    with serve(world) as running:
        second = warraq("crawl", "al_jazeera", "--archive", archive, world=running, WARRAQ_REVISIT_HOURS="")
        assert new in [fact["url"] for fact in second.of("kept")], second.out
        command = [sys.executable, "-c", VISIT, archive, old]
        third = subprocess.run(command, env=environment(running), capture_output=True, encoding="utf-8", check=False, timeout=300)
    assert third.returncode == 0, third.stderr
    opened = open_archive(archive)
    ids = {article["url"]: article["id"] for article in opened.articles(outlet="al_jazeera")}
    before, after = opened.history(ids[old]), opened.history(ids[new])
    assert [(entry.fate, entry.reason) for entry in before] == [("kept", None), ("duplicate", f"led to {new}")]
    assert before[-1].content_hash == after[-1].content_hash
    assert warraq("verify", "--archive", archive).code == 0
