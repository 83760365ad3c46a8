"""A source that stops is noticed within a day, and a year of a newsroom's life is not taken for one that did."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from crawler.discovery.completeness import Completeness
from storage import Outcome
from tests.crawler.watch.monitor.test_expectation import MONDAY, year

LAG = timedelta(hours=3)
DAY = timedelta(days=1)
SECTIONS, LATE = 0.6, timedelta(minutes=90)
"""The share of articles in the sections that the listing shows; how late the sitemap is at most."""
Stop = tuple[float, float]
"""Days between which a source names nothing new."""


def told(per_day: float, days: int, feed: int, stops: dict[str, Stop]) -> list[tuple[str, float]]:
    """(source, day) of each alarm in so many days of hourly polls of feed, sitemap and listing, one in fifty without an answer.

    feed: its entries.
    """
    chance, completeness = random.Random(3), Completeness()
    articles: list[tuple[datetime, datetime, bool]] = []  # published, in the sitemap since, in a section that the listing shows
    named: set[int] = set()
    found = []
    for hour in _hours(year(per_day, seed=3, days=days)):
        now, count = hour[-1][0], sum(each for _, each in hour)
        at = sorted(now - timedelta(hours=chance.random()) for _ in range(count))
        articles += [(each, each + LATE * chance.random(), chance.random() < SECTIONS) for each in at]
        latest = range(max(0, len(articles) - 60), len(articles))
        offered = {
            "feed": [*latest][-feed:],
            "sitemap": [number for number in latest if articles[number][1] <= now],
            "listing": [number for number in latest if articles[number][2]][-30:],
        }
        completeness = Completeness(now=now, kinds=completeness.kinds, articles=completeness.articles)
        met: set[int] = set()
        for kind, numbers in offered.items():
            start, end = stops.get(kind, (0, 0))
            shown = [number for number in numbers if not start <= (articles[number][0] - MONDAY) / DAY < end]
            if chance.random() < 0.02:
                continue
            for number in shown:
                completeness.named(kind, f"https://outlet.example/{number}", new=number not in met and number not in named)
                met.add(number)
            completeness.answered(kind, entries=len(shown))
        for number in sorted(met - named):
            outcome = Outcome(fate="kept", url=f"https://outlet.example/{number}", outlet="x")
            completeness.left(outcome, articles[number][0].isoformat())
        named |= met
        found += [(kind, (now - MONDAY) / DAY) for kind in completeness.judge(LAG)]
    return found


def _hours(looks: list[tuple[datetime, int]]) -> list[list[tuple[datetime, int]]]:
    return [looks[first : first + 4] for first in range(0, len(looks), 4)]


@pytest.mark.slow
@pytest.mark.parametrize(("per_day", "days", "feed", "hours"), [(370, 100, 40, 12), (60, 365, 10, 12), (12, 365, 10, 36)])
def test_each_source_that_stops_is_noticed_and_no_other(per_day: int, days: int, feed: int, hours: int) -> None:
    """Each kind stops for some days of a year, and is told once. Nights, holidays, outages of the whole outlet, a feed of ten
    entries that is too short for a busy hour, a sitemap that is late: none is an alarm.
    """
    stops = {"feed": (30.4, 33.4), "sitemap": (60.4, 63.4), "listing": (90.4, 95.4)}
    alarms = told(per_day, days, feed, stops)
    assert [kind for kind, _ in alarms] == list(stops)
    assert all(0 < day - stops[kind][0] <= hours / 24 for kind, day in alarms), alarms
