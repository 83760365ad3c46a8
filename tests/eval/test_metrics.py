"""The measures, on pairs whose figures can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from extractors import Page
from extractors.measures import paragraph_rate, word_figures
from infra.eval.gold import Gold, other_texts
from infra.eval.metrics import by_group, judge_day, judge_minute, leaks, score
from infra.eval.reading import ReaderResult
from infra.eval.webpage import diff

FIRST, SECOND, THIRD = "عادت المياه إلى القرية", "وقال المختار إن البئر عميقة", "وشكر الأهالي من تبرع"
PAGE = Page(url="https://news.example/1", body=b"<html></html>", fetched_at=datetime(2026, 11, 22, tzinfo=UTC))
GOLD = Gold(
    group="recorded",
    site="news",
    name="one",
    page=PAGE,
    outlet=None,
    headline="عودة المياه",
    body=(FIRST, SECOND, THIRD),
    boilerplate_lines=("اقرأ أيضا", "صورة البئر (الأناضول)"),
    authors=("سامر الحموي",),
    dateline=("سمارت - حلب", "سمارت", "حلب"),
    date="2020-12-01T02:00:00+03:00",
    precision="minute",
)
RIGHT = ReaderResult(
    body=GOLD.body, headline=GOLD.headline, authors=GOLD.authors, dateline=GOLD.dateline, date=GOLD.date, precision="minute"
)


def test_a_page_read_right_has_no_figure_below_one() -> None:
    """Every figure that applies is 1."""
    assert set(score(GOLD, RIGHT).figures.values()) == {1.0}


def test_a_lost_paragraph_lowers_recall_alone() -> None:
    """4 + 5 + 4 words, the last 4 lost: recall 9/13, precision 1, two of three paragraphs."""
    precision, recall, f1 = word_figures(GOLD.body, (FIRST, SECOND))
    assert (precision, recall) == (1.0, 9 / 13)
    assert f1 == pytest.approx(2 * 9 / 13 / (1 + 9 / 13))
    assert paragraph_rate(GOLD.body, (FIRST, SECOND)) == 2 / 3


def test_furniture_in_the_body_lowers_precision_and_is_named() -> None:
    """Two words too many of 15: precision 13/15, recall 1; the text that leaked is told as gold has it."""
    read = (*GOLD.body, "اقرأ أيضا")
    assert word_figures(GOLD.body, read)[:2] == (13 / 15, 1.0)
    found = score(GOLD, replace(RIGHT, body=read))
    assert found.leaked == ("اقرأ أيضا",)
    assert found.figures["clean"] == 0.0


def test_a_paragraph_twice_costs_precision() -> None:
    """Words are counted as often as they stand."""
    assert word_figures((FIRST,), (FIRST, FIRST))[:2] == (0.5, 1.0)
    assert paragraph_rate((FIRST,), (FIRST, FIRST)) == 0.5


def test_joined_words_are_not_the_words() -> None:
    """A blank lost at an inline tag costs both words."""
    assert word_figures(("عنب بلدي",), ("عنببلدي",)) == (0.0, 0.0, 0.0)


def test_joined_paragraphs_keep_their_words() -> None:
    """Words are right, paragraphs are not."""
    joined = (f"{FIRST} {SECOND}", THIRD)
    assert word_figures(GOLD.body, joined) == (1.0, 1.0, 1.0)
    assert paragraph_rate(GOLD.body, joined) == 1 / 3


def test_furniture_that_the_story_says_too_has_not_leaked() -> None:
    """The newsroom's own words are no furniture, unless they stand there once more."""
    gold = replace(GOLD, body=("كتبوا على الجدار اقرأ أيضا كتابا",))
    assert leaks(gold, gold.body) == ()
    assert leaks(gold, (*gold.body, "اقرأ أيضا")) == ("اقرأ أيضا",)


def test_furniture_twice_in_a_row_is_counted_twice() -> None:
    """Neighbours share a blank."""
    gold = replace(GOLD, body=("شارك",), boilerplate_lines=("شارك",))
    assert leaks(gold, ("شارك شارك",)) == ("شارك",)


