"""An explanation is the reading itself, told: the same result, every source named, every line accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors import Article, Page, outlets, read
from extractors.body.container import page_lines
from extractors.fixture import page_from_fixture
from extractors.page.decoding import as_markup, decode
from extractors.reader import LexborHTMLParser, explain
from extractors.text import matching

PAGES = Path(__file__).parents[1] / "pages"
RECORDED = sorted(PAGES.glob("*/*.html"))
NEWS = PAGES / "enab_baladi" / "wordpress-2023-news.html"


def _outlet(path: Path) -> str | None:
    return path.parent.name if path.parent.name in outlets() else None


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_result_is_the_readers_own(path: Path) -> None:
    """There is one reading path: whoever asks why gets what the archive gets."""
    page, _ = page_from_fixture(path)
    told = explain(page, _outlet(path))
    assert told.result == read(page, _outlet(path))
    if isinstance(told.result, Article):
        assert told.layout == told.result.extractor.layout


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_line_is_body_or_dropped_by_a_named_rule(path: Path) -> None:
    """No line of the page is unaccounted for, and the dropped ones stand in page order."""
    page, _ = page_from_fixture(path)
    told = explain(page, _outlet(path))
    if not isinstance(told.result, Article):
        return
    lines = [block.text for block in page_lines(LexborHTMLParser(as_markup(decode(page.body, page.content_type))))]
    dropped = [each.text for each in told.dropped]
    body = told.result.body.split("\n\n")
    assert set(lines) <= set(dropped) | set(body) | {line for line in lines if matching(line) in matching(told.result.body)}
    places = iter(lines)
    assert all(text in places for text in dropped)
    assert all(each.rule for each in told.dropped)


def test_fields_name_their_source_and_what_lost() -> None:
    """The headline came from the page; JSON-LD said it too."""
    page, _ = page_from_fixture(NEWS)
    told = explain(page)
    fields = {field.name: field for field in told.fields}
    assert fields["headline"].source == "page"
    assert fields["headline"].lost[0][0] == "json-ld"
    assert fields["date_published"].source == "json-ld"
    assert fields["date_published"].lost[0][0] == "article:published_time"


def test_the_container_and_the_rules_are_named() -> None:
    """Which element was chosen, and why «اقرأ أيضًا» is not in the body."""
    page, _ = page_from_fixture(NEWS)
    told = explain(page)
    assert told.container.endswith("div.content-article")
    rules = {each.text: each.rule for each in told.dropped}
    assert rules["اقرأ أيضًا: أزمة الطحين تعود إلى ريف حماة"] == "aside"
    assert rules["ادعم عنب بلدي"] == "outside the container"


def test_disagreements_are_sentences() -> None:
    """Dates more than a day apart and headlines that differ are told; the stated order decides."""
    page, _ = page_from_fixture(NEWS)
    changed = page.body.replace(b"2020-01-12T08:15", b"2020-02-12T08:15", 1)
    told = explain(Page(url=page.url, body=changed, content_type=page.content_type, fetched_at=page.fetched_at))
    assert any(sentence.startswith("date_published:") and "more than a day apart" in sentence for sentence in told.disagreements)
    assert explain(page).disagreements == ()


def test_markup_rules_name_the_selector() -> None:
    """A line that went with its element names the selector that took it."""
    markup = (
        "<title>سرمدا تبدأ تعبيد طريق المعبر</title><div class='content-article'><h1>سرمدا تبدأ تعبيد طريق المعبر</h1>"
        "<p>قال رئيس البلدية إن العمل في الطريق بدأ صباحًا، وإن الورشات تنتهي منه في غضون شهرين.</p>"
        "<div class='related'><p>سوق جديدة في الدانا</p></div></div>"
    )
    page, _ = page_from_fixture(NEWS)
    told = explain(Page(url=page.url, body=markup.encode(), fetched_at=page.fetched_at))
    assert {each.text: each.rule for each in told.dropped}["سوق جديدة في الدانا"] == "markup: [class*='related' i]"
