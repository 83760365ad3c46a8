"""`warraq watch` as a process, against the demo's world on loopback."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import urllib3

from crawler.demo.running import Running, serve
from crawler.demo.story import DemoStory
from crawler.watch.http.events_in import submitted
from infra.world.worlds import World
from storage import open_archive
from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.crawler.watch.watching import LIVING, SELDOM, Watching, contents, expected, kept, lasting


@pytest.fixture(scope="module")
def crawled(miniature: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one uninterrupted crawl of the living outlets keeps."""
    place = tmp_path_factory.mktemp("crawled")
    with serve(miniature) as world:
        assert warraq("crawl", *LIVING, "--archive", str(place / "a"), world=world).code == 0
    return place


def news(world: World, outlet: str = "enab_baladi", number: str = "990001") -> DemoStory:
    """A story that its newsroom has just published, offered by its feed."""
    like = next(story for story in world.stories if story.outlet == outlet and "feed" in story.offered and not story.duplicate_of)
    now = datetime.now(UTC).replace(microsecond=0).astimezone(like.published.tzinfo)
    return replace(
        like,
        id=number,
        slug=number,
        headline=f"خبر عاجل رقم {number}",
        published=now,
        modified=now + timedelta(minutes=1),
        blocks=tuple(replace(block, lines=tuple(f"{line} {number}" for line in block.lines)) for block in like.blocks),
    )


@pytest.mark.slow
def test_a_watch_keeps_what_a_crawl_keeps_and_then_writes_nothing_more(
    served: Running, miniature: World, crawled: Path, tmp_path: Path
) -> None:
    """Polls that find nothing new leave no object but state/, and ask no robots.txt and no article again."""
    with Watching(served, tmp_path) as watch:
        facts = watch.until_worked(*LIVING)
        before, asked = lasting(tmp_path), len(served.requests())
        for _ in range(3):
            facts = watch.until_worked(*LIVING, since=facts)
        assert watch.stop() == 0
    assert contents(tmp_path) == contents(crawled)
    assert lasting(tmp_path) == before
    urls = [request.url for request in served.requests()[asked:]]
    assert urls
    assert not expected(miniature) & set(urls)
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_second_start_keeps_nothing_new(served: Running, tmp_path: Path) -> None:
    """Nor does it leave a manifest."""
    for _ in range(2):
        with Watching(served, tmp_path, "enab_baladi") as watch:
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
        found = lasting(tmp_path)
    assert found == lasting(tmp_path)
    assert not watch.of("kept")
    assert not watch.of("run.finished")


@pytest.mark.slow
def test_a_story_published_meanwhile_is_found_at_the_next_poll(tmp_path: Path) -> None:
    """And announced in the change log."""
    world = World.miniature()
    with serve(world) as running, Watching(running, tmp_path, "enab_baladi") as watch:
        watch.until_worked("enab_baladi")
        story = news(world)
        world.publish(story)
        running.serve_anew(world)
        watch.until(lambda: watch.of("kept", url=world.url(story)))
        watch.until(lambda: watch.of("run.finished")[1:])
        assert watch.stop() == 0
    announced = [
        change.event["data"]["url"] for change in open_archive(str(tmp_path / "a")).changes() if "url" in change.event["data"]
    ]
    assert announced.count(world.url(story)) == 1


@pytest.mark.slow
def test_what_is_submitted_while_it_runs_is_fetched_though_known(served: Running, miniature: World, tmp_path: Path) -> None:
    """By the command, to the same queue; a known page is asked with its validators, and nothing else is asked."""
    url = miniature.expected["enab_baladi"][0].url
    with Watching(served, tmp_path, "enab_baladi", **SELDOM) as watch:
        facts = watch.until_worked("enab_baladi")
        asked = len(served.requests())
        done = warraq("submit", url, "https://example.org/no/outlet", "--queue", str(tmp_path / "q.sqlite"))
        assert done.code == 2
        assert "https://example.org/no/outlet belongs to no outlet" in done.err
        watch.until_worked("enab_baladi", since=facts)
        assert watch.stop() == 0
    requests = served.requests()[asked:]
    number = url.rstrip("/").rpartition("/")[2]
    assert requests
    assert all(f"/{number}" in request.url for request in requests), requests
    assert watch.of("unchanged", url=url)
    assert open_queue(str(tmp_path / "q.sqlite")).depth().waiting == 0


@pytest.mark.slow
def test_an_address_that_fails_is_tried_again_and_then_put_aside(served: Running, miniature: World, tmp_path: Path) -> None:
    """The dead letter says what was wrong; nothing is lost in silence."""
    place, url = str(tmp_path / "q.sqlite"), miniature.expected["smart"][0].url
    assert warraq("submit", url, "--queue", place).code == 0
    with Watching(served, tmp_path, "smart", WARRAQ_RETRY_TIMES="0") as watch:
        watch.until(lambda: open_queue(place).dead(), seconds=60)
        assert watch.stop() == 0
    (dead,) = open_queue(place).dead()
    assert dead.attempts == 5
    assert "502" in dead.reason


