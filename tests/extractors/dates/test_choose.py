"""Which date counts where a page states several: a minute that anything states is not lost to a day, and none is invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extractors.dates.choose import DateContext, Dated, date_article
from extractors.page.linked_data import LinkedData
from extractors.page.metadata import Metadata
from tests.extractors.newsroom import STORY, TITLE, article_of, document, paragraphs

DAMASCUS = ZoneInfo("Asia/Damascus")
SEEN = datetime(2026, 11, 22, tzinfo=UTC)


def _dated(
    linked: str | None = None,
    metas: list[str] | None = None,
    printed: list[str] | None = None,
    url: str | None = None,
    zone: tzinfo | None = DAMASCUS,
) -> Dated:
    article = {"datePublished": linked} if linked else {}
    metadata = Metadata(metas={"article:published_time": metas or []}, linked=LinkedData(article))
    return date_article(metadata, printed or [], DateContext(zone, SEEN, url))


def _machine(wall: datetime, offset: str) -> str:
    return wall.strftime("%Y-%m-%dT%H:%M:%S") + offset


def _printed(wall: datetime) -> str:
    return wall.strftime("%d/%m/%Y %H:%M")


# What a source may write that means no more than the day; the last is local midnight told in UTC.
REPEATS = (
    lambda day: day.strftime("%Y-%m-%d"),
    lambda day: _machine(day, ""),
    lambda day: _machine(day, "Z"),
    lambda day: _machine(day, "+03:00"),
    lambda day: day.strftime("%d %b %Y 00:00 GMT"),
    lambda day: day.replace(tzinfo=DAMASCUS).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
)


def _has_midnight(wall: datetime) -> bool:
    """Summer time began at midnight: that day began at one o'clock."""
    return wall.replace(hour=0, tzinfo=DAMASCUS).astimezone(UTC).astimezone(DAMASCUS).hour == 0


WALLS = (
    st.datetimes(datetime(2013, 1, 1), datetime(2026, 11, 20))  # noqa: DTZ001  # wall clocks of Damascus
    .map(lambda wall: wall.replace(second=0, microsecond=0, minute=wall.minute or 1))
    .filter(_has_midnight)
)


@given(
    wall=WALLS,
    known=st.sampled_from(["json-ld", "meta", "page"]),
    offset=st.sampled_from(["Z", "local", ""]),
    repeats=st.lists(st.tuples(st.sampled_from(["json-ld", "meta", "page", "url"]), st.sampled_from(REPEATS), st.booleans())),
)
@example(wall=datetime(2025, 11, 4, 9, 15), known="meta", offset="local", repeats=[("json-ld", REPEATS[0], True)])  # noqa: DTZ001
@example(wall=datetime(2025, 11, 4, 1, 15), known="meta", offset="Z", repeats=[("json-ld", REPEATS[5], True)])  # noqa: DTZ001
def test_no_source_that_repeats_the_day_costs_a_known_minute(
    wall: datetime, known: str, offset: str, repeats: list[tuple[str, object, bool]]
) -> None:
    """Wherever it stands and however it writes the day."""
    local = wall.replace(tzinfo=DAMASCUS)
    stamp = (
        _machine(local.astimezone(UTC), "Z") if offset == "Z" else local.isoformat() if offset == "local" else _machine(wall, "")
    )
    day = wall.replace(hour=0, minute=0)
    linked = stamp if known == "json-ld" else None
    metas, printed, url = [stamp] if known == "meta" else [], [_printed(wall)] if known == "page" else [], None
    alone = _dated(linked, metas, printed)
    assert (alone.precision, datetime.fromisoformat(alone.published or "")) == ("minute", local)
    for source, write, first in repeats:
        text = write(day)  # type: ignore[operator]
        if source == "json-ld":
            linked = linked or text
        elif source == "url":
            url = day.strftime("%Y-%m-%d")
        else:
            texts = metas if source == "meta" else printed
            texts.insert(0 if first else len(texts), text if source == "meta" else day.strftime("%d/%m/%Y"))
    dated = _dated(linked, metas, printed, url)
    assert (dated.precision, datetime.fromisoformat(dated.published or "")) == ("minute", local)
    assert dated.source == known


@given(
    wall=WALLS,
    write=st.sampled_from(REPEATS),
    source=st.sampled_from(["json-ld", "meta"]),
    zone=st.sampled_from([DAMASCUS, None]),
)
def test_a_midnight_that_a_machine_wrote_is_claimed_as_a_day(
    wall: datetime, write: object, source: str, zone: tzinfo | None
) -> None:
    """Nothing else on the page names an hour."""
    day = wall.replace(hour=0, minute=0)
    text = write(day)  # type: ignore[operator]
    if zone is None and write is REPEATS[5]:
        return  # without a zone nobody can know that it is midnight
    dated = _dated(text) if source == "json-ld" else _dated(metas=[text], zone=zone)
    assert (dated.precision, (dated.published or "")[:19]) == ("day", _machine(day, ""))


def test_a_midnight_that_the_page_prints_is_an_hour() -> None:
    """Readers are told an hour only where there is one."""
    assert _dated("2025-11-04", printed=["04/11/2025 00:00"]).precision == "minute"


