"""Dates that mean something only against the moment of capture; and what every printed form must read back as."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import Article, Page, read
from extractors.dates.choose import DateContext, date_article
from extractors.dates.months import MONTHS
from extractors.dates.printed import parse_printed
from extractors.dates.relative import is_relative, parse_relative
from extractors.page.linked_data import LinkedData
from extractors.page.metadata import Metadata
from extractors.reader import explain

DAMASCUS = ZoneInfo("Asia/Damascus")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 15:00 in Damascus


@pytest.mark.parametrize(
    ("line", "wall", "precision"),
    [
        ("منذ 3 ساعات", "2026-11-22T00:00:00", "day"),
        ("منذ ٣ ساعات", "2026-11-22T00:00:00", "day"),
        ("نشر منذ ساعتين", "2026-11-22T00:00:00", "day"),
        ("قبل يومين", "2026-11-20T00:00:00", "day"),
        ("قبل خمسة أيام", "2026-11-17T00:00:00", "day"),
        ("منذ يوم", "2026-11-21T00:00:00", "day"),
        ("أمس", "2026-11-21T00:00:00", "day"),
        ("أمس 14:05", "2026-11-21T14:05:00", "minute"),
        ("اليوم، الساعة 9:15 ص", "2026-11-22T09:15:00", "minute"),
        ("منذ 15 دقيقة", "2026-11-22T14:45:00", "minute"),
        ("منذ 3د", "2026-11-22T14:57:00", "minute"),
        ("منذ 4 ساعات | 3 دقائق قراءة", "2026-11-22T00:00:00", "day"),
    ],
)
def test_relative_lines_against_the_capture(line: str, wall: str, precision: str) -> None:
    """Hours and days name a day, minutes and stated hours a minute."""
    moment = parse_relative(line, NOON, DAMASCUS)
    assert moment is not None
    assert (moment.wall.isoformat(), moment.precision) == (wall, precision)
    assert is_relative(line)


@pytest.mark.parametrize(
    "line",
    [
        "اليوم",
        "منذ أسبوع",
        "منذ 3 أشهر",
        "منذ قليل",
        "منذ سنة",
        "آخر تحديث منذ 3 ساعات",
        "منذ 90 ساعة",
        "قال إنه وصل منذ 3 ساعات",
        "منذ 14 ساعة",  # it was 01:00, or 00:59 of the same day, or 23:59 of the day before
    ],
)
def test_relative_lines_that_name_no_day(line: str) -> None:
    """Weeks, months, «اليوم» of the page's clock, updates, hours that reach into midnight and sentences give nothing."""
    seen = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)  # 14:30
    assert parse_relative(line, seen, DAMASCUS) is None


def test_without_a_zone_only_an_unambiguous_day_counts() -> None:
    """Of a site whose zone nobody knows, a day that differs between Greenwich and Mecca is no date."""
    assert parse_relative("أمس", NOON, None) is not None
    assert parse_relative("أمس", datetime(2026, 11, 22, 22, 0, tzinfo=UTC), None) is None


STORY = "<p>قال رئيس البلدية إن العمل في الطريق بدأ صباحًا، وإن الورشات تنتهي منه في غضون شهرين على أبعد تقدير.</p>"


def _article(
    before: str, *, after: str = "", url: str = "https://www.enabbaladi.net/archives/810000", **page: datetime
) -> Article:
    title = "سرمدا تبدأ تعبيد طريق المعبر بعد تأجيل"
    story = f"<div>{STORY}<p>أمس</p>{STORY[:-20]}.</p></div>"
    markup = f"<title>{title}</title><article><h1>{title}</h1>{before}{story}</article>{after}"
    result = read(Page(url=url, body=markup.encode(), **{"fetched_at": NOON, **page}))
    assert isinstance(result, Article), result
    return result


def test_a_relative_line_beside_the_headline_dates_the_article_and_is_marked() -> None:
    """date_published_raw holds the words as printed."""
    article = _article("<span class='date'>منذ 3 ساعات</span>")
    assert (
        article.date_published,
        article.date_published_raw,
        article.date_published_precision,
        article.date_published_source,
    ) == (
        "2026-11-22T00:00:00+03:00",
        "منذ 3 ساعات",
        "day",
        "page",
    )


def test_a_memento_is_dated_from_its_capture_not_from_its_fetch() -> None:
    """«منذ ساعتين» on a page of 2019 is a day of 2019."""
    article = _article(
        "<span class='date'>منذ ساعتين</span>",
        url="https://geiroon.net/archives/121377",
        memento_at=datetime(2018, 9, 3, 10, 0, tzinfo=UTC),
    )
    assert article.date_published == "2018-09-03T00:00:00+03:00"


def test_a_relative_line_of_another_story_dates_nothing() -> None:
    """Neither the body nor the list after it: «أمس» as a subhead stays text, «منذ ساعة» of a card goes."""
    article = _article("", after="<ul><li><a href='/1'>خبر آخر</a><span>منذ ساعة</span></li></ul>")
    assert article.date_published is None


def test_a_date_that_is_stated_beats_a_relative_line() -> None:
    """«منذ 3 ساعات» says less than any date."""
    dated = date_article(Metadata(), ["منذ 3 ساعات", "20 تشرين الثاني 2026"], DateContext(DAMASCUS, NOON))
    assert dated.raw == "20 تشرين الثاني 2026"


