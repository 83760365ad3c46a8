"""The dates a crawl asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.window import DATES, Window, WindowError, is_fresh

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


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
    window = Window.parse(None, "2026-11-02")
    assert not window.excludes("2026-11-03", tolerance_days=1)
    assert window.excludes("2026-11-04", tolerance_days=1)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 40), st.integers(0, 30))
def test_the_tolerance_holds_at_both_ends_to_the_day(end: date, beyond: int, tolerance: int) -> None:
    """A day is excluded exactly when it lies further beyond the end than is tolerated."""
    for window, day in (
        (Window(since=end), end - timedelta(days=beyond)),
        (Window(until=end), end + timedelta(days=beyond)),
    ):
        assert window.excludes(day.isoformat(), tolerance_days=tolerance) is (beyond > tolerance)


@pytest.mark.parametrize("odd", ["", "0000-00-00 00:00:00", "29/11/2026", "zzzz", "2026-13-01T00:00:00Z", "\ud800", "٢٠٢٦"])
def test_what_is_no_date_is_neither_outside_nor_fresh(odd: str) -> None:
    """Strangers send it; nothing raises."""
    assert not Window.parse("2026-11-02", "2026-11-02").excludes(odd)
    assert not is_fresh(odd, NOW)


@pytest.mark.parametrize(
    ("published", "fresh"),
    [
        ("2026-11-20T12:00:00+00:00", True),
        ("2026-11-20T11:59:59+00:00", False),
        ("2026-11-20T14:59:59+03:00", False),
        ("2026-11-20T12:00:00", True),
        ("2026-11-20", True),
        ("2026-11-19", False),
        (None, False),
    ],
)
def test_fresh_is_what_was_published_within_two_days(published: str | None, fresh: bool) -> None:
    assert is_fresh(published, NOW) is fresh


@given(st.text())
def test_no_text_raises(text: str) -> None:
    is_fresh(text, NOW)
    Window(since=NOW.date()).excludes(text)


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        ("soon", None, f"--since 'soon' is not a date; write {DATES}"),
        ("9999999999d", None, f"--since '9999999999d' is not a date; write {DATES}"),
        (None, "2026-13-01", f"--until '2026-13-01' is not a date; write {DATES}"),
        (None, "0000", f"--until '0000' is not a date; write {DATES}"),
        ("2026-02-02", "2026-01-01", "--since 2026-02-02 is after --until 2026-01-01"),
    ],
)
def test_a_bad_window_names_the_option(since: str | None, until: str | None, message: str) -> None:
    """The error says which option is wrong, and how to write it."""
    with pytest.raises(WindowError, match=r".") as error:
        Window.parse(since, until)
    assert str(error.value) == message


TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2018-05-07", date(2018, 5, 7), date(2018, 5, 7)),
        ("2018-05", date(2018, 5, 1), date(2018, 5, 31)),
        ("2024-2", date(2024, 2, 1), date(2024, 2, 29)),
        ("2018", date(2018, 1, 1), date(2018, 12, 31)),
        ("today", TODAY, TODAY),
        ("Yesterday", date(2026, 2, 28), date(2026, 2, 28)),
        ("7d", date(2026, 2, 22), date(2026, 2, 22)),
        ("2w", date(2026, 2, 15), date(2026, 2, 15)),
        ("٢٠١٨-٠٥", date(2018, 5, 1), date(2018, 5, 31)),
    ],
)
def test_dates_as_people_write_them(text: str, first: date, last: date) -> None:
    """`--since` takes the first day that is meant, `--until` the last."""
    assert Window.parse(text, None, TODAY).since == first
    assert Window.parse(None, text, TODAY).until == last


@given(st.text() | st.from_regex(r"\d{1,5}[dw]|\d{4}(-\d{1,3}){0,3}"))
def test_any_text_is_a_date_or_an_error_that_names_the_option(text: str) -> None:
    try:
        window: Window | str = Window.parse(text, None, TODAY)
    except WindowError as error:
        window = str(error)
    assert window.startswith("--since ") if isinstance(window, str) else (window.since is None) == (text == "")


@given(st.dates(min_value=date(1990, 1, 1)))
def test_a_day_is_within_its_own_month_and_year(day: date) -> None:
    for text in (f"{day:%Y-%m-%d}", f"{day:%Y-%m}", f"{day:%Y}"):
        assert not Window.parse(text, text).excludes(day.isoformat())
    assert Window.parse(f"{day - timedelta(days=1):%Y-%m-%d}", f"{day - timedelta(days=1):%Y-%m-%d}").excludes(day.isoformat())
