"""A page that fails again and again is asked ever more rarely, and a page that is not there yet is not taken for gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawl.failing import FAILING, LONGEST_WAIT, FailingPages
from crawler.demo.running import serve
from crawler.facts import Facts
from storage import open_archive
from tests.crawler.conftest import warraq
from tests.crawler.crawl.test_edits_told import URL, crawl, newsroom
from tests.crawler.watch.watching import Watching, lasting

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tries(poll: timedelta, until: timedelta) -> list[timedelta]:
    """Ages at which a page that always fails is asked, by an outlet that is polled so often."""
    failing, asked, at = FailingPages({}), [], NOW
    while at - NOW < until:
        if failing.waits("u", at) is None:
            asked.append(at - NOW)
            failing.failed("u", "u", "HTTP 500", None, at)
        at += poll
    return asked


@given(st.integers(2, 360))
def test_a_page_that_always_fails_is_asked_ever_more_rarely(minutes: int) -> None:
    """At the next poll first, then after half the time that it has failed for, at last once a day."""
    poll = timedelta(minutes=minutes)
    asked = tries(poll, timedelta(days=10))
    assert asked[:2] == [timedelta(), poll]
    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert all(earlier <= later for earlier, later in pairwise(waits))
    assert max(waits) <= LONGEST_WAIT + poll
    assert len(asked) < 35


def failures(archive: Path) -> FailingPages:
    return FailingPages(FAILING.load(open_archive(str(archive)).state("enab_baladi"), Facts()))


def age(archive: Path, by: timedelta) -> None:
    """The failures lie longer back."""
    state = open_archive(str(archive)).state("enab_baladi")
    pages = {
        url: page.model_copy(update={"since": page.since - by, "at": page.at - by})
        for url, page in failures(archive).pages.items()
    }
    FAILING.save(state, pages)


@pytest.mark.slow
def test_a_failing_page_is_backed_off_and_kept_when_it_comes(tmp_path: Path) -> None:
    """It is asked by the list of failing pages, so that the feed is asked conditionally all the same."""
    world, story = newsroom("feed", "rest")
    archive = tmp_path / "a"
    world.down = (story.id,)
    first = crawl(world, archive)
    assert [fact["url"] for fact in first.of("failed")] == [URL.format(story.id)]
    assert first.finished["fates"]["kept"] > 3
    age(archive, HOUR)
    second = crawl(world, archive)
    assert [fact["reason"] for fact in second.of("failed")] == ["HTTP 500"]
    assert second.code == 0, second.err
    third = crawl(world, archive)
    assert not third.of("failed") or "asked again after" in third.of("failed")[0]["reason"]
    assert third.code == 0
    world.down = ()
    age(archive, 2 * HOUR)
    assert [fact["url"] for fact in crawl(world, archive).of("kept")] == [URL.format(story.id)]
    assert not failures(archive).pages
    assert warraq("verify", "--archive", str(archive)).code == 0


@pytest.mark.slow
def test_the_404_of_a_fresh_address_is_asked_again(tmp_path: Path) -> None:
    """A scheduled post, a slow cache: it is `failed` for an hour, then gone."""
    world, story = newsroom("feed")
    archive = tmp_path / "a"
    number = world.stories.index(story)
    world.stories[number] = replace(story, status=404)
    assert [fact["reason"] for fact in crawl(world, archive).of("failed")] == ["HTTP 404, and may not be there yet"]
    world.stories[number] = story
    assert [fact["url"] for fact in crawl(world, archive).of("kept")] == [URL.format(story.id)]


@pytest.mark.slow
def test_a_fresh_address_that_stays_missing_is_gone(tmp_path: Path) -> None:
    world, story = newsroom("feed")
    archive = tmp_path / "a"
    world.stories[world.stories.index(story)] = replace(story, status=404)
    assert crawl(world, archive).of("failed")
    age(archive, HOUR)
    assert [fact["url"] for fact in crawl(world, archive).of("gone")] == [URL.format(story.id)]
    assert not failures(archive).pages


@pytest.mark.slow
def test_an_old_address_that_is_missing_is_gone_at_once(tmp_path: Path) -> None:
    world, story = newsroom("rest")
    old = replace(story, status=404, published=story.published - timedelta(days=30))
    world.stories[world.stories.index(story)] = old
    assert [fact["url"] for fact in crawl(world, tmp_path / "a").of("gone")] == [URL.format(story.id)]


@pytest.mark.slow
def test_a_watch_writes_state_only_while_a_page_keeps_failing(tmp_path: Path) -> None:
    """The page is asked ever more rarely, and no poll leaves an object for it, also when it is asked and fails again."""
    world, story = newsroom("feed", "rest")
    world.down = (story.id,)
    pages = [f"/{story.id}/"]
    with serve(world) as running, Watching(running, tmp_path, "enab_baladi", WARRAQ_RETRY_TIMES="0") as watch:
        facts = watch.until_worked("enab_baladi")
        before = lasting(tmp_path)
        for _ in range(12):
            facts = watch.until_worked("enab_baladi", since=facts)
        assert watch.stop() == 0
        asked = [
            request for request in running.requests() if any(page in request.url for page in pages) and request.status == 500
        ]
    assert lasting(tmp_path) == before
    assert 2 <= len(asked) <= 8, "ever more rarely, and not at each of thirteen polls"
