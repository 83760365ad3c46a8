"""Sources are asked as often as they bring news: half of what they show is new, nothing is missed."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.watch.poll_interval import INTERVAL, LONGEST, SHORTEST, PollInterval
from tests.crawler.watch.stored import loaded

START = datetime(2026, 1, 1, tzinfo=UTC)


def outlet(per_day: float, days: int, seed: int) -> list[datetime]:
    """When an outlet publishes: most by day, hardly anything between 22 and 4 (UTC)."""
    chance, moments, minute = random.Random(seed), [], 0
    while minute < days * 1440:
        hour = minute // 60 % 24
        weight = 0.1 if hour >= 22 or hour < 4 else 1.3
        if chance.random() < per_day / 1440 * weight:
            moments.append(START + timedelta(minutes=minute, seconds=chance.random() * 60))
        minute += 1
    return moments


def watch(published: list[datetime], size: int, days: int) -> tuple[list[float], int, PollInterval]:
    """(overlap of each poll after the first week that was not at a bound, entries never seen, the rhythm at the end)."""
    rhythm, at, seen, missed, overlaps = PollInterval(), START + timedelta(hours=1), 0, 0, []
    while at < START + timedelta(days=days):
        there = sum(moment <= at for moment in published)
        new = there - seen
        missed += max(0, new - size) if at - START > timedelta(days=7) else 0
        before = rhythm.asked
        rhythm.heard(at, new=min(new, size), size=min(size, there) or None)
        if before and at - START > timedelta(days=7) and SHORTEST < at - before < LONGEST:
            overlaps.append(1 - min(new, size) / size)
        seen, at = there, rhythm.next(at)
    return overlaps, missed, rhythm


@pytest.mark.parametrize(("per_day", "size", "within"), [(370, 25, 0.7), (900, 100, 0.9), (60, 10, 0.4)])
def test_polls_overlap_by_a_third_to_two_thirds_and_miss_nothing(per_day: int, size: int, within: float) -> None:
    """An outlet that sleeps at night, after a week of learning. Chance spreads single polls of short documents; the middle
    holds, and of a document of ten entries one in 150 may be missed (other sources name it too).
    """
    overlaps, missed, _ = watch(outlet(per_day, 28, seed=per_day), size, 28)
    middle = sorted(overlaps)[len(overlaps) // 2]
    assert 1 / 3 < middle < 2 / 3
    assert missed <= (0 if size > 10 else per_day * 21 / 150)
    assert sum(1 / 3 <= overlap <= 2 / 3 for overlap in overlaps) > within * len(overlaps)


def test_a_quiet_outlet_is_asked_every_six_hours_and_a_wild_one_every_two_minutes() -> None:
    """The bounds."""
    _, _, quiet = watch(outlet(1, 10, seed=1), 10, 10)
    assert quiet.next(START) - START == LONGEST
    wild = PollInterval()
    for minute in range(120):
        wild.heard(START + timedelta(minutes=minute), new=10, size=10)
    assert wild.next(START + timedelta(hours=2)) - (START + timedelta(hours=2)) == SHORTEST


def test_a_source_that_says_nothing_has_changed_is_asked_less_often() -> None:
    """A 304 counts as no news."""
    rhythm = PollInterval()
    waits = []
    at = START
    for _ in range(12):
        rhythm.heard(at, new=0)
        waits.append(rhythm.next(at) - at)
        at += waits[-1]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


def test_breaking_news_shortens_the_next_waits() -> None:
    """Ten times the usual rate: within three polls the document is no longer all new."""
    rhythm, at = PollInterval(), START
    for _ in range(200):
        at = rhythm.next(at)
        rhythm.heard(at, new=12, size=25)
    usual = rhythm.next(at) - at
    for _ in range(3):
        at = rhythm.next(at)
        rhythm.heard(at, new=25, size=25)
    assert rhythm.next(at) - at < usual * 0.8


def test_what_is_learned_is_kept_and_what_is_broken_is_forgotten() -> None:
    """The state may be lost or damaged without harm."""
    _, _, rhythm = watch(outlet(100, 8, seed=3), 25, 8)
    again = INTERVAL.parse(INTERVAL.dump(rhythm))
    kept = json.loads(INTERVAL.dump(rhythm))
    assert again.next(START) - START == pytest.approx(rhythm.next(START) - START, abs=timedelta(seconds=5))
    for broken in (None, [], {"weight": [1]}, {**kept, "fresh": ["x"] * 24}, {**kept, "size": math.nan}):
        assert loaded(INTERVAL, json.dumps(broken).encode()) == PollInterval()


@given(
    st.lists(st.tuples(st.integers(-600, 10**6), st.integers(0, 10**4), st.one_of(st.none(), st.integers(0, 10**4))), max_size=30)
)
def test_whatever_is_heard_the_next_question_is_within_the_bounds(answers: list[tuple[int, int, int | None]]) -> None:
    """Also when the clock jumps."""
    rhythm, at = PollInterval(), START
    for seconds, new, size in answers:
        at += timedelta(seconds=seconds)
        rhythm.heard(at, new=new, size=size)
        assert SHORTEST <= rhythm.next(at) - at <= LONGEST
    assert loaded(INTERVAL, INTERVAL.dump(rhythm)).next(at) >= at + SHORTEST
