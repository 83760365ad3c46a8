"""Whatever stands in the files that a watch remembers by: it goes on, and learns anew what it cannot understand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.crawl.statistics import CrawlStatistics
from crawler.download.retry_after import LONGEST, PAUSES, HostPauses
from crawler.watch.monitor.silence import SILENCE, Silence
from crawler.watch.poll_interval import INTERVAL, PollInterval
from crawler.watch.websub.subscriptions import WANTED, SubscriptionRequest
from tests.crawler.watch.stored import loaded

NOW = datetime.now(UTC)
ODD = st.sampled_from(
    [
        None, True, -1, 0, 1e308, 10**400, float("nan"), float("inf"), "", "x", "\ud800", [], {}, [1], {"a": 1},
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2099-01-01T00:00:00+00:00", "2026-01-01T00:00:00",
        "0000-00-00",
    ]
)  # fmt: skip


def learned() -> Silence:
    """What a watch of some days knows."""
    silence = Silence()
    statistics = CrawlStatistics(answered=True, heard=True, new=1, kept=1, first_kept=["https://a.example/1"])
    for days in range(5, 0, -1):
        silence.heard(statistics, NOW - timedelta(days=days), timedelta(days=2))
    return silence


def replaced(document: Any, path: list[int], value: object) -> Any:
    """The document with another value at the place that the numbers lead to."""
    if not path or not isinstance(document, (dict, list)) or not document:
        return value
    if isinstance(document, list):
        at = path[0] % len(document)
        return [replaced(each, path[1:], value) if number == at else each for number, each in enumerate(document)]
    name = sorted(document)[path[0] % len(document)]
    return {**document, name: replaced(document[name], path[1:], value)}


PATHS = st.lists(st.integers(0, 200), min_size=1, max_size=4)


@given(PATHS, ODD)
def test_an_odd_value_in_what_is_known_of_silence_holds_nobody_up(path: list[int], value: object) -> None:
    """It is judged on, and kept again."""
    data = json.dumps(replaced(json.loads(SILENCE.dump(learned())), path, value)).encode()
    silence = loaded(SILENCE, data)
    silence.heard(CrawlStatistics(answered=True, heard=True, new=1), NOW, timedelta(hours=2))
    silence.canaries_due(NOW, timedelta(days=1))
    again = SILENCE.parse(SILENCE.dump(silence))
    assert SILENCE.parse(SILENCE.dump(again)) == again


@given(PATHS, ODD)
@example([0], "9999-12-31T23:59:59-14:00")
def test_an_odd_value_in_what_is_known_of_polls_holds_nobody_up(path: list[int], value: object) -> None:
    """The next poll comes within the longest interval."""
    interval = PollInterval()
    interval.heard(NOW - timedelta(hours=3), new=3, size=20)
    interval.heard(NOW - timedelta(hours=1), new=3, size=20)
    again = loaded(INTERVAL, json.dumps(replaced(json.loads(INTERVAL.dump(interval)), path, value)).encode())
    assert again.asked is None or again.asked <= NOW + timedelta(days=1)
    again.heard(NOW, new=1, size=20)
    longest = timedelta(hours=6)
    assert NOW <= again.next(NOW, timedelta(minutes=2), longest) <= NOW + longest
    INTERVAL.parse(INTERVAL.dump(again))


@given(ODD | st.dictionaries(st.text(), ODD))
def test_an_odd_value_in_what_is_known_of_pauses_holds_nobody_up(value: object) -> None:
    """No pause is longer than the longest."""
    pauses = HostPauses(loaded(PAUSES, json.dumps(value).encode()))
    left = pauses.left(NOW)
    PAUSES.parse(PAUSES.dump(pauses.until(NOW)))
    assert all(0 < seconds <= LONGEST.total_seconds() for seconds in left.values())


@given(PATHS, ODD)
def test_an_odd_value_in_what_is_known_of_subscriptions_holds_nobody_up(path: list[int], value: object) -> None:
    """The hub is asked again, or not yet."""
    asked = SubscriptionRequest(topic="https://a.example/feed", hubs=("https://hub.example/",)).anew(None, "key", NOW)
    data = json.dumps(replaced(json.loads(WANTED.dump({"https://a.example/feed": asked})), path, value)).encode()
    for request in loaded(WANTED, data).values():
        if request is not None:
            assert request.is_due(None, "key", NOW) in (True, False)
            request.anew(None, "key", NOW)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"\xff", b"", b"1e999", b"nan"])
def test_a_file_that_is_no_json_is_as_if_it_were_lost(data: bytes) -> None:
    """Nested deeper than anybody reads, no UTF-8, nothing."""
    assert loaded(SILENCE, data).since is None
    assert HostPauses(loaded(PAUSES, data)).left(NOW) == {}
