"""Silence is noticed within hours, and what is only night, Friday, a holiday or a slow hour is not taken for it."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.state_file import StateFile
from crawler.watch.monitor.expectation import LEARNING, Expectation
from tests.crawler.watch.stored import loaded

FILE = StateFile[Expectation]("expectation.json", Expectation, default=Expectation)
"""As a part of `silence.json`."""

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
STEP = 15
"""Minutes between two looks."""
HOLIDAYS = ((75.0, 79.0), (142.0, 146.0))
OUTAGES = ((100.0, 102.0), (200.0, 201.5), (300.0, 307.0))


def year(per_day: float, seed: int, days: int = 365) -> list[tuple[datetime, int]]:
    """(moment, articles since the last) of a newsroom that sleeps, keeps Fridays and two holidays, and works in bursts."""
    chance, burst, looks = random.Random(seed), 1.0, []
    for minute in range(0, days * 1440, STEP):
        at, day = MONDAY + timedelta(minutes=minute), minute / 1440
        hour = (at.hour + 3) % 24
        weight = (0.08 if hour < 6 else 0.5 if hour < 8 else 1.5 if hour < 18 else 1.0) * (0.5 if at.weekday() == 4 else 1.0)
        weight *= 0.2 if _within(day, HOLIDAYS) else 0.0 if _within(day, OUTAGES) else 1.0
        if chance.random() < STEP / 120:
            burst = chance.choice([0.3, 0.6, 1, 1, 1.5, 2.5])
        looks.append((at, _poisson(chance, per_day / 1440 * STEP * weight * burst)))
    return looks


def alarms(looks: list[tuple[datetime, int]]) -> list[float]:
    """The days at which a silence began to be one."""
    learned, on, found = Expectation(), False, []
    for at, articles in looks:
        learned.watch(at, articles)
        if learned.silent and not on:
            found.append((at - MONDAY) / timedelta(days=1))
        on = learned.silent
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("per_day", "hours"), [(370, 8), (60, 21), (12, 40)])
def test_a_year_has_few_false_alarms_and_every_outage_is_noticed(per_day: int, hours: int) -> None:
    """Three outages of 2, 1.5 and 7 days; those that last long enough for the outlet's pace are told within hours."""
    found = alarms(year(per_day, seed=3))
    false = [day for day in found if not _within(day, OUTAGES)]
    assert len(false) <= 3
    for start, end in OUTAGES:
        if (end - start) * 24 > hours:
            assert any(start <= day <= start + hours / 24 for day in found), (start, found)


def test_nothing_is_said_in_the_first_week() -> None:
    """There is nothing to compare with."""
    looks = [(at, 1 if at < MONDAY + timedelta(days=1) else 0) for at, _ in year(60, seed=1, days=9)]
    assert min(alarms(looks)) >= LEARNING / timedelta(days=1)


def test_time_that_nobody_watched_is_no_silence() -> None:
    """A watch that was switched off for a month alarms nobody when it is back."""
    learned = Expectation()
    looks = year(370, seed=2, days=20)
    for at, articles in looks:
        learned.watch(at, articles)
    back = looks[-1][0] + timedelta(days=30)
    learned.blind(back)
    learned.watch(back + timedelta(minutes=STEP))
    assert not learned.silent


def test_what_is_learned_is_kept_and_what_is_broken_is_forgotten() -> None:
    """The state may be lost or damaged without harm."""
    learned = Expectation()
    for at, articles in year(60, seed=5, days=15):
        learned.watch(at, articles)
    data = FILE.dump(learned)
    again = FILE.parse(data)
    assert again.silence == pytest.approx(learned.silence, abs=0.01)
    kept = json.loads(data)
    for broken in (None, {}, {**kept, "watched": [1]}, {**kept, "gap": math.nan}, {**kept, "last": "2026-01-01T00:00"}):
        assert loaded(FILE, json.dumps(broken).encode()) == Expectation()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-3000, 10**6), st.integers(0, 10**4)), max_size=30))
def test_whatever_is_seen_the_measure_stays_a_number(looks: list[tuple[int, int]]) -> None:
    """Also when the clock jumps back, or a thousand articles come at once."""
    learned, at = Expectation(), MONDAY
    for seconds, articles in looks:
        at += timedelta(seconds=seconds)
        learned.watch(at, articles)
        assert math.isfinite(learned.silence)
        assert learned.silence >= 0


def _within(day: float, spans: tuple[tuple[float, float], ...]) -> bool:
    return any(start <= day < end for start, end in spans)


def _poisson(chance: random.Random, mean: float) -> int:
    count, product, least = 0, chance.random(), math.exp(-mean)
    while product > least:
        count, product = count + 1, product * chance.random()
    return count
