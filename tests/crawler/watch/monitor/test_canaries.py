"""Known articles are read again each day: whether we can still read is known before an outlet falls silent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.crawl.statistics import CrawlStatistics
from crawler.demo.answer import Answer, SiteRequest, page
from crawler.demo.running import serve
from crawler.watch.monitor.canaries import Canaries
from storage import open_archive
from tests.crawler.conftest import warraq
from tests.crawler.validated import Validated, ValidatedWorld
from tests.crawler.watch.watching import Watching, expected

NOW, HOUR, DAY = datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(hours=1), timedelta(days=1)
FINE = ("unchanged", None)


def heard(canaries: Canaries, at: datetime, *told: tuple[str, str | None], answered: bool = True, thin: int = 0) -> str | None:
    """The event that these fates of canaries make, as `type cause`."""
    statistics = CrawlStatistics(answered=answered, canaries={f"https://outlet.example/{n}": each for n, each in enumerate(told)})
    statistics.thin = {f"https://outlet.example/{n}" for n in range(thin)}
    event = canaries.heard(statistics, at)
    return f"{event[0]} {event[1]['cause']}" if event else None


@pytest.mark.parametrize(
    ("told", "thin", "answered", "event"),
    [
        ([FINE, FINE, FINE], 0, True, None),
        ([("revised", None)] * 3, 0, True, None),
        ([("revised", None)] * 3, 2, True, "outlet.unreadable unreadable"),
        ([("not_an_article", "no-body"), FINE, FINE], 0, True, None),
        ([("not_an_article", "no-body"), ("not_an_article", "no-body"), FINE], 0, True, "outlet.unreadable unreadable"),
        ([("failed", "empty"), ("failed", "cut: x"), FINE], 0, True, "outlet.unreadable unreadable"),
        ([("failed", "challenge: x"), ("failed", "challenge: x"), FINE], 0, True, "outlet.unreadable challenge"),
        ([("gone", "HTTP 404"), ("gone", "HTTP 404"), ("gone", "HTTP 404")], 0, True, "outlet.unreadable gone"),
        ([("gone", "HTTP 404"), FINE, FINE], 0, True, None),
        ([("failed", "HTTP 503")] * 3, 0, True, "outlet.unreadable unanswered"),
        ([("failed", "HTTP 503")] * 3, 0, False, None),
        ([("not_an_article", "no-body")] * 2 + [FINE] * 3, 0, True, None),
    ],
)
def test_several_that_are_unreadable_at_once_are_rot(
    told: list[tuple[str, str | None]], thin: int, answered: bool, event: str | None
) -> None:
    """One that was removed or edited is not, nor is an outlet that answers nothing: that is told as silence."""
    assert heard(Canaries(), NOW, *told, answered=answered, thin=thin) == event


def test_rot_is_told_once_until_it_is_over_or_another() -> None:
    """While it lasts they are read more often than each day."""
    canaries, bad = Canaries(), ("not_an_article", "no-body")
    assert heard(canaries, NOW, bad, bad) == "outlet.unreadable unreadable"
    assert not canaries.due(NOW + 5 * HOUR, DAY, None, suspected=False)
    assert canaries.due(NOW + 6 * HOUR, DAY, None, suspected=False)
    assert heard(canaries, NOW + 6 * HOUR, bad, bad) is None
    assert heard(canaries, NOW + 12 * HOUR, ("failed", "login: x"), ("failed", "login: x")) == "outlet.unreadable challenge"
    assert heard(canaries, NOW + 18 * HOUR, FINE, bad) == "outlet.recovered challenge"
    assert canaries.since is None


def test_they_are_due_a_day_after_watching_began_and_then_each_day() -> None:
    """Unless that is switched off."""
    canaries = Canaries()
    assert not canaries.due(NOW, DAY, None, suspected=False)
    heard(canaries, NOW)
    assert not canaries.due(NOW + DAY - HOUR, DAY, None, suspected=False)
    assert canaries.due(NOW + DAY, DAY, None, suspected=False)
    assert not canaries.due(NOW + 9 * DAY, timedelta(), None, suspected=False)
    heard(canaries, NOW + DAY, FINE)
    assert not canaries.due(NOW + DAY + HOUR, DAY, None, suspected=False)


class Redesigned(Validated):
    """Its articles are put together by a script now, which we do not run."""

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        article = any(asked.path.startswith(f"/{story.id}/") for story in self.stories)
        return page('<html><body><div id="app"></div><script src="/app.js"></script></body></html>') if article else answer


class Rotten(ValidatedWorld):
    """The miniature after that."""

    enab = Redesigned


@pytest.mark.slow
def test_known_articles_are_read_each_day_and_rot_is_an_alarm(tmp_path: Path) -> None:
    """Though nothing is suspected: whole pages, not their validators. Announced, shown, and over when they read again."""
    world, archive = ValidatedWorld.miniature(), str(tmp_path / "a")
    with serve(world) as running:
        with Watching(running, tmp_path, "enab_baladi") as watch:
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
        asked = len(running.requests())
        with Watching(running, tmp_path, "enab_baladi", WARRAQ_CANARY_HOURS="0.0001") as watch:
            watch.until(lambda: len(watch.of("unchanged")) >= 3 and watch.of("work.finished"))
            read = [r for r in running.requests()[asked:] if "/archives/" not in r.url and r.url.split("/")[3].isdigit()]
            running.serve_anew(Rotten(world.stories, world.links))
            (told,) = watch.until(lambda: watch.of("outlet.unreadable"))
            shown = json.loads(warraq("status", "--json", "--archive", archive).out)["enab_baladi"]["silence"]
            line = warraq("status", "--archive", archive).out
            running.serve_anew(world)
            watch.until(lambda: watch.of("outlet.recovered"))
            assert watch.stop() == 0
    assert 3 <= len({request.url for request in read}) <= len(expected(world, "enab_baladi"))
    assert {request.status for request in read} == {200}, "asked whether they changed"
    assert told["cause"] == "unreadable"
    assert shown["read_again"]["cause"] == "unreadable"
    assert "UNREADABLE: its pages are no longer read as articles" in line
    types = [change.event["type"] for change in open_archive(archive).changes()]
    assert [kind for kind in types if kind.startswith("outlet.")] == ["outlet.unreadable", "outlet.recovered"]
    assert warraq("verify", "--archive", archive).code == 0
