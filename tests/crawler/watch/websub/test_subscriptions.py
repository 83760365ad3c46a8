"""When a hub is asked, what is remembered of it, and what its word is worth for the rhythm of polls."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.config import ConfigError, load_config
from crawler.crawl.statistics import CrawlStatistics
from crawler.discovery.hub import Topic
from crawler.facts import Facts
from crawler.watch.poll_interval import INTERVAL, LONGEST, PollInterval, Push
from crawler.watch.websub.subscriber import WebSub, open_websub
from crawler.watch.websub.subscriptions import NAME, HubLease, Keys, SubscriptionRequest, SubscriptionStore, feed_id
from storage import Archive, open_archive
from tests.crawler.watch.test_schedule import Clock, answered, waiting

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
FEED, HUBS = "https://www.enabbaladi.net/feed/", ("https://one.example.org/", "https://two.example.org/")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = SubscriptionRequest(topic=FEED, hubs=HUBS)


def lease_of(wanted: SubscriptionRequest, lasts: timedelta = 10 * DAY, at: datetime = NOW, denied: str | None = None) -> HubLease:
    return HubLease(turn=wanted.turn, topic=wanted.topic, hub=wanted.hub, at=at, until=at + lasts, denied=denied)


def test_a_lease_is_renewed_when_a_fifth_of_it_is_left() -> None:
    """At the same hub, under another turn; and not again while that waits for its answer."""
    asked = NEW.anew(None, "k", NOW)
    agreed = lease_of(asked)
    assert asked.lives(agreed, NOW + 9 * DAY)
    assert not asked.is_due(agreed, "k", NOW + 8 * DAY - HOUR)
    assert asked.is_due(agreed, "k", NOW + 8 * DAY)
    again = asked.anew(agreed, "k", NOW + 8 * DAY)
    assert (again.hub, again.tries) == (asked.hub, 1)
    assert again.turn != asked.turn
    assert again.lives(agreed, NOW + 9 * DAY)
    assert not again.lives(agreed, NOW + 10 * DAY)
    assert not again.is_due(agreed, "k", NOW + 8 * DAY + timedelta(minutes=9))
    assert again.is_due(agreed, "k", NOW + 8 * DAY + timedelta(minutes=10))


def test_a_hub_that_does_not_agree_is_asked_ever_more_seldom_and_then_another() -> None:
    """Ten minutes, twenty, and so on to a day; in turn with the others that the feed names."""
    wanted, at, hubs, waits = NEW, NOW, [], []
    for _ in range(10):
        wanted = wanted.anew(None, "k", at)
        hubs.append(wanted.hub)
        wait = timedelta(0)
        while not wanted.is_due(None, "k", at + wait):
            wait += timedelta(minutes=5)
        waits.append(wait)
        at += wait
    assert hubs == [*HUBS] * 5
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == DAY


def test_a_denial_ends_a_subscription_and_holds_for_a_day() -> None:
    """Then the next hub is asked."""
    asked = NEW.anew(None, "k", NOW)
    denied = lease_of(asked, denied="no")
    assert not asked.lives(denied, NOW)
    assert not asked.is_due(denied, "k", NOW + DAY - HOUR)
    assert asked.is_due(denied, "k", NOW + DAY)
    assert asked.anew(denied, "k", NOW + DAY).hub == HUBS[1]


def test_another_secret_another_topic_or_a_clock_set_back_asks_anew() -> None:
    """What the hub knows is of no use any more, or nobody knows how old it is."""
    asked = NEW.anew(None, "k", NOW)
    agreed = lease_of(asked)
    assert asked.is_due(agreed, "other", NOW)
    moved = asked.named(Topic("https://www.enabbaladi.net/feed2/", HUBS))
    assert moved.is_due(agreed, "k", NOW)
    assert not moved.anew(agreed, "k", NOW).lives(agreed, NOW)
    assert asked.named(Topic(FEED, HUBS)) is asked
    assert asked.is_due(None, "k", NOW - HOUR)


def test_what_is_derived_differs_for_each_subscription_and_use() -> None:
    """And is short enough to be a hub's secret."""
    keys, other = Keys("a"), Keys("b")
    made = [keys.token("o", "f", "t"), keys.secret("o", "f", "t"), other.token("o", "f", "t"), keys.token("of", "", "t")]
    made += [keys.token("o", "f", "u"), keys.token("p", "f", "t"), keys.secret("o", "g", "t"), keys.name * 4]
    assert len(set(made)) == len(made)
    assert {len(each) for each in made} == {64}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return open_archive(str(tmp_path / "a"))


def test_what_is_remembered_is_read_again_and_damage_is_forgotten(archive: Archive) -> None:
    """It is a convenience: without it the hub is asked once more."""
    remembered, asked = SubscriptionStore(archive, Facts()), NEW.anew(None, "k", NOW)
    remembered.want("enab_baladi", {FEED: asked, "https://other.example.org/": None})
    assert remembered.wanted("enab_baladi") == {FEED: asked, "https://other.example.org/": None}
    remembered.keep_lease("enab_baladi", "f", lease_of(asked))
    assert remembered.lease("enab_baladi", "f") == lease_of(asked)
    remembered.keep_pushed("enab_baladi", "f", NOW)
    assert remembered.pushed("enab_baladi", "f") == NOW
    for damage in (b"{", b"[]", b'{"x": 1}', b'{"x": {"asked": "soon"}}', b'{"at": "2026-01-01T00:00:00", "until": 1}'):
        for name in (NAME, "websub-f.json", "websub-f-pushed.json"):
            archive.state("enab_baladi").put(name, damage)
        assert remembered.wanted("enab_baladi") == {}
        assert remembered.lease("enab_baladi", "f") is None
        assert remembered.pushed("enab_baladi", "f") is None


