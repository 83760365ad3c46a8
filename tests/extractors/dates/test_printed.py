"""Dates are read as printed, in every calendar's month names; what is unclear is None."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.dates.choose import DateContext, date_article
from extractors.dates.months import MONTHS
from extractors.dates.printed import parse_machine, parse_printed
from extractors.page.linked_data import LinkedData
from extractors.page.metadata import Metadata

DAMASCUS = ZoneInfo("Asia/Damascus")
SEEN = datetime(2026, 11, 22, tzinfo=UTC)

PRINTED = [
    ("15 آذار 2023", "2023-03-15"),
    ("١٥ آذار ٢٠٢٣", "2023-03-15"),
    ("24 من تموز/ يوليو 2021", "2021-07-24"),
    ("26 آذار /مارس 2020", "2020-03-26"),
    ("18 تشرين الثاني/نوفمبر 2019", "2019-11-18"),
    ("3 نوفمبر/تشرين الثاني 2020", "2020-11-03"),
    ("19 أيلول (سبتمبر - شتنبر)، 2017", "2017-09-19"),
    ("الثلاثاء 22 من كانون الثاني 2019", "2019-01-22"),
    ("5 كانون الثاني/ يناير 2019", "2019-01-05"),
    ("الأحد - 27-1-2013", "2013-01-27"),
    ("تاريخ النشر: 2018/05/12", "2018-05-12"),
    ("نشر في 18/11/2026", "2026-11-18"),
    ("الجمعة 8 فيفري 2019", "2019-02-08"),
    ("12 أوت 2020", "2020-08-12"),
    ("الثلاثاء ١ / ١٢ / ٢٠٢٠", "2020-12-01"),
    ("يناير 12, 2020", "2020-01-12"),
    ("الخميس 7/3/1429 هـ - الموافق 13/3/2008 م", "2008-03-13"),
    ("November 9, 2020", "2020-11-09"),
]


@pytest.mark.parametrize(("line", "day"), PRINTED)
def test_printed_days(line: str, day: str) -> None:
    """Levantine, Egyptian, Maghrebi and double month names, all digits, both orders, Hijri beside Gregorian."""
    published = parse_printed(line).published
    assert published is not None
    assert published.wall.date().isoformat() == day


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("تاريخ النشر: 2018/05/12 11:47", "2018-05-12T11:47:00+03:00"),
        ("2017/12/09 18:47", "2017-12-09T18:47:00+02:00"),
        ("2019/02/04 1:09 م", "2019-02-04T13:09:00+02:00"),
        ("الإثنين، 24 أغسطس 2022 09:23 ص", "2022-08-24T09:23:00+03:00"),
        ("15 كانون الثاني 2023 12:05 ص", "2023-01-15T00:05:00+03:00"),
        ("3/12/2024 06:48 ص (بتوقيت مكة المكرمة)", "2024-12-03T06:48:00+03:00"),
        ("13/3/2008 الساعة 16:25 (مكة المكرمة)، 13:25 (غرينتش)", "2008-03-13T16:25:00+03:00"),
    ],
)
def test_printed_hours_have_the_offset_of_place_and_moment(line: str, moment: str) -> None:
    """Damascus had summer time until October 2022 and +03:00 ever since; Mecca is +03:00; ص and م are the halves of the day."""
    published = parse_printed(line).published
    assert published is not None
    assert published.at(DAMASCUS) == moment


@pytest.mark.parametrize(
    "line",
    [
        "",
        "اليوم السبت",
        "31/2/2020",
        "13/13/2020",
        "7/3/1429 هـ",
        "24 تموز/ يونيو 2020",
        "آذار الماضي",
        "2020",
        "في 15 آذار",
        "12:30",
        "0112/2020",
    ],
)
def test_unclear_lines_have_no_date(line: str) -> None:
    """No year, impossible days, Hijri alone and month names that contradict each other give nothing."""
    assert parse_printed(line).published is None


def test_published_and_updated_stand_apart() -> None:
    """«آخر تحديث» belongs to the change, even where the year runs into the hour."""
    dates = parse_printed("3/12/2024–|آخر تحديث: 4/12/202406:48 ص (بتوقيت مكة المكرمة)")
    assert dates.published is not None
    assert dates.modified is not None
    assert dates.published.wall.date().isoformat() == "2024-12-03"
    assert dates.modified.at(None) == "2024-12-04T06:48:00+03:00"


def test_every_month_name_is_one_month() -> None:
    """All names of a month give its number."""
    for name, number in MONTHS.items():
        published = parse_printed(f"7 {name} 2021").published
        assert published is not None, name
        assert published.wall.month == number, name


@given(st.text(max_size=80))
def test_no_text_breaks_the_date_reader(line: str) -> None:
    """Any line gives a date or none."""
    parse_printed(line)
    parse_machine(line)


def _dated(
    *,
    linked: str | None = None,
    meta: str | None = None,
    printed: tuple[str, ...] = (),
    url: str | None = None,
    seen: datetime = SEEN,
):  # type: ignore[no-untyped-def]
    metadata = Metadata(
        metas={"article:published_time": [meta]} if meta else {},
        linked=LinkedData({"datePublished": linked}) if linked else LinkedData(),
    )
    return date_article(metadata, printed, DateContext(DAMASCUS, seen, url))


def test_order_is_linked_data_meta_page_url() -> None:
    """The best source that has a date is believed and named."""
    everything = {
        "linked": "2020-01-01T10:00:00+03:00",
        "meta": "2020-01-02T10:00:00+03:00",
        "printed": ("3 كانون الثاني 2020",),
        "url": "2020-01-04",
    }
    for source in ("json-ld", "meta", "page", "url"):
        assert _dated(**everything).source == source
        del everything[next(iter(everything))]


def test_false_utc_is_found_out_by_the_printed_hour() -> None:
    """«09:23:13Z» beside a printed «09:23 ص» is local time with a false Z; beside «12:23» it is true."""
    assert _dated(meta="2020-08-24T09:23:13Z", printed=("24 آب 2020 09:23 ص",)).published == "2020-08-24T09:23:13+03:00"
    assert _dated(meta="2020-08-24T09:23:13Z", printed=("24 آب 2020 12:23 م",)).published == "2020-08-24T09:23:13+00:00"
    assert _dated(meta="2020-08-24T09:23:13Z").published == "2020-08-24T09:23:13+00:00"


def test_dates_after_the_capture_or_before_the_web_are_not_believed() -> None:
    """A date later than the page was seen, or of 1970, is no date; the next source speaks."""
    assert _dated(linked="2027-01-01T00:00:00Z", url="2026-11-01").source == "url"
    assert _dated(linked="1970-01-01T00:00:00Z").published is None


def test_day_dates_are_local_midnight() -> None:
    """A day without hour is the midnight of the outlet's zone, and says that it is a day."""
    dated = _dated(url="2018-05-12")
    assert (dated.published, dated.precision, dated.source) == ("2018-05-12T00:00:00+03:00", "day", "url")


