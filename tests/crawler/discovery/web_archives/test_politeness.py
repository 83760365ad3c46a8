"""Politeness towards web archives, consent, and what an archive's own pages look like."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from scrapy.http import Headers

from crawler.crawl.fates import STRENGTH, strongest
from crawler.discovery.web_archives.cost import Consent, Estimate, Estimates, duration
from crawler.download.web_archives import LeftTheArchiveError, Pace, own_page, raw_replay
from storage import FATES, Outcome
from tests.crawler.past_web import TOOLBAR

MEMENTO = Headers({"Memento-Datetime": "Mon, 22 Jan 2018 16:20:00 GMT"})


def test_all_spiders_share_one_clock_an_archive() -> None:
    """Requests of two spiders are as far apart as those of one; another archive has its own clock."""

    async def take(pace: Pace, host: str, turns: int) -> None:
        for _ in range(turns):
            await pace.turn(host)

    async def both() -> float:
        pace, started = Pace(0.05), monotonic()
        await asyncio.gather(take(pace, "a", 3), take(pace, "a", 3), take(pace, "b", 3))
        return monotonic() - started

    assert asyncio.run(both()) >= 5 * 0.05


def test_an_archive_that_asks_for_a_pause_has_it_from_everybody() -> None:
    """Also from those that were waiting already."""

    async def held() -> float:
        pace, started = Pace(0.01), monotonic()
        await pace.turn("a")
        waiting = asyncio.ensure_future(pace.turn("a"))
        await asyncio.sleep(0)
        pace.hold("a", 0.2)
        await waiting
        return monotonic() - started

    assert asyncio.run(held()) >= 0.2
    assert [Pace(4).pause(tries) for tries in (1, 2, 3, 20)] == [8, 16, 32, 256]


def test_a_replay_leads_to_raw_replays_only() -> None:
    """With the toolbar's address, over http, with a moment cut short: the raw one; out of the archive: never."""
    for url in (
        "https://web.archive.org/web/2018/http://x.example/a?b=1",
        "http://web.archive.org/web/2018if_/http://x.example/a?b=1",
    ):
        assert raw_replay(url) == "https://web.archive.org/web/2018id_/http://x.example/a?b=1"
    for url in (
        "https://smartnews-agency.com/",
        "https://web.archive.org/",
        "https://web.archive.org/sry",
        "https://archive.org/web/2018/x",
    ):
        with pytest.raises(LeftTheArchiveError, match="out of itself"):
            raw_replay(url)


def test_pages_of_the_archive_itself_are_told_from_captures() -> None:
    """By the toolbar, which no raw replay has, and by a header that every replay has."""
    assert own_page(MEMENTO, b"<html><title>Wayback Machine, says a reporter</title></html>") is None
    assert own_page(MEMENTO, f"<html>{TOOLBAR}</html>".encode()) == "archive-toolbar"
    assert own_page(Headers(), b"<html><title>Internet Archive Wayback Machine</title>Hrm.</html>") == "archive-message"
    assert own_page(Headers(), "<html>صفحة</html>".encode()) == "archive-no-memento"


def test_the_strongest_outcome_is_the_address_s_fate() -> None:
    """Whatever the order in which its captures came; every fate has its place."""
    assert set(STRENGTH) == set(FATES)
    kept, unchanged, failed = (Outcome(fate=fate, url="x", outlet="smart") for fate in ("kept", "unchanged", "failed"))
    assert strongest(None, failed) is failed
    assert strongest(failed, unchanged) is unchanged
    assert strongest(kept, unchanged) is kept


def test_one_question_is_put_for_all_outlets() -> None:
    """When the last of them knows its estimate; one that cannot tell is not waited for."""

    async def asked(bound: int, *, agreed: bool) -> tuple[list[Estimates], list[bool], str | None]:
        told: list[Estimates] = []
        consent = Consent(bound, 1.0, tell=lambda estimates: told.append(dict(estimates)))
        consent.question = lambda _: agreed
        for outlet in ("smart", "geiroon", "enab_baladi"):
            consent.expect(outlet)
        first = asyncio.ensure_future(consent.given("smart", Estimate(requests=60, seconds=240)))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(consent.given("geiroon", Estimate(requests=50, seconds=200)))
        await asyncio.sleep(0)
        assert not told
        consent.withdraw("enab_baladi")
        return told, [await first, await second], consent.refused

    told, answers, refused = asyncio.run(asked(110, agreed=False))
    assert [set(each) for each in told] == [{"smart", "geiroon"}]
    assert (answers, refused) == ([True, True], None)
    assert asyncio.run(asked(100, agreed=True))[1:] == ([True, True], None)
    _, answers, refused = asyncio.run(asked(100, agreed=False))
    assert answers == [False, False]
    assert refused is not None
    assert "110 requests to web archives, about 7 min at the polite pace" in refused


def test_durations_are_told_in_two_units() -> None:
    assert [duration(seconds) for seconds in (0, 40, 90, 3_600, 12_000, 190_000)] == [
        "0 s", "40 s", "1 min", "1 h", "3 h 20 min", "2 d 4 h",
    ]  # fmt: skip
