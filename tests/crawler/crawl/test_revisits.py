"""Kept articles are looked at again as they age: edits and removals that no source tells of, and what it costs."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.config import ConfigError, load_config
from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import Request, serve
from crawler.demo.sites.site import Site
from crawler.demo.story import DemoStory
from infra.world.worlds import World
from storage import LaterVisits, open_archive
from tests.crawler.conftest import Done, warraq

AGE = timedelta(hours=10)
TEXT = "نص جديد كلياً بعد التحرير يحل محل ما كان في هذه المادة من قبل، وفيه 17 كلمة على الأقل."


class Validated(Site):
    """A site whose pages have validators, as caches in front of most sites give them."""

    def __init__(self, site: Site) -> None:
        self._site, self.outlet, self.home, self.hosts = site, site.outlet, site.home, site.hosts

    def answer(self, asked: SiteRequest) -> Answer:
        answer = self._site.answer(asked)
        page = answer.status == 200 and answer.content_type.startswith("text/html")
        return answer.validated(datetime(2026, 1, 1, tzinfo=UTC)) if page else answer

    def url(self, story: DemoStory) -> str:
        return self._site.url(story)


class Broken(Validated):
    """A server that answers nothing."""

    def answer(self, asked: SiteRequest) -> Answer:
        return Answer(status=503, body=b"down")


class Newsroom(World):
    """Enab Baladi, all of whose stories were published AGE ago."""

    def sites(self) -> list[Site]:
        return [Validated(site) if site.outlet == "enab_baladi" else site for site in super().sites()]


class Down(Newsroom):
    """The same with its servers down."""

    def sites(self) -> list[Site]:
        return [Broken(site) for site in super().sites()]


def newsroom() -> Newsroom:
    world = World.miniature()
    now = datetime.now(UTC).replace(microsecond=0)
    stories = [
        replace(story, published=(now - AGE).astimezone(story.published.tzinfo), modified=None)
        for story in world.stories
        if story.outlet == "enab_baladi"
    ]
    return Newsroom(stories, [])


def forgotten(world: World, url: str) -> None:
    """No source names the story any more."""
    story = world.story(url)
    world.stories[world.stories.index(story)] = replace(story, offered=frozenset())


def crawl(world: World, archive: Path, *arguments: str, **env: str) -> tuple[Done, list[Request]]:
    """A crawl, and what it asked for."""
    with serve(world) as running:
        done = warraq("crawl", "enab_baladi", "--archive", str(archive), *arguments, world=running, **env)
        return done, running.requests()


def since_last_look(world: World) -> str:
    """A setting by which every story comes of age now: younger at the last look, and no longer."""
    return str((datetime.now(UTC) - world.stories[0].published) / timedelta(hours=1))


def events(archive: Path) -> list[tuple[str, Any]]:
    told = [change.event for change in open_archive(str(archive)).changes()]
    return [(event["type"], event["data"]["url"]) for event in told if event["type"] in ("article.revised", "article.gone")]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Newsroom]:
    """A first crawl of the newsroom."""
    archive, world = tmp_path_factory.mktemp("kept") / "a", newsroom()
    done, _ = crawl(world, archive)
    assert done.finished["fates"]["kept"] > 5
    return archive, world


@pytest.fixture
def again(kept: tuple[Path, Newsroom], tmp_path: Path) -> tuple[Path, Newsroom]:
    """Archive and newsroom after the first crawl, a copy of each."""
    shutil.copytree(kept[0], tmp_path / "a")
    return tmp_path / "a", pickle.loads(pickle.dumps(kept[1]))


def texts(archive: Path) -> list[str]:
    """The addresses whose articles can be visited again: of this outlet's own pages."""
    return sorted(record["url"] for record in open_archive(str(archive)).articles(outlet="enab_baladi"))


def dated(archive: Path) -> list[str]:
    """Those whose age is known to the minute: the others came of age at another time, or count from their first capture."""
    records = open_archive(str(archive)).articles(outlet="enab_baladi")
    return [record["url"] for record in records if record["date_published_precision"] == "minute"]


@pytest.mark.slow
def test_articles_of_an_age_are_asked_again_with_validators_and_nothing_is_written(again: tuple[Path, Newsroom]) -> None:
    """Every kept article once, conditionally; each answers 304; the archive gets a change segment and a manifest, no more."""
    archive, world = again
    before = {path for path in archive.rglob("*") if path.is_file()}
    done, requests = crawl(world, archive, WARRAQ_REVISIT_HOURS=since_last_look(world))
    pages = [request for request in requests if request.status == 304 and request.url.split("/")[3].isdigit()]
    assert len(pages) == len(dated(archive)) > 5
    assert {fact["reason"] for fact in done.of("unchanged")} <= {"not modified", "known"}
    new = [path for path in archive.rglob("*") if path.is_file() and path not in before]
    assert {path.relative_to(archive).parts[0] for path in new} <= {"changes", "runs", "state"}
    assert "revised" not in done.finished["fates"]
    _, requests = crawl(world, archive, WARRAQ_REVISIT_HOURS=since_last_look(world))
    assert not [request for request in requests if request.url in texts(archive)]


