"""The dates a crawl asks for."""

from __future__ import annotations

import pytest

from crawler.window import Window, WindowError


def test_a_window_contains_both_its_ends() -> None:
    """`--since` and `--until` are inclusive days."""
    window = Window.parse("2026-11-01", "2026-11-02")
    assert not window.excludes("2026-11-01T00:00:00+03:00")
    assert not window.excludes("2026-11-02T23:59:00+03:00")
    assert window.excludes("2026-10-31T23:59:00+03:00")
    assert window.excludes("2026-11-03")


def test_an_unknown_date_is_never_outside() -> None:
    """What cannot be dated is read, not dropped."""
    assert not Window.parse("2026-11-01", None).excludes(None)


def test_the_day_of_an_address_may_be_one_off() -> None:
    """Al Jazeera's URL dates differ from the page's by a day in both directions."""
    window = Window.parse("2026-11-02", None)
    assert not window.excludes("2026-11-01", tolerance_days=1)
    assert window.excludes("2026-10-31", tolerance_days=1)


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        ("yesterday", None, "--since 'yesterday' is not a date; write YYYY-MM-DD"),
        (None, "2026-13-01", "--until '2026-13-01' is not a date; write YYYY-MM-DD"),
        ("2026-02-02", "2026-01-01", "--since 2026-02-02 is after --until 2026-01-01"),
    ],
)
def test_a_bad_window_names_the_option(since: str | None, until: str | None, message: str) -> None:
    """The error says which option is wrong, and how to write it."""
    with pytest.raises(WindowError, match=r".") as error:
        Window.parse(since, until)
    assert str(error.value) == message
