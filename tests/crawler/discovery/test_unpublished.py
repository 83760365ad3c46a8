"""What an outlet's WordPress says of articles that it no longer lists, and what follows from it."""

from __future__ import annotations

import json
import pickle
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.answer import JSON, Answer, SiteRequest
from crawler.demo.running import Request, serve
from crawler.discovery.unpublished import Omitted, Unpublished
from infra.world.worlds import World
from storage import open_archive
from storage.index.known import KnownArticle
from tests.crawler.conftest import Done, warraq
from tests.crawler.discovery.asking import HOME, Site, asking, find, here
from tests.crawler.validated import Validated, ValidatedWorld

AT_ONCE = {"WARRAQ_UNPUBLISHED_HOURS": "0.00001", "WARRAQ_REVISIT_HOURS": "900000"}
"""Whatever their age, the articles' validators are remembered."""


class CutOff(Validated):
    """Its API gives three posts, whatever is asked, and does not say of how many."""

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        if "include" not in asked.query:
            return answer
        return Answer(body=json.dumps(json.loads(answer.body)[:3]).encode(), content_type=JSON)


class Poor(ValidatedWorld):
    """The miniature with such an API."""

    enab = CutOff


def crawl(world: World, archive: Path, **env: str) -> tuple[Done, list[Request]]:
    with serve(world) as running:
        done = warraq("crawl", "enab_baladi", "--archive", str(archive), world=running, **env)
        return done, running.requests()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A first crawl; whether its own articles are asked for at its end depends on how many were read by then."""
    archive, world = tmp_path_factory.mktemp("kept") / "a", ValidatedWorld.miniature()
    done, _ = crawl(world, archive, **AT_ONCE)
    assert done.finished["fates"]["kept"] > 5
    return archive, world


@pytest.fixture
def again(kept: tuple[Path, World], tmp_path: Path) -> tuple[Path, World, str]:
    """A copy of both, and an article that the API lists."""
    shutil.copytree(kept[0], tmp_path / "a")
    world = pickle.loads(pickle.dumps(kept[1]))
    return tmp_path / "a", world, next(each.url for each in world.expected["enab_baladi"] if "rest" in each.offered)


def events(archive: Path) -> list[tuple[str, Any]]:
    told = [change.event for change in open_archive(str(archive)).changes()]
    return [(event["type"], event["data"]["url"]) for event in told if event["type"] in ("article.revised", "article.gone")]


def ledger(archive: Path, url: str) -> list[Any]:
    number = url.rstrip("/").rpartition("/")[2]
    return open_archive(str(archive)).history(f"enab_baladi:{number}")


def pages(requests: list[Request], url: str) -> list[Request]:
    return [request for request in requests if f"/{url.rpartition('/')[2]}/" in request.url and "wp-json" not in request.url]


@pytest.mark.slow
def test_an_unpublished_article_is_gone_by_what_api_and_page_say_and_told_when_it_lasts(again: tuple[Path, World, str]) -> None:
    """The ledger has what was asked and what answered; a later visit confirms it; and its return is told."""
    archive, world, victim = again
    world.unpublish(victim)
    done, requests = crawl(world, archive, **AT_ONCE)
    assert [(fact["url"], fact["reason"]) for fact in done.of("gone")] == [(victim, "unpublished: listing: redirected")]
    assert sum("include=" in request.url for request in requests) == 1, "all are asked for with one request"
    *_, gone = ledger(archive, victim)
    assert (gone.fate, gone.confirmed) == ("gone", False)
    listing, post = gone.evidence["listing"], gone.evidence["post"]
    assert (listing["status"], listing["listed"]) == (200, listing["asked_for"] - 1)
    assert (post["status"], post["code"]) == (401, "rest_forbidden")
    assert post["url"].startswith("https://www.enabbaladi.net/wp-json/wp/v2/posts/")
    assert events(archive) == []
    done, _ = crawl(world, archive, **AT_ONCE, WARRAQ_RECHECK_GONE_HOURS="0")
    assert [fact["url"] for fact in done.of("gone")] == [victim]
    assert ledger(archive, victim)[-1].confirmed
    assert events(archive) == [("article.gone", victim)]
    world.unpublish(victim, "")
    done, _ = crawl(world, archive, **AT_ONCE)
    assert [fact["url"] for fact in done.of("revised")] == [victim]
    assert ledger(archive, victim)[-1].change == ["returned"]
    assert warraq("verify", "--archive", str(archive)).code == 0


@pytest.mark.slow
def test_a_page_that_shows_the_article_beats_the_api(again: tuple[Path, World, str]) -> None:
    """It is read, not asked whether it changed; it stands, and that is told. Page and API have a day's rest then."""
    archive, world, victim = again
    world.unpublish(victim, "cached")
    done, requests = crawl(world, archive, **AT_ONCE)
    assert [fact["url"] for fact in done.of("unlisted.stands")] == [victim]
    assert not done.of("gone")
    (page,) = pages(requests, victim)
    assert page.status == 200
    assert "if-none-match" not in page.headers
    assert ledger(archive, victim)[-1].fate == "kept"
    for asked in (1, 0):
        _, requests = crawl(world, archive)
        assert sum("include=" in request.url for request in requests) == asked
        assert not pages(requests, victim)