@pytest.mark.slow
def test_events_are_posted_to_its_door(served: Running, miniature: World, tmp_path: Path) -> None:
    """202, then the work is done; health, readiness and metrics are told."""
    url = miniature.expected["al_jazeera"][0].url
    with Watching(served, tmp_path, "al_jazeera", **SELDOM, WARRAQ_DOOR="0", WARRAQ_DOOR_TOKEN="open-sesame") as watch:
        facts = watch.until_worked("al_jazeera")
        (opened,) = watch.of("door.opened")
        assert opened["address"].startswith("127.0.0.1:")
        pool, base = urllib3.PoolManager(retries=False), f"http://{opened['address']}"
        event = {"specversion": "1.0", "id": "1", "type": "url.submitted", "source": "urn:test", "data": {"url": url}}
        headers = {"Content-Type": "application/cloudevents+json"}
        assert pool.request("POST", f"{base}/events", body=json.dumps(event), headers=headers).status == 401
        headers["Authorization"] = "Bearer open-sesame"
        assert pool.request("POST", f"{base}/events", body=json.dumps(event), headers=headers).status == 202
        watch.until_worked("al_jazeera", since=facts)
        assert pool.request("GET", f"{base}/healthz").status == 200
        assert pool.request("GET", f"{base}/readyz").status == 200
        # The queue is measured every ten seconds: at the first time the poll of the start may have been waiting.
        empty = 'warraq_queue_events{state="waiting"} 0.0'
        told = watch.until(lambda: text if empty in (text := pool.request("GET", f"{base}/metrics").data.decode()) else None)
        pool.clear()
        assert watch.stop() == 0
    assert 'warraq_fates_total{fate="kept",outlet="al_jazeera"} 11.0' in told


@pytest.mark.slow
def test_settings_are_read_again_and_bad_ones_refused(served: Running, tmp_path: Path) -> None:
    """SIGHUP, as `systemctl reload` sends it: the file is read again; what is wrong is told, and the old settings stay."""
    settings = tmp_path / "warraq.env"
    settings.write_text("WARRAQ_CONTACT=you@example.org\n", encoding="utf-8")
    with Watching(served, tmp_path, "enab_baladi", **SELDOM, WARRAQ_ENV_FILE=str(settings)) as watch:
        watch.until_worked("enab_baladi")
        settings.write_text("WARRAQ_DOWNLOAD_TIMEOUT=soon\n", encoding="utf-8")
        watch.process.send_signal(signal.SIGHUP)
        (refused,) = watch.until(lambda: watch.of("settings.refused"))
        assert "WARRAQ_DOWNLOAD_TIMEOUT='soon'" in refused["reason"]
        settings.write_text("WARRAQ_DOWNLOAD_TIMEOUT=7\n", encoding="utf-8")
        watch.process.send_signal(signal.SIGHUP)
        watch.until(lambda: watch.of("settings.reloaded"))
        assert watch.stop() == 0


@pytest.mark.slow
def test_the_pace_holds_from_one_crawl_to_the_next(tmp_path: Path, miniature: World) -> None:
    """No two requests to a host are nearer than the delay, however many crawls they belong to; robots.txt is asked once."""
    urls = [article.url for article in miniature.expected["enab_baladi"][:5]]
    delay, place = 1.5, str(tmp_path / "q.sqlite")
    paced = {"WARRAQ_DOWNLOAD_DELAY": str(delay), "WARRAQ_CONCURRENCY": "1"}
    queue = open_queue(place)
    with serve(miniature) as running, Watching(running, tmp_path, "geiroon", **SELDOM, **paced) as watch:
        watch.until(lambda: watch.of("watch.started"))
        for number, url in enumerate(urls, 1):
            queue.put_all(submitted([url], "urn:test"))
            watch.until(lambda number=number: len(watch.of("work.finished")) >= number)
        assert watch.stop() == 0
        asked = running.requests()
    queue.close()
    moments = [request.at for request in asked if "enabbaladi" in request.url]
    assert len(moments) >= len(urls)
    assert min(after - before for before, after in pairwise(moments)) >= delay * 0.4  # less what a busy machine holds up
    assert sum(request.url.endswith("/robots.txt") for request in asked) == 1


@pytest.mark.slow
def test_what_is_under_way_at_sigterm_is_broken_off_and_goes_on_at_the_next_start(
    served: Running, miniature: World, tmp_path: Path
) -> None:
    """Within the bound; the rest is queued, and no address is lost."""
    slow = {"WARRAQ_DOWNLOAD_DELAY": "0.4", "WARRAQ_CONCURRENCY": "1"}
    with Watching(served, tmp_path, "enab_baladi", **slow, WARRAQ_STOP_SECONDS="1") as watch:
        watch.until(lambda: watch.of("kept")[2:])
        assert watch.stop() == 0
    (failed,) = watch.of("work.failed")
    assert failed["reason"] == "interrupted"
    assert 0 < len(kept(tmp_path)) < len(expected(miniature, "enab_baladi"))
    assert open_queue(str(tmp_path / "q.sqlite")).depth().waiting == 1
    with Watching(served, tmp_path, "enab_baladi", **SELDOM) as watch:
        watch.until_worked("enab_baladi")
        assert watch.stop() == 0
    assert kept(tmp_path) == expected(miniature, "enab_baladi")
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0