@pytest.mark.parametrize(
    ("linked", "metas", "printed", "zone", "expected"),
    [
        ("2025-11-04T17:27:00Z", [], ["17:27 04.11.2025"], DAMASCUS, "2025-11-04T17:27:00+03:00"),
        ("2025-11-04T17:27:00Z", [], ["GMT 17:27 04.11.2025"], DAMASCUS, "2025-11-04T17:27:00+00:00"),
        ("2025-11-04T17:27:00Z", [], ["17:27 GMT 04.11.2025", "17:27 04.11.2025"], DAMASCUS, "2025-11-04T17:27:00+00:00"),
        ("2025-11-04T17:27:00Z", [], ["17:27 04.11.2025", "04.11.2025 20:27 (غرينتش+3)"], DAMASCUS, "2025-11-04T17:27:00+00:00"),
        ("2025-11-04T17:27:00Z", ["2025-11-04T20:27:00+03:00"], ["17:27 04.11.2025"], None, "2025-11-04T17:27:00+00:00"),
        ("2025-11-04T17:27:00Z", ["2025-11-04T17:27:00+03:00"], [], DAMASCUS, "2025-11-04T17:27:00+03:00"),
        ("2025-11-04T17:27:00Z", ["2025-11-04T17:27:00+03:00"], [], None, "2025-11-04T17:27:00+03:00"),
        ("2025-11-04T17:27:00Z", [], ["20:27 04.11.2025"], DAMASCUS, "2025-11-04T17:27:00+00:00"),
        ("2025-11-04T17:27:00Z", [], ["4 تشرين الثاني 2025 17:27 بتوقيت بيروت"], None, "2025-11-04T17:27:00+00:00"),
        (None, [], ["4 تشرين الثاني 2025 17:27 بتوقيت بيروت"], None, "2025-11-04T17:27:00+02:00"),
        (None, [], ["4 آب 2025 17:27 بتوقيت بيروت"], None, "2025-08-04T17:27:00+03:00"),
        ("2025-11-04T00:00:00Z", ["2025-11-04T17:27:00Z"], ["17:27 04.11.2025"], DAMASCUS, "2025-11-04T17:27:00+03:00"),
    ],
)
def test_whether_a_z_is_true_is_judged_by_all_dates_of_the_page(
    linked: str | None, metas: list[str], printed: list[str], zone: tzinfo | None, expected: str
) -> None:
    """The same instant with an offset proves it, the same clock as local time refutes it, proof first."""
    dated = _dated(linked, metas, printed, zone=zone)
    assert (dated.published, dated.precision) == (expected, "minute")


@pytest.mark.parametrize("stamp", ["2026-11-03", "2026-11-03T00:00:00+03:00", "2026-11-03T00:00:00Z"])
@pytest.mark.parametrize("container", ["content-article", "x"])
def test_the_printed_hour_is_looked_for_where_the_data_tell_a_day(stamp: str, container: str) -> None:
    """With a layout and without, although an author is named."""
    data = (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{TITLE}", "datePublished": "{stamp}", '
        '"author": {"@type": "Person", "name": "سامر الحموي"}}</script>'
    )
    story = f"<div class='{container}'>{paragraphs(*STORY)}</div>"
    page = document(f"{data}<article><h1>{TITLE}</h1><div><span>3 تشرين الثاني 2026 - 15:20</span></div>{story}</article>")
    article = article_of(page)
    assert (article.date_published, article.date_published_precision) == ("2026-11-03T15:20:00+03:00", "minute")


def test_a_printed_title_attribute_that_says_gmt_makes_the_z_true() -> None:
    """Sputnik prints «17:27 04.11.2026» under a title «17:27 GMT 04.11.2026»."""
    data = '<meta property="article:published_time" content="2026-11-04T17:27:00Z">'
    date = "<div class='article__info-date'><a title='17:27 GMT 04.11.2026'>17:27 04.11.2026</a></div>"
    page = document(f"{data}<article><h1>{TITLE}</h1>{date}<div>{paragraphs(*STORY)}</div></article>")
    assert article_of(page).date_published == "2026-11-04T17:27:00+00:00"


@pytest.mark.parametrize("gap", [" ", ""])
def test_the_update_line_of_smart_is_its_modification(gap: str) -> None:
    """«تحديث بتاريخ …» stands with the story and is no part of it."""
    line = f"تحديث بتاريخ 2018/02/05 17:33:22{gap}بتوقيت دمشق"
    inner = f"<div>تاريخ النشر: 2018/02/03 12:10</div><div class='wire-body'>{paragraphs(*STORY, line)}</div>"
    article = article_of(document(f"<h1>{TITLE}</h1>{inner}"), url="https://smartnews-agency.com/ar/wires/2018-02-03-x")
    assert (article.date_published, article.date_modified) == ("2018-02-03T12:10:00+02:00", "2018-02-05T17:33:22+02:00")
    assert article.body.split("\n\n") == STORY


def test_timedelta_offsets_of_zones_unknown_to_iana_are_kept() -> None:
    """A date of a page in a zone that nobody names keeps the offset it states."""
    dated = _dated("2025-11-04T17:27:00+04:30", zone=None)
    assert datetime.fromisoformat(dated.published or "").tzinfo == timezone(timedelta(hours=4, minutes=30))
