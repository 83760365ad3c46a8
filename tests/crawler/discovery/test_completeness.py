"""Which source named what: found by one, missed by another, refilled; and a source that stops while others go on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.running import serve
from crawler.demo.story import DemoStory
from crawler.discovery.completeness import FILE, MOST_ARTICLES, NAME, WINDOW, Completeness
from infra.world.worlds import World
from storage import Outcome, open_archive
from tests.crawler.conftest import warraq

NOW, HOUR, LAG = datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(hours=1), timedelta(hours=3)


class Outlet:
    """Crawls of an outlet by the hour: who names which number then, and what became of the new ones."""

    def __init__(self) -> None:
        self.told, self.hour, self.stopped, self.seen = Completeness(), 0, list[str](), set[int]()

    def crawl(self, *, fate: str = "kept", age: timedelta = HOUR, **named: range | None) -> None:
        """None: the source could not be read. The state goes through its file."""
        self.told = Completeness.of(FILE.parse(FILE.dump(self.told.document())))
        self.told.now = NOW + self.hour * HOUR
        met: set[int] = set()
        for kind, numbers in named.items():
            for number in numbers or ():
                self.told.named(kind, url(number), new=number not in met | self.seen)
                met.add(number)
            if numbers is not None:
                self.told.answered(kind, entries=len(numbers))
        for number in met - self.seen:
            outcome = Outcome(fate=fate, url=url(number), outlet="x")  # type: ignore[arg-type]  # a fate's name
            self.told.left(outcome, (self.told.now - age).isoformat())
        self.seen |= met
        self.stopped += self.told.judge(LAG)
        self.hour += 1

    def count(self, kind: str) -> tuple[int, int, int]:
        found = self.told.counts(LAG)[kind]
        return found.found, found.missed, found.refilled


def url(number: int) -> str:
    return f"https://outlet.example/{number}"


def test_what_a_source_missed_is_counted_when_it_had_time_to_name_it() -> None:
    """Of what appeared since both are watched; what the first crawl finds is nobody's fault."""
    outlet = Outlet()
    outlet.crawl(feed=range(90, 100), sitemap=range(100))
    outlet.crawl(feed=range(91, 101), sitemap=range(102))
    assert outlet.count("feed") == (1, 0, 0), "101 may still come"
    for _ in range(3):
        outlet.crawl(feed=range(91, 101), sitemap=range(102))
    assert outlet.count("feed") == (1, 1, 1)
    assert outlet.count("sitemap") == (2, 0, 0)
    outlet.crawl(feed=range(92, 102), sitemap=range(102))
    assert outlet.count("feed") == (2, 0, 0), "late is not missed"


def test_what_failed_is_missed_and_not_refilled_until_it_is_kept() -> None:
    """By whichever crawl."""
    outlet = Outlet()
    outlet.crawl(feed=range(10), sitemap=range(10))
    outlet.crawl(feed=range(10), sitemap=range(11), fate="failed")
    for _ in range(4):
        outlet.crawl(feed=range(10), sitemap=range(11))
    assert outlet.count("feed") == (0, 1, 0)
    outlet.told.left(Outcome(fate="kept", url=url(10), outlet="x"), None)
    assert outlet.count("feed") == (0, 1, 1)


def test_history_and_a_source_that_could_not_be_read_count_for_nothing() -> None:
    """An old article that the sitemap names today is not missed by the feed; nor is what appeared while the feed was down."""
    outlet = Outlet()
    outlet.crawl(feed=range(10), sitemap=range(10))
    outlet.crawl(feed=range(10), sitemap=range(20), age=timedelta(days=30))
    for _ in range(5):
        outlet.crawl(feed=range(10), sitemap=range(20))
    assert outlet.count("feed") == (0, 0, 0)
    for _ in range(5):
        outlet.crawl(feed=None, sitemap=range(21))
    assert outlet.count("feed") == (0, 0, 0)


def test_a_feed_that_was_asked_too_late_is_compared_from_there_on() -> None:
    """None of its entries was known: some between may have come and gone."""
    outlet = Outlet()
    outlet.crawl(feed=range(10), sitemap=range(10))
    outlet.crawl(feed=range(20, 30), sitemap=range(30))
    for _ in range(5):
        outlet.crawl(feed=range(20, 30), sitemap=range(30))
    assert outlet.count("feed") == (0, 0, 0)


