"""Datelines, bylines, issue lines, sources: lines that leave the body and become fields."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import pytest

from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, document, held, paragraphs, unheld

BOTH = pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "no layout"])


ISSUE_LINES = [
    ("عنب بلدي – العدد 102 – الأحد 2/2/2014", None, "2014-02-02"),
    ("جريدة عنب بلدي – العدد 49 – الأحد – 27-1-2013", None, "2013-01-27"),
    ("عنب بلدي – داريا", "داريا", None),
    ("داريا – عنب بلدي", "داريا", None),
    ("عنب بلدي ــ العدد 85 ــ الأحد 6/10/2013", None, "2013-10-06"),
]


@BOTH
@pytest.mark.parametrize(("line", "place", "day"), ISSUE_LINES)
def test_the_weeklys_issue_lines_are_datelines(wrap, line: str, place: str | None, day: str | None) -> None:  # type: ignore[no-untyped-def]
    """They leave the body, name the place, and date the piece when the page says nothing better."""
    article = article_of(wrap(paragraphs(line, *STORY)), url="https://www.enabbaladi.net/archives/15001")
    assert body_of(article) == STORY
    assert article.dateline is not None
    assert (article.dateline.text, article.dateline.agency, article.dateline.place) == (line, "عنب بلدي", place)
    assert (article.date_published or "")[:10] == (day or "")


def test_a_name_and_a_date_before_an_old_piece_are_byline_and_date() -> None:
    """«عبير حيدر», «23/1/2013»: two lines of their own."""
    article = article_of(held(paragraphs("عبير حيدر", "23/1/2013", *STORY)), url="https://www.enabbaladi.net/archives/5300")
    assert body_of(article) == STORY
    assert article.date_published == "2013-01-23T00:00:00+02:00"
    assert article.authors == ("عبير حيدر",)


def test_an_exclusive_is_no_place() -> None:
    """«عنب بلدي – خاص» names the agency and nothing else."""
    article = article_of(held(paragraphs("عنب بلدي – خاص", *STORY)))
    assert article.dateline is not None
    assert (article.dateline.agency, article.dateline.place, article.authors) == ("عنب بلدي", None, ())
    assert body_of(article) == STORY


@pytest.mark.parametrize(
    ("line", "place", "authors"),
    [
        ("سمارت - حلب", "حلب", ()),
        ("سمارت-هبة دباس", None, ("هبة دباس",)),
        ("سمارت – دير الزور", "دير الزور", ()),
        ("سوريا - سمارت", "سوريا", ()),
        ("سمارت ـ ريف دمشق", "ريف دمشق", ()),
    ],
)
def test_smart_datelines_name_a_place_or_a_reporter(line: str, place: str | None, authors: tuple[str, ...]) -> None:
    """A given name first is a person."""
    article = article_of(
        document(f"<div><h1>{TITLE}</h1>{paragraphs(line, *STORY)}</div>"),
        url="https://smartnews-agency.com/ar/wires/2017-03-05-x",
    )
    assert article.dateline is not None
    assert (article.dateline.agency, article.dateline.place, article.authors) == ("سمارت", place, authors)
    assert body_of(article) == STORY


def test_old_al_jazeera_with_hijri_date_and_source() -> None:
    """The Gregorian date counts, the source line is a field, the outline of bullets stays text."""
    date = "الخميس 7/3/1429 هـ - الموافق 13/3/2008 م (آخر تحديث) الساعة 16:25 (مكة المكرمة)، 13:25 (غرينتش)"
    inner = f"<table><tr><td><h1>{TITLE}</h1><div class='d'>{date}</div>{paragraphs(*STORY)}<div>المصدر: الجزيرة + وكالات</div></td></tr></table>"
    article = article_of(document(inner), url="http://www.aljazeera.net/NR/exeres/0A1B2C3D-1111-2222-3333-444455556666.htm")
    assert body_of(article) == STORY
    assert (article.date_published, article.date_modified) == ("2008-03-13T00:00:00+03:00", "2008-03-13T16:25:00+03:00")
    assert article.sources == ("الجزيرة", "وكالات")


def test_byline_and_date_beside_the_headline_are_fields() -> None:
    """«بقلم: س» and «3 تشرين الثاني 2026 - 10:15 ص» in spans without names."""
    spans = "<div><span>بقلم: سامر الحموي</span><span>3 تشرين الثاني 2026 - 10:15 ص</span></div>"
    article = article_of(document(f"<div><h1>{TITLE}</h1>{spans}<div>{paragraphs(*STORY)}</div></div>"))
    assert (article.authors, article.date_published) == (("سامر الحموي",), "2026-11-03T10:15:00+03:00")
