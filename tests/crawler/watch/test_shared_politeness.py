"""What holds towards a host from one crawl of a process to the next."""

from __future__ import annotations

from time import monotonic

import pytest

from crawler.download import politeness as module
from crawler.download.politeness import Politeness


def test_a_pause_that_a_host_asked_for_outlasts_the_crawl() -> None:
    """`Retry-After` stands as a last request in the future; an older word does not shorten it."""
    politeness, now = Politeness(), monotonic()
    politeness.seen("outlet.example", now + 30, 0.5)
    politeness.seen("outlet.example", now, 0.0)
    assert politeness.last("outlet.example").lastseen == now + 30
    assert 29 < politeness.rest(["outlet.example", "other.example"]) <= 30.5
    assert politeness.rest(["other.example"]) == 0.0


def test_a_host_that_was_never_met_may_have_been_asked_by_one_who_died() -> None:
    """It waits a delay from the start of this process on."""
    before = monotonic()
    politeness = Politeness()
    assert before <= politeness.last("outlet.example").lastseen <= monotonic()


def test_robots_txt_is_good_for_a_day_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is empty; a host that was not asked has none."""
    politeness = Politeness()
    politeness.read_robots("outlet.example", b"")
    assert politeness.robots("outlet.example") == b""
    assert politeness.robots("other.example") is None
    monkeypatch.setattr(module, "ROBOTS_SECONDS", -1.0)
    assert politeness.robots("outlet.example") is None