def test_a_source_that_stops_while_others_go_on_is_told_once_and_again_when_it_goes_on() -> None:
    """Not one that never named much: what is improbable counts."""
    outlet = Outlet()
    for hour in range(10):
        outlet.crawl(feed=range(hour + 1), sitemap=range(hour + 1), listing=range(0, hour + 1, 10))
    for hour in range(10, 30):
        outlet.crawl(feed=range(10), sitemap=range(hour + 1), listing=range(0, hour + 1, 10))
    assert outlet.stopped == ["feed"]
    assert outlet.told.disagreement == "feed stopped while listing, sitemap went on"
    for hour in range(30, 33):
        outlet.crawl(feed=range(25, hour + 1), sitemap=range(hour + 1), listing=range(0, hour + 1, 10))
    assert outlet.told.disagreement is None
    assert outlet.stopped == ["feed"]


def test_what_is_remembered_is_bounded_and_a_damaged_note_begins_anew(tmp_path: Path) -> None:
    """Some days, so many articles; anything else than what was written is nothing."""
    outlet = Outlet()
    outlet.crawl(feed=range(10))
    outlet.crawl(feed=range(5, MOST_ARTICLES + 200))
    assert len(outlet.told.articles) == MOST_ARTICLES
    assert len(FILE.dump(outlet.told.document())) < 60 * MOST_ARTICLES
    outlet.hour += WINDOW // HOUR + 1
    outlet.crawl(feed=range(5, MOST_ARTICLES + 200))
    assert not outlet.told.articles
    state = open_archive(str(tmp_path)).state("x")
    facts: list[str] = []
    moments = ("now", "2099-01-01T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01")
    odd = (json.dumps({"kinds": {"feed": {"since": each}}}) for each in moments)
    for broken in (b"", b"[]", b'{"kinds": {"x": {}}}', b'{"articles": {"a": [9e99, "f", true]}}', *map(str.encode, odd)):
        state.write(NAME, broken)
        loaded = Completeness.load(state, lambda fact, /, **_: facts.append(fact))
        assert FILE.dump(loaded.document()) == FILE.dump(Completeness().document())
    assert facts == ["state.reset"] * 8


def fresh(world: World, numbers: range, *offered: str) -> None:
    """Stories published just now, named by these documents."""
    for number in numbers:
        world.publish(_story(_like(world), number, offered))


def _like(world: World) -> DemoStory:
    of_feed = (story for story in world.stories if story.outlet == "enab_baladi" and "feed" in story.offered)
    return next(story for story in of_feed if not story.refused)


def _story(like: DemoStory, number: int, offered: tuple[str, ...]) -> DemoStory:
    now = datetime.now(UTC).replace(microsecond=0).astimezone(like.published.tzinfo)
    blocks = tuple(replace(block, lines=tuple(f"{line} {number}" for line in block.lines)) for block in like.blocks)
    return replace(
        like,
        id=str(number),
        slug=str(number),
        headline=f"خبر رقم {number}",
        published=now,
        modified=None,
        blocks=blocks,
        offered=frozenset(offered),
        duplicate_of=None,
        related=(),
    )


@pytest.mark.slow
def test_a_feed_that_stopped_is_noticed_while_wp_json_and_sitemap_refill_what_it_misses(tmp_path: Path) -> None:
    """Everything is kept all the same; the fact, `warraq status` and its JSON say who missed what."""
    world, archive = World.miniature(), str(tmp_path / "a")
    everywhere, number, facts = ("feed", "rest", "sitemap"), 990_000, list[dict[str, Any]]()
    with serve(world) as running:
        for offered, count in (((), 0), (everywhere, 3), (("rest", "sitemap"), 6)):
            fresh(world, range(number, number + count), *offered)
            number += count
            running.serve_anew(world)
            done = warraq("crawl", "enab_baladi", "--archive", archive, world=running, WARRAQ_SOURCE_LAG_HOURS="0")
            facts += done.of("kept", "source.stopped")
    kept = {fact["url"].rstrip("/").rpartition("/")[2] for fact in facts if fact["fact"] == "kept"}
    assert {str(each) for each in range(990_000, number)} <= kept
    stopped = {fact["kind"] for fact in facts if fact["fact"] == "source.stopped"}
    assert "feed" in stopped <= {"feed", "listing"}, "its sidebar names some"
    told = json.loads(warraq("status", "--json", "--archive", archive, WARRAQ_SOURCE_LAG_HOURS="0").out)
    shown = told["enab_baladi"]["sources"]
    feed, sitemap = shown["kinds"]["feed"], shown["kinds"]["sitemap"]
    assert (feed["found"], feed["missed"], feed["refilled"]) == (3, 6, 6)
    assert (sitemap["found"], sitemap["missed"]) == (9, 0)
    assert shown["disagreement"].endswith("sitemap, wp-json went on")
    line = warraq("status", "--archive", archive, WARRAQ_SOURCE_LAG_HOURS="0").out
    assert "feed named 3 and missed 6 (6 refilled), STOPPED" in line
    assert open_archive(archive).state("enab_baladi").note(NAME)