def test_an_outlet_is_asked_seldom_only_when_hubs_tell_of_each_of_its_feeds(archive: Archive) -> None:
    """A feed without a hub would be forgotten meanwhile."""
    websub, other = WebSub("https://door.example.org", Keys("a"), archive, Facts()), "https://www.enabbaladi.net/other/"
    remembered, now = websub.store, datetime.now(UTC)
    assert websub.push("enab_baladi") is None
    one, two = (NEW.anew(None, "k", now) for _ in range(2))
    remembered.want("enab_baladi", {FEED: one})
    assert websub.push("enab_baladi") is None
    first, second = lease_of(one, at=now), lease_of(two, at=now, lasts=DAY)
    remembered.keep_lease("enab_baladi", feed_id(FEED), first)
    assert websub.push("enab_baladi") == Push(None, first.renew_at)
    remembered.want("enab_baladi", {FEED: one, other: None})
    assert websub.push("enab_baladi") is None
    remembered.want("enab_baladi", {FEED: one, other: two})
    assert websub.push("enab_baladi") is None
    remembered.keep_lease("enab_baladi", feed_id(other), second)
    remembered.keep_pushed("enab_baladi", feed_id(FEED), now)
    assert websub.push("enab_baladi") == Push(now, second.renew_at)
    remembered.keep_lease("enab_baladi", feed_id(other), replace(second, until=now))
    assert websub.push("enab_baladi") is None


def test_a_hub_is_believed_as_long_as_it_tells_of_all_news() -> None:
    """A poll in vain changes nothing; news of which it did not tell end the belief until it tells again."""
    rhythm, at, told = PollInterval(), NOW, None

    def poll(new: int, tells: bool = False) -> timedelta:
        nonlocal at, told
        at += HOUR
        told = at if tells else told
        rhythm.heard(at, new=new, size=25, push=Push(told, NOW + 9 * DAY))
        return rhythm.next(at) - at

    assert max(poll(4) for _ in range(72)) < LONGEST
    assert poll(4, tells=True) == LONGEST
    assert poll(0) == LONGEST
    assert poll(3, tells=True) == LONGEST
    assert poll(3) < LONGEST
    assert poll(0) < LONGEST
    assert poll(0, tells=True) < LONGEST  # its feed shows the news later than the hub tells of them
    assert poll(0) == LONGEST


def test_the_lease_is_renewed_by_a_poll_in_time_and_without_one_the_rhythm_is_its_own() -> None:
    """Never sooner than the shortest interval; what is believed is remembered."""
    rhythm = PollInterval(asked=NOW - HOUR)
    rhythm.heard(NOW, new=3, size=25, push=Push(NOW, NOW + HOUR))
    assert rhythm.next(NOW) - NOW == HOUR
    assert rhythm.next(NOW + HOUR - timedelta(seconds=1)) == NOW + HOUR - timedelta(seconds=1) + timedelta(minutes=2)
    kept = INTERVAL.parse(INTERVAL.dump(rhythm))
    assert (kept.told, kept.believed, kept.pushed_until) == (NOW, True, NOW + HOUR)
    rhythm.heard(NOW + HOUR, new=3, size=25, push=None)
    assert (rhythm.believed, rhythm.pushed_until) == (False, None)


def test_a_poll_that_no_source_answers_is_made_again_by_the_outlets_own_rhythm(tmp_path: Path) -> None:
    """What the hub told of is still to be found."""
    clock = Clock()
    schedule, push = clock.schedule(tmp_path, "enab_baladi"), Push(clock.now, clock.now + 9 * DAY)

    async def polls() -> None:
        await schedule.put_due()
        for _ in range(72):
            clock.later(3600)
            await schedule.heard("enab_baladi", answered(25, 10))
        usual = schedule.interval["enab_baladi"]
        await schedule.heard("enab_baladi", answered(25, 10), push._replace(last=clock.now))
        assert schedule.interval["enab_baladi"] == LONGEST.total_seconds()
        await schedule.heard("enab_baladi", CrawlStatistics(), push)
        assert schedule.interval["enab_baladi"] < 2 * usual < LONGEST.total_seconds()
        waiting(tmp_path)
        clock.later(schedule.interval["enab_baladi"] + 1)
        await schedule.put_due()
        assert waiting(tmp_path) == 1

    asyncio.run(polls())


STRONG = "whsec_" + base64.b64encode(b"k" * 24).decode()
WEAK = "whsec_" + base64.b64encode(b"k" * 23).decode()


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [
        ("door.example.org", STRONG, "WARRAQ_DOOR_URL='door.example.org'"),
        ("ftp://door.example.org", STRONG, "public address"),
        ("https://door.example.org/?x", STRONG, "public address"),
        ("https://door.example.org", None, "needs WARRAQ_DOOR_SECRET"),
        ("https://door.example.org", WEAK, "24 bytes"),
        ("https://door.example.org", "whsec_é", "24 bytes"),
    ],
)
def test_bad_settings_are_told_and_not_the_secret(archive: Archive, url: str, secret: str | None, says: str) -> None:
    """Before anything is asked of the web."""
    with pytest.raises(ConfigError, match=says) as told:
        open_websub(load_config(door_url=url, door_secret=secret), archive, Facts())
    assert str(secret) not in str(told.value)


def test_without_a_public_address_there_is_no_websub(archive: Archive) -> None:
    """Which is the default."""
    assert open_websub(load_config(door_secret=STRONG), archive, Facts()) is None
    assert open_websub(load_config(door_secret=STRONG, door_url="https://door.example.org/warraq/"), archive, Facts()) is not None