@pytest.mark.slow
def test_an_api_that_is_cut_off_proves_nothing(again: tuple[Path, World, str]) -> None:
    """More than half of what was asked for is left out: nothing is visited for that, and nothing is gone."""
    archive, world, _ = again
    done, requests = crawl(Poor(world.stories, world.links), archive, **AT_ONCE)
    (doubted,) = done.of("unpublished.doubted")
    assert doubted["listed"] == 3
    assert not done.of("gone", "unpublished.looked_at")
    assert not [request for request in requests if "/wp-json/wp/v2/posts/" in request.url]


@pytest.mark.slow
def test_the_page_alone_neither_confirms_nor_denies_what_api_and_page_said(again: tuple[Path, World, str]) -> None:
    """Where the API is not asked meanwhile, a page that goes on showing no article changes nothing."""
    archive, world, victim = again
    world.unpublish(victim)
    crawl(world, archive, **AT_ONCE)
    before = len(ledger(archive, victim))
    done, _ = crawl(world, archive, WARRAQ_UNPUBLISHED_HOURS="0", WARRAQ_REVISIT_HOURS="1", WARRAQ_RECHECK_GONE_HOURS="0")
    assert not done.of("gone", "not_an_article")
    assert len(ledger(archive, victim)) == before
    assert events(archive) == []


NOW, HOUR = datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(hours=1)


@pytest.mark.parametrize(
    ("looked", "fate", "waits"),
    [(-10, "kept", False), (-49, "kept", False), (-25, "kept", True), (-40, "kept", False), (-25, "gone", False)],
)
def test_a_page_that_stood_is_looked_at_ever_more_rarely(looked: int, fate: str, waits: bool) -> None:
    """Left out two days ago: a page that showed the article since waits as long as it had stood; what is gone does not wait."""
    first = {-10: -9, -49: -48, -25: -51, -40: -48}[looked]
    article = KnownArticle("00" * 16, "x:1", "articles/x", fate, NOW + looked * HOUR, None, None, None, None)
    omitted = Omitted({article.hashed: NOW + first * HOUR})
    assert omitted.waits(article, NOW, 24 * HOUR) is waits


@pytest.mark.parametrize(
    ("later", "asked"), [(timedelta(hours=20), False), (timedelta(days=3), True), (timedelta(days=30_000), True)]
)
def test_a_time_further_ahead_than_any_that_is_set_is_begun_anew(later: timedelta, asked: bool) -> None:
    """A mark of 2099 would hide all removals until then."""
    facts: list[str] = []
    ask = asking(Site({}), fact=lambda fact, **_: facts.append(fact))
    source = Unpublished(f"{HOME}/wp-json/wp/v2/posts", Empty(), here, timedelta(days=1), timedelta(days=1))  # type: ignore[arg-type]
    ask.answered = True
    stamp = (ask.now + later).isoformat()
    ask.memory.marks[source.name] = {"next": stamp, "whole": stamp, "after": "", "omitted": {}}
    find(source, ask)
    ask.remember()
    assert facts == (["state.reset"] if asked else [])
    assert (ask.memory.marks[source.name]["next"] != stamp) == asked


class Empty:
    """An archive without articles."""

    def __getattr__(self, _: str) -> Any:
        return lambda *_: []
