"""An operator with a server: told of a silent outlet and of work that failed for good, with what to do next; and a backup."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.crawl.statistics import CrawlStatistics
from crawler.demo.answer import Answer, SiteRequest, page
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from crawler.watch.monitor.silence import SILENCE
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import warraq
from tests.crawler.delivery.conftest import answering
from tests.crawler.delivery.test_notifications import Service
from tests.crawler.watch.monitor.test_silence import HOUR, UNWATCHED, learned
from tests.crawler.watch.watching import Watching

TOLD = {"WARRAQ_NOTIFY_SECONDS": "0.2", "WARRAQ_RETRY_TIMES": "0", "no_proxy": "127.0.0.1"}


class BrokenSite(Site):
    outlet = home = "broken"

    def __init__(self, hosts: tuple[str, ...]) -> None:
        super().__init__(())
        self.hosts = self.mirrors = hosts

    def answer(self, request: SiteRequest) -> Answer:
        if request.path == "/robots.txt":
            return Answer(body=b"User-agent: *\nDisallow:\n", content_type="text/plain")
        return page("<h1>503</h1>", 503)


@dataclass(frozen=True)
class BrokenWorld:
    hosts: tuple[str, ...]

    def sites(self) -> list[Site]:
        return [BrokenSite(self.hosts)]


def watched_for_weeks(archive: Path) -> None:
    """What is remembered of an outlet that published for weeks, and has not answered a watch for 35 hours."""
    silence = learned(datetime.now(UTC) - 36 * HOUR)
    unanswered = CrawlStatistics(answered=False, troubles=["https://www.enabbaladi.net/feed/: HTTP 503"])
    for hours in range(35, 0, -1):
        silence.heard(unanswered, datetime.now(UTC) - timedelta(hours=hours), UNWATCHED)
    silence.since, silence.cause, silence.recent = None, None, []
    SILENCE.save(open_archive(str(archive)).state("enab_baladi"), silence)


@pytest.mark.slow
def test_he_is_told_of_a_silent_outlet_and_of_dead_letters_and_mends_both(tmp_path: Path) -> None:
    """By `apprise:json://` on loopback, from a watch that runs; what the messages say to run is run."""
    world, place = World.miniature(), ("--queue", str(tmp_path / "q.sqlite"))
    archive = tmp_path / "a"
    with answering(Service()) as service, serve(world) as running:

        def message(about: str) -> dict[str, str] | None:
            return next((each for each in service.messages if about in each["title"] + each["message"]), None)

        with Watching(running, tmp_path, "enab_baladi", WARRAQ_SINKS=service.uri, **TOLD) as watch:
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
        assert not service.messages, "all is well"
        watched_for_weeks(archive)
        running.serve_anew(BrokenWorld(tuple(world.hosts)))
        url = next(article.url for article in world.expected["enab_baladi"])
        with Watching(running, tmp_path, "enab_baladi", WARRAQ_SINKS=service.uri, **TOLD) as watch:
            (fact,) = watch.until(lambda: watch.of("outlet.silent"))
            silent = watch.until(lambda: message("enab_baladi is silent"))
            assert warraq("submit", url, *place).code == 0
            dead = watch.until(lambda: message("dead letters"), seconds=120)
            running.serve_anew(world)
            listed = warraq("queue", "dead", *place).out
            assert url in listed.replace("\n", "")
            assert "HTTP 503" in listed
            done = len(watch.facts)
            assert warraq("queue", "redrive", *place).out == "1 queued again\n"
            watch.until(lambda: [each for each in watch.facts[done:] if each.get("url") == url])
            watch.until_worked("enab_baladi", since=done)
            assert watch.stop() == 0
    assert fact["cause"] == "sources"
    text = silent["title"] + silent["message"]
    assert "its feeds and sitemaps do not answer" in text
    assert "`warraq status`" in text
    assert "`warraq crawl enab_baladi --since " in text
    assert "`warraq queue redrive`" in dead["message"]
    assert warraq("queue", "dead", *place).out == "No dead letters.\n"


@pytest.mark.slow
def test_a_copy_of_a_running_archive_is_proved_and_goes_on(tmp_path: Path) -> None:
    """Copied while a watch polls, without `state/`: `verify` finds it good, a crawl on it finds nothing new to keep."""
    world, copy = World.miniature(), tmp_path / "copy"
    with serve(world) as running, Watching(running, tmp_path, "enab_baladi") as watch:
        watch.until_worked("enab_baladi")
        shutil.copytree(tmp_path / "a", copy, ignore=shutil.ignore_patterns("state"))
        assert watch.stop() == 0
        verified = warraq("verify", "--archive", str(copy))
        assert verified.code == 0, verified.out + verified.err
        again = warraq("crawl", "enab_baladi", "--archive", str(copy), world=running)
    assert again.finished["fates"].get("kept", 0) == 0
    assert "all good" in warraq("status", "--archive", str(copy)).out