@pytest.mark.parametrize(
    ("line", "published", "modified"),
    [
        ("الإثنين, 16 تشرين2/نوفمبر 2026 08:12", "2026-11-16T08:12:00", None),
        ("الجمعة, 01 كانون2/يناير 2016 10:00", "2016-01-01T10:00:00", None),
        ("أربعاء, 11/18/2026 - 21:40", "2026-11-18T21:40:00", None),
        ("خميس, 11/05/2026 - 21:40", "2026-11-05T21:40:00", None),
        ("الأربعاء 11/05/2022", "2022-05-11T00:00:00", None),
        ("11/05/2022", "2022-05-11T00:00:00", None),
        ("آخر تحديث: 20 نوفمبر 2026 - 14:10 | نُشر: 20 نوفمبر 2026 - 12:00", "2026-11-20T12:00:00", "2026-11-20T14:10:00"),
    ],
)
def test_days_that_are_easily_taken_for_others(line: str, published: str, modified: str | None) -> None:
    """Numbered months, the American order where the weekday proves it, the update printed first."""
    dates = parse_printed(line)
    assert dates.published is not None
    assert dates.published.wall.isoformat() == published
    assert (dates.modified.wall.isoformat() if dates.modified else None) == modified


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("16 نوفمبر 2026 | 09:00 (غرينتش+3)", 3),
        ("16 نوفمبر 2026 09:00 (GMT+2)", 2),
        ("16 نوفمبر 2026 09:00 (+٢ توقيت غرينتش)", 2),
        ("16 نوفمبر 2026 09:00 (غرينتش)", 0),
    ],
)
def test_offsets_from_greenwich(line: str, hours: int) -> None:
    """«غرينتش+3» is not Greenwich."""
    published = parse_printed(line).published
    assert published is not None
    assert published.offset == timedelta(hours=hours)
