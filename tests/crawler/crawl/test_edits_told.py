"""An edit that any source tells of is a revision in the same crawl, whichever source names the article first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from crawler.demo.story import DemoStory
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import Done, warraq
from tests.crawler.crawl.test_revisits import Validated

TEXT = "نص جديد كلياً بعد التحرير يحل محل ما كان في هذه المادة من قبل، وفيه 17 كلمة على الأقل."
URL = "https://www.enabbaladi.net/archives/{}"


class Down(Validated):
    """Answers some pages with 500."""

    def __init__(self, site: Site, numbers: Iterable[str]) -> None:
        super().__init__(site)
        self._numbers = tuple(numbers)

    def answer(self, asked: SiteRequest) -> Answer:
        page = any(f"/{number}" in asked.path for number in self._numbers) and "wp-json" not in asked.path
        return Answer(status=500, body=b"down") if page else super().answer(asked)


class Newsroom(World):
    """Enab Baladi; the pages of `down` are answered with 500."""

    down: tuple[str, ...] = ()

    def sites(self) -> list[Site]:
        return [Down(site, self.down) if site.outlet == "enab_baladi" else site for site in super().sites()]


def newsroom(*offered: str) -> tuple[Newsroom, DemoStory]:
    """Stories of some hours ago, all in the feed; the first in these documents."""
    now = datetime.now(UTC).replace(microsecond=0)
    stories = [
        replace(
            story,
            published=(now - timedelta(hours=2 + number)).astimezone(story.published.tzinfo),
            modified=None,
            offered=frozenset({"feed", "rest", "sitemap", "listing"}) if number else frozenset(offered),
        )
        for number, story in enumerate(
            story
            for story in World.miniature().stories
            if story.outlet == "enab_baladi" and story.status == 200 and not (story.refused or story.duplicate_of or story.layout)
        )
    ]
    world = Newsroom(stories, [])
    return world, stories[0]


def edit(world: Newsroom, story: DemoStory, text: str) -> None:
    """The newsroom edits the story now; what states a modification states it."""
    site = next(site for site in world.sites() if site.outlet == story.outlet)
    world.edit(site.url(next(each for each in world.stories if each.id == story.id)), paragraphs=[text])
    number = next(number for number, each in enumerate(world.stories) if each.id == story.id)
    now = datetime.now(UTC).replace(microsecond=0).astimezone(story.published.tzinfo)
    world.stories[number] = replace(world.stories[number], modified=now)


def crawl(world: Newsroom, archive: Path, **env: str) -> Done:
    with serve(world) as running:
        settings = {"WARRAQ_REVISIT_HOURS": "", "WARRAQ_RETRY_TIMES": "0", **env}
        return warraq("crawl", "enab_baladi", "--archive", str(archive), world=running, **settings)


def revised(done: Done) -> list[str]:
    return [fact["url"] for fact in done.of("revised")]


def adds_up(done: Done) -> bool:
    finished: dict[str, Any] = done.finished
    return finished["discovered"] == sum(finished["fates"].values())


@pytest.mark.slow
@pytest.mark.parametrize(
    "offered",
    [
        ("feed", "rest"),
        ("feed", "sitemap"),
        ("feed", "rest", "sitemap", "listing"),
    ],
    ids="+".join,
)
def test_an_edit_told_by_a_later_source_is_a_revision_in_that_crawl(tmp_path: Path, offered: tuple[str, ...]) -> None:
    """The feed names the article first and says nothing of an edit; once is enough, and the next crawl finds nothing new."""
    world, story = newsroom(*offered)
    archive = tmp_path / "a"
    assert crawl(world, archive).code == 0
    edit(world, story, TEXT)
    second = crawl(world, archive)
    assert revised(second) == [URL.format(story.id)]
    assert [fact["url"] for fact in second.of("address.reopened")] == [URL.format(story.id)]
    assert adds_up(second)
    third = crawl(world, archive)
    assert not third.of("revised", "kept", "failed", "address.reopened")
    assert warraq("verify", "--archive", str(archive)).code == 0
    assert TEXT in [record["body"] for record in open_archive(str(archive)).articles(outlet="enab_baladi")]


@pytest.mark.slow
@pytest.mark.parametrize("offered", [("feed", "rest"), ("rest",), ("feed", "sitemap")], ids="+".join)
def test_an_edit_whose_page_fails_is_told_again(tmp_path: Path, offered: tuple[str, ...]) -> None:
    """Marks move only past what was acted upon: the page is down while the edit is told, and is asked in the next crawl."""
    world, story = newsroom(*offered)
    archive = tmp_path / "a"
    crawl(world, archive)
    edit(world, story, TEXT)
    world.down = (story.id,)
    assert not crawl(world, archive).of("revised")
    world.down = ()
    assert revised(crawl(world, archive)) == [URL.format(story.id)]


@pytest.mark.slow
def test_a_new_article_whose_page_fails_is_named_again_by_a_source_that_moves_a_mark(tmp_path: Path) -> None:
    """The feed names it first, and has dropped it by the next crawl: wp-json still names it."""
    world, story = newsroom("feed", "rest")
    late = replace(story, published=datetime.now(UTC).astimezone(story.published.tzinfo) - timedelta(minutes=30))
    world.stories.remove(story)
    archive = tmp_path / "a"
    crawl(world, archive)
    world.stories.insert(0, late)
    world.down = (story.id,)
    assert crawl(world, archive).of("failed")
    world.down = ()
    world.stories[0] = replace(late, offered=frozenset({"rest"}))
    assert [fact["url"] for fact in crawl(world, archive).of("kept")] == [URL.format(late.id)]
