"""What a `Retry-After` asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.download.retry_after import asked_pause

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
    ],
)
def test_a_pause_is_a_number_of_seconds_or_a_date(value: str, seconds: float) -> None:
    """RFC 9110; what cannot be read asks for nothing."""
    assert asked_pause(value, NOW) == seconds
