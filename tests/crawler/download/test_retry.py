"""What a `Retry-After` asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.download.retry_after import LONGEST, asked_pause

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("²", 0),
        ("9" * 400, 86_400),
        ("0" * 400 + "7", 7),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Sun, 22 Nov 2026 12:01:30 -0000", 90),
        ("Sun, 22 Nov 99999 12:01:30 GMT", 0),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("1e3", 0),
        ("nan", 0),
    ],
)
def test_a_pause_is_a_number_of_seconds_or_a_date(value: str, seconds: float) -> None:
    """RFC 9110; what cannot be read asks for nothing."""
    assert asked_pause(value, NOW) == seconds


DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format, *[st.one_of(st.integers(-1, 99_999), st.sampled_from(["Sun", "Nov", "GMT", ""]))] * 8
)


@given(st.text(max_size=80) | DATES | st.integers().map(str))
def test_whatever_a_server_says_is_a_number_of_seconds_within_a_day(value: str) -> None:
    """Never an error: it would end the thread or the request that asked."""
    assert 0 <= asked_pause(value, NOW) <= LONGEST.total_seconds()
