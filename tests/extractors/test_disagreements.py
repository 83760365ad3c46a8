"""Where the parts of a page contradict each other, a stated order decides and the record says so."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from extractors import Article, read
from extractors.article import Disagreement
from extractors.reader import explain
from storage.record import Capture, record, schema
from tests.extractors.newsroom import STORY, TITLE, article_of, document, page_of, paragraphs

CONTENT = f"<div class='content-article'>{paragraphs(*STORY)}</div>"


def _page(printed: str = "", **data: object) -> str:
    linked = json.dumps({"@type": "NewsArticle", **data}, ensure_ascii=False)
    return document(f"<script type='application/ld+json'>{linked}</script><article><h1>{TITLE}</h1>{printed}{CONTENT}</article>")


@pytest.mark.parametrize(
    ("printed", "said", "expected"),
    [
        ("", {"headline": TITLE}, ()),
        ("", {"headline": TITLE[:35]}, ()),
        ("", {"headline": "مضخة تنهي العطش"}, (Disagreement("headline", "page", "json-ld", "مضخة تنهي العطش"),)),
        (
            "<time>3 تشرين الثاني 2026</time>",
            {"datePublished": "2026-10-03T09:00:00+03:00"},
            (Disagreement("date_published", "json-ld", "page", "3 تشرين الثاني 2026", "more than a day apart"),),
        ),
        (
            "<time>3 تشرين الثاني 2026 - 15:00</time>",
            {"datePublished": "2026-11-03T09:00:00+03:00"},
            (Disagreement("date_published", "json-ld", "page", "3 تشرين الثاني 2026 15:00", "hours that differ"),),
        ),
        ("<time>3 تشرين الثاني 2026</time>", {"datePublished": "2026-11-03T09:00:00+03:00"}, ()),
        (
            "<div class='author-name'>هبة دباس</div>",
            {"author": {"name": "سامر الحموي"}},
            (Disagreement("authors", "page", "json-ld", "سامر الحموي"),),
        ),
    ],
    ids=["same", "cut short", "headline", "days", "hours", "the same day", "authors"],
)
def test_contradictions_are_recorded(printed: str, said: dict[str, object], expected: tuple[Disagreement, ...]) -> None:
    """What one source only says shorter or more roughly is no contradiction."""
    article = article_of(_page(printed, **said))
    assert article.disagreements == expected


def test_a_date_that_cannot_be_true_is_recorded_as_not_believed() -> None:
    """The number of the article was given out in other years; nothing is left to believe."""
    article = article_of(_page(datePublished="2013-05-02T09:00:00+03:00"))
    (told,) = article.disagreements
    assert article.date_published is None
    assert (told.field, told.chosen, told.other) == ("date_published", None, "json-ld")
    assert "number" in (told.note or "")


@pytest.mark.parametrize(("line", "relative"), [("منذ يومين", True), ("20 تشرين الثاني 2026", False)])
def test_a_date_reckoned_from_the_capture_is_marked(line: str, relative: bool) -> None:
    """«منذ يومين» and its day give the same date, and only one of them is stated by the page."""
    article = article_of(document(f"<article><h1>{TITLE}</h1><div>{line}</div>{CONTENT}</article>"))
    assert (article.date_published or "")[:10] == "2026-11-20"
    assert (article.date_published_relative, article.date_published_source) == (relative, "page")


def test_the_record_carries_both_and_fits_its_schema() -> None:
    """As it is archived; and whoever asks why gets the same."""
    page = page_of(_page("<time>3 تشرين الثاني 2026</time>", datePublished="2026-10-03T09:00:00+03:00"))
    article = read(page)
    assert isinstance(article, Article)
    assert explain(page).result == article
    kept = record(
        replace(article, date_published_relative=True),
        Capture(page.fetched_at, 200),
        content_hash=f"sha256:{'0' * 64}",
        revision=1,
        previous=None,
        run_id="r",
    )
    jsonschema.Draft202012Validator(json.loads(schema())).validate(kept)
    assert kept["date_published_relative"] is True
    assert kept["disagreements"][0]["value"] == "3 تشرين الثاني 2026"