def test_two_relative_lines_that_name_two_days_are_no_date() -> None:
    """Nobody knows which of them is the article's."""
    assert date_article(Metadata(), ["منذ يومين", "منذ ساعة"], DateContext(DAMASCUS, NOON)).published is None


NAMES = sorted(MONTHS)
TWINS = {number: [name for name in NAMES if MONTHS[name] == number] for number in range(1, 13)}
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
FORMS = (
    "{d} {m} {y}",
    "{d} من {m} {y}",
    "الأحد {d} من {m} {y}",
    "{d} {m}/ {m2} {y}",
    "{d} {m} /{m2} {y}",
    "{d} {m}/{m2} {y}",
    "{d} {m} ({m2} - {m3})، {y}",
    "{m} {d}, {y}",
    "نشر في {d}/{n}/{y}",
    "{d:02d}/{n:02d}/{y}",
    "{y}/{n:02d}/{d:02d}",
    "{y}-{n:02d}-{d:02d}",
    "{d}-{n}-{y}",
    "{d}.{n}.{y}",
    "تاريخ النشر: {y}/{n}/{d}",
    "الخميس 7/3/1429 هـ - الموافق {d}/{n}/{y} م",
)


@given(
    st.dates(date(1996, 1, 1), date(2026, 11, 1)),
    st.sampled_from(FORMS),
    st.data(),
    st.sampled_from([None, EASTERN, PERSIAN]),
    st.sampled_from(["", "\u200f", "\u202b"]),
)
def test_a_date_in_any_form_reads_back_as_itself(day: date, form: str, data: st.DataObject, digits, mark: str) -> None:  # type: ignore[no-untyped-def]
    """All month names, alone or in pairs, all digits, with or without direction marks."""
    names = [data.draw(st.sampled_from(TWINS[day.month])) for _ in range(3)]
    line = mark + form.format(d=day.day, n=day.month, y=day.year, m=names[0], m2=names[1], m3=names[2])
    published = parse_printed(line.translate(digits) if digits else line).published
    assert published is not None, line
    assert published.wall.date() == day, line


@given(
    st.datetimes(datetime(1996, 1, 1), datetime(2026, 11, 1)),  # noqa: DTZ001  # wall clocks
    st.sampled_from(["{d} {m} {y} {h} {p}", "{y}/{n}/{d} {h} {p}"]),
)
def test_an_hour_in_halves_of_the_day_reads_back_as_itself(moment: datetime, form: str) -> None:
    """12 ص is midnight, 12 م is noon."""
    line = form.format(
        d=moment.day,
        n=moment.month,
        y=moment.year,
        m=TWINS[moment.month][0],
        h=f"{moment.hour % 12 or 12}:{moment.minute:02d}",
        p="م" if moment.hour >= 12 else "ص",
    )
    published = parse_printed(line).published
    assert published is not None
    assert published.wall == moment.replace(second=0, microsecond=0)


def test_the_hour_of_mecca_counts_not_that_of_greenwich() -> None:
    """«الساعة 16:25 (مكة المكرمة)، 13:25 (غرينتش)» is one moment told twice."""
    line = "الخميس 7/3/1429 هـ - الموافق 13/3/2008 م (آخر تحديث) الساعة 16:25 (مكة المكرمة)، 13:25 (غرينتش)"
    dates = parse_printed(line)
    assert dates.update_only
    assert dates.modified is not None
    assert dates.modified.at(None) == "2008-03-13T16:25:00+03:00"


def test_a_number_of_2020_cannot_be_of_2013() -> None:
    """A date that the outlet's own numbering excludes is dropped; the next candidate speaks, and the contradiction is told."""
    page = Page(
        url="https://www.enabbaladi.net/archives/389004",
        body=(
            "<meta property='article:published_time' content='2013-05-02T10:00:00+03:00'>"
            "<title>سرمدا تبدأ تعبيد طريق المعبر</title>"
            f"<article><h1>سرمدا تبدأ تعبيد طريق المعبر</h1><time>7 حزيران 2020</time><div>{STORY}</div></article>"
        ).encode(),
        fetched_at=NOON,
    )
    told = explain(page)
    assert isinstance(told.result, Article)
    assert told.result.date_published == "2020-06-07T00:00:00+03:00"
    assert any("2013-05-02" in sentence and "number" in sentence for sentence in told.disagreements)


def _metadata(linked: str) -> Metadata:
    return Metadata(linked=LinkedData({"datePublished": linked}))


def test_a_template_that_prints_the_present_is_found_out() -> None:
    """JSON-LD of the very minute of the capture loses to a printed date of last month."""
    dated = date_article(_metadata("2026-11-22T11:58:00Z"), ["3 تشرين الأول 2026"], DateContext(DAMASCUS, NOON))
    assert (dated.published, dated.source) == ("2026-10-03T00:00:00+03:00", "page")
    assert (
        date_article(_metadata("2026-11-22T11:58:00Z"), [], DateContext(DAMASCUS, NOON)).published == "2026-11-22T11:58:00+00:00"
    )


def test_page_and_address_together_outweigh_a_machine_date_of_another_season() -> None:
    """One of them alone does not."""
    frame = DateContext(DAMASCUS, NOON, "2019-03-02")
    assert date_article(_metadata("2021-08-01T00:00:00Z"), ["2 آذار 2019"], frame).source == "page"
    assert date_article(_metadata("2021-08-01T00:00:00Z"), [], frame).source == "json-ld"
