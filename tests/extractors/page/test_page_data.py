"""A page that a script draws from JSON tells its story there; what it shows itself may be nothing, or the lead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, document, held, paragraphs, refusal_of, unheld

OTHER = [f"{line} وهذا خبر آخر لا علاقة له بالأول." for line in STORY * 2]
MARKUP = paragraphs(*STORY)
PIECES = [{"type": "paragraph", "data": {"text": line}} for line in STORY]
POLICY = "نحترم خصوصية قرائنا ولا نبيع بياناتهم لأحد من المعلنين أو الشركاء في أي وقت من الأوقات، ونشرح هنا ما نجمعه منها. " * 8
FORMS: dict[str, Any] = {
    "props": {"props": {"pageProps": {"article": {"title": TITLE, "body": MARKUP}}}},
    "rendered": [{"id": 1, "title": {"rendered": TITLE}, "content": {"rendered": MARKUP, "protected": False}}],
    "pieces": {"story": {"headline": TITLE, "blocks": PIECES, "related": [{"title": "خبر آخر", "text": " ".join(OTHER)}]}},
    "lines": {"story": {"headline": TITLE, "content": STORY}},
    "flat": [{"title": 1, "body": 2}, TITLE, MARKUP],
    "after others": {
        "list": [{"title": "خبر آخر من الموقع اليوم", "body": paragraphs(*OTHER)}, {"title": TITLE, "body": MARKUP}]
    },
    "beside the site's settings": {"site": {"name": "عنب بلدي", "policy": POLICY}, "a": {"title": TITLE, "body": MARKUP}},
}


def _data(value: Any) -> str:
    return f"<script id='__NEXT_DATA__' type='application/json'>{json.dumps(value, ensure_ascii=False)}</script>"


@pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "stranger"])
@pytest.mark.parametrize("shown", [0, 1])
@pytest.mark.parametrize("form", FORMS)
def test_the_story_is_read_from_its_data(wrap, shown: int, form: str) -> None:  # type: ignore[no-untyped-def]
    """The record says that they spoke."""
    article = article_of(wrap(paragraphs(*STORY[:shown]) + _data(FORMS[form])))
    assert (article.headline, body_of(article), article.extractor.layout) == (TITLE, STORY, "page-data")


@pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "stranger"])
@pytest.mark.parametrize(
    "value",
    [
        {"title": "خبر آخر من الموقع اليوم", "body": paragraphs(*OTHER)},
        {"title": TITLE, "body": paragraphs(*OTHER)},
        {"title": TITLE, "related": [{"title": "خبر آخر من الموقع", "body": paragraphs(*OTHER)}]},
        {"title": "عنب بلدي", "policy": POLICY},
        [[[[TITLE]]]] * 3,
        "x" * 10_000,
    ],
    ids=["another story", "another text", "related", "the site", "no text", "a string"],
)
def test_a_page_that_shows_its_story_is_read_from_what_it_shows(wrap, value: Any) -> None:  # type: ignore[no-untyped-def]
    """Whatever else its data hold."""
    assert body_of(article_of(wrap(MARKUP + _data(value)))) == STORY


@pytest.mark.parametrize("script", ["{", "[" * 100_000, "null", "{}", "", '"', "\ud83d".encode("utf-8", "replace").decode()])
def test_data_that_cannot_be_read_cost_nothing_else(script: str) -> None:
    assert body_of(article_of(held(f"{MARKUP}<script type='application/json'>{script}</script>"))) == STORY


def test_a_page_of_the_site_itself_is_no_story() -> None:
    """Its title is the site's name, beside which a long text may stand."""
    page = document(f"<div id='root'></div>{_data({'title': 'عنب بلدي', 'about': POLICY})}", title="عنب بلدي")
    assert refusal_of(page) in {"no-body", "no-headline"}