@pytest.mark.slow
def test_nothing_due_asks_for_nothing(again: tuple[Path, Newsroom]) -> None:
    """The ages between the last look and now are none: sources only. Nor with the setting empty."""
    archive, world = again
    for hours in ("1,6,24,72", ""):
        _, requests = crawl(world, archive, WARRAQ_REVISIT_HOURS=hours)
        assert not {request.url for request in requests} & set(texts(archive))


@pytest.mark.slow
def test_an_edit_that_no_source_tells_of_becomes_a_revision(again: tuple[Path, Newsroom]) -> None:
    """Its validators no longer fit; the page is sent and read. A text that only its markup changed in is unchanged."""
    archive, world = again
    victim = dated(archive)[0]
    world.edit(victim, paragraphs=[TEXT])
    forgotten(world, victim)
    done, requests = crawl(world, archive, WARRAQ_REVISIT_HOURS=since_last_look(world))
    assert [fact["url"] for fact in done.of("revised")] == [victim]
    (request,) = [request for request in requests if f"/{victim.rpartition('/')[2]}/" in request.url]
    assert request.status == 200
    assert request.headers.get("if-none-match")
    assert ("article.revised", victim) in events(archive)
    assert warraq("verify", "--archive", str(archive)).code == 0


@pytest.mark.slow
def test_a_removal_that_no_source_tells_of_is_announced_when_it_lasts(again: tuple[Path, Newsroom]) -> None:
    """Seen at a visit by age; asked for again, unconditionally, when it is to be confirmed; then told."""
    archive, world = again
    victim = dated(archive)[0]
    world.remove(victim, 410)
    forgotten(world, victim)
    setting = since_last_look(world)
    done, _ = crawl(world, archive, WARRAQ_REVISIT_HOURS=setting)
    assert [fact["url"] for fact in done.of("gone")] == [victim]
    assert events(archive) == []
    done, _ = crawl(world, archive, WARRAQ_REVISIT_HOURS=setting)
    assert not done.of("gone"), "too soon to be asked again"
    done, requests = crawl(world, archive, WARRAQ_REVISIT_HOURS=setting, WARRAQ_RECHECK_GONE_HOURS="0")
    assert [fact["url"] for fact in done.of("gone")] == [victim]
    assert not [request for request in requests if request.status == 410 and request.headers.get("if-none-match")]
    assert events(archive) == [("article.gone", victim)]
    assert warraq("verify", "--archive", str(archive)).code == 0


@pytest.mark.slow
def test_articles_are_not_asked_for_where_the_outlet_is_silent(again: tuple[Path, Newsroom]) -> None:
    """A server that answers no source would make every article fail."""
    archive, world = again
    asked_for = texts(archive)

    done, requests = crawl(Down(world.stories, []), archive, WARRAQ_REVISIT_HOURS=since_last_look(world), WARRAQ_RETRY_TIMES="0")
    assert done.code == 1
    assert not {request.url for request in requests} & set(asked_for)


@pytest.mark.slow
def test_losing_the_state_costs_requests_and_no_article(again: tuple[Path, Newsroom]) -> None:
    """Nothing is kept twice, and nothing announced."""
    archive, world = again
    for path in archive.glob("state/*/*"):
        path.unlink()
    done, _ = crawl(world, archive, WARRAQ_REVISIT_HOURS=since_last_look(world))
    assert not set(done.finished["fates"]) & {"kept", "revised", "failed"}
    assert events(archive) == []


HOURS = timedelta(hours=1)
PUBLISHED = datetime(2026, 11, 1, tzinfo=UTC)
STEPS = [HOURS, 6 * HOURS, 24 * HOURS]


@pytest.mark.parametrize(
    ("looked", "now", "expected"),
    [
        (0.1, 0.9, False),
        (0.1, 1.0, True),
        (1.0, 5.9, False),
        (1.5, 6.5, True),
        (0.1, 30, True),
        (24, 9999, False),
        (9999, 99999, False),
    ],
)
def test_an_article_is_due_once_for_each_age_it_reaches(looked: float, now: float, expected: bool) -> None:
    """Ages count from publication: one that is found late is not visited six times, one that was missed long is visited once."""
    visits = LaterVisits(revisits=STEPS)
    assert visits.is_due(PUBLISHED, PUBLISHED + looked * HOURS, None, PUBLISHED + now * HOURS) is expected


@pytest.mark.parametrize("value", ["1,two", "-1", "0,5", "inf"])
def test_a_bad_list_of_ages_is_said(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting and how to write it."""
    monkeypatch.setenv("WARRAQ_REVISIT_HOURS", value)
    with pytest.raises(ConfigError, match=r"WARRAQ_REVISIT_HOURS=.*such as 1,6,24"):
        load_config()