def test_text_is_compared_in_nfc_with_white_space_folded() -> None:
    """The order of combining marks and a no-break space change nothing."""
    assert word_figures(("الخُطًّاب\u00a0هنا",), ("الخُطّ\u064bاب هنا",))[2] == 1.0


@pytest.mark.parametrize(
    ("date", "precision", "day", "minute"),
    [
        ("2020-12-01T02:00:00+03:00", "minute", "right", "right"),
        ("2020-11-30T23:00:00+00:00", "minute", "right", "right"),
        ("2020-12-01T02:00:00+00:00", "minute", "right", "wrong"),
        ("2020-12-01T00:00:00+03:00", "day", "right", "null"),
        ("2020-12-01", None, "right", "null"),
        ("2020-01-01", None, "wrong", "wrong"),
        (None, None, "null", "null"),
    ],
)
def test_dates_are_right_wrong_or_null(date: str | None, precision: str | None, day: str, minute: str) -> None:
    """The same instant in any offset is right; a false offset is wrong by the minute; a bare day claims no minute."""
    reading = replace(RIGHT, date=date, precision=precision)
    assert (judge_day(GOLD, reading), judge_minute(GOLD, reading)) == (day, minute)


def test_an_invented_date_is_wrong_and_a_missing_one_is_not() -> None:
    """Where the page states none."""
    undated = replace(GOLD, date=None, precision=None)
    assert score(undated, RIGHT).figures["no_wrong_date"] == 0.0
    assert score(undated, replace(RIGHT, date=None)).figures["no_wrong_date"] == 1.0
    assert score(GOLD, replace(RIGHT, date=None)).figures["no_wrong_date"] == 1.0


def test_an_article_taken_for_none_scores_nothing_but_leaks_nothing() -> None:
    """Zeros for body and fields."""
    found = score(GOLD, ReaderResult(reason="challenge")).figures
    assert [found[name] for name in ("f1", "paragraphs", "headline", "authors", "dateline", "day", "read")] == [0.0] * 7
    assert found["clean"] == found["no_wrong_date"] == 1.0


def test_a_page_that_is_no_article_asks_only_to_be_refused() -> None:
    """Any body is one too many."""
    gold = replace(GOLD, refusal="listing")
    assert score(gold, ReaderResult(reason="listing")).figures == {"refused": 1.0}
    assert score(gold, RIGHT).figures == {"refused": 0.0}


def test_a_reader_is_not_blamed_for_what_it_does_not_read() -> None:
    """Fields it has none of are left out."""
    assert not set(score(GOLD, RIGHT, frozenset({"headline"})).figures) & {"authors", "dateline", "day", "no_wrong_date"}


def test_sites_weigh_the_same_in_a_group() -> None:
    """Nine pages of one site and one of another: the mean of two."""
    many = [score(GOLD, RIGHT)] * 9
    other = score(replace(GOLD, site="other"), ReaderResult())
    assert by_group([*many, other])["recorded"]["f1"] == 0.5


def test_all_that_a_page_prints_beside_its_story_is_furniture() -> None:
    """Scripts are not printed, and words of the story are not furniture."""
    markup = (
        f"<body><nav>الرئيسية</nav><p>عادت <b>المياه</b> إلى القرية</p><p>{SECOND}<script>var x = 'عاجل';</script></p>"
        "<aside>اقرأ أيضا: <a>خبر آخر</a></aside></body>"
    )
    page = replace(PAGE, body=markup.encode(), content_type="text/html; charset=utf-8")
    assert other_texts(page, (FIRST, SECOND)) == ("الرئيسية", "اقرأ أيضا:", "خبر آخر")


def test_the_diff_marks_what_was_lost_and_what_is_too_much() -> None:
    """Word by word, escaped."""
    shown = diff(("عادت المياه إلى القرية",), ("عادت المياه <b> القرية", "شارك"))
    assert "عادت المياه <del>إلى</del><ins>&lt;b&gt;</ins> القرية" in shown
    assert "<ins>شارك</ins>" in shown
