"""Words of a headline, a sidebar, a theme or a film beside it make no list and no missing page of a story."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.extractors.newsroom import (
    LEAD,
    SECOND,
    STORY,
    TITLE,
    article_of,
    body_of,
    document,
    held,
    paragraphs,
    refusal_of,
    unheld,
)

WRAPS = pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "stranger"])
LONG = [f"{line} وجاء ذلك في اليوم {n}." for n, line in enumerate(STORY * 2)]
DAY = "2026-11-03T09:15:00+03:00"


def _data(*nodes: dict[str, Any]) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@graph': list(nodes)}, ensure_ascii=False)}</script>"


def _with(markup: str, *, head: str = "", body: str = "") -> str:
    return markup.replace("</head>", f"{head}</head>").replace("<body>", f"<body {body}>")


DATED = _data({"@type": "NewsArticle", "headline": TITLE, "datePublished": DAY})
GRAPH = f"<meta property='og:type' content='article'><meta property='article:published_time' content='{DAY}'>"


@WRAPS
@pytest.mark.parametrize(
    "headline",
    [
        "حملة واسعة النطاق تضبط أدوية منتهية الصلاحية في دمشق",
        "السلطات تصادر على نطاق واسع لحوما معروضة للبيع",
        "404 كيلومترات من الأسلاك الشائكة على الحدود",
        "رئيس البلدية: عذرا لم نتمكن من إصلاح الشبكة",
    ],
)
def test_words_of_a_headline_make_no_missing_page(wrap, headline: str) -> None:  # type: ignore[no-untyped-def]
    """However short the story is."""
    article = article_of(wrap(paragraphs(*STORY)).replace(TITLE, headline))
    assert (article.headline, body_of(article)) == (headline, STORY)


@WRAPS
@pytest.mark.parametrize("headline", ["المحتوى غير متاح - شهادات صحفيين سوريين", "تسجيل الدخول إلى منصة المساعدات يبدأ غدا"])
@pytest.mark.parametrize("head", [DATED, GRAPH], ids=["linked data", "open graph"])
def test_an_article_that_states_its_day_may_have_any_headline(wrap, headline: str, head: str) -> None:  # type: ignore[no-untyped-def]
    """No missing page and no login states one."""
    article = article_of(_with(wrap(paragraphs(*STORY)), head=head).replace(TITLE, headline))
    assert (article.headline, body_of(article)) == (headline, STORY)


def _teasers(more: str, number: int) -> str:
    return "".join(
        f"<div class='s'><h4><a href='/archives/{n}'>أمطار غزيرة تغلق الطريق عند العقدة {n}</a></h4><p>{LEAD} {SECOND}</p><a href='/x{n}'>{more}</a></div>"
        for n in range(number)
    )


@WRAPS
@pytest.mark.parametrize("more", ["أكمل القراءة", "اقرأ المزيد »"])
def test_a_sidebar_of_teasers_makes_no_list_of_a_story(wrap, more: str) -> None:  # type: ignore[no-untyped-def]
    """Before the story or after it; a page of nothing else is a list."""
    sidebar = f"<div class='side'>{_teasers(more, 4)}</div>"
    assert body_of(article_of(wrap(paragraphs(*LONG)).replace("</body>", f"{sidebar}</body>"))) == LONG
    assert body_of(article_of(wrap(paragraphs(*LONG)).replace("<body>", f"<body>{sidebar}"))) == LONG
    assert refusal_of(document(f"<h1>أخبار</h1>{_teasers(more, 8)}")) == "listing"


@WRAPS
@pytest.mark.parametrize("name", ["home", "blog", "archive", "search", "category", "tag", "author"])
@pytest.mark.parametrize("head", [DATED, GRAPH], ids=["linked data", "open graph"])
def test_a_class_of_the_body_outranks_no_dated_article(wrap, name: str, head: str) -> None:  # type: ignore[no-untyped-def]
    """One that says of itself when it was published; a list that describes the stories it names states no day of its own."""
    assert body_of(article_of(_with(wrap(paragraphs(*STORY)), head=head, body=f"class='{name}'"))) == STORY
    others = _data({"@type": "NewsArticle", "headline": "أمطار غزيرة تغلق الطريق عند العقدة", "datePublished": DAY})
    listed = _with(wrap(paragraphs(*STORY)), head=f"{others}<meta property='og:type' content='article'>", body=f"class='{name}'")
    assert refusal_of(listed) in {"home", "listing", "search", "tag", "author"}


@WRAPS
@pytest.mark.parametrize("kind", ["CollectionPage", "ProfilePage", "SearchResultsPage"])
def test_a_page_may_describe_its_section_and_its_author(wrap, kind: str) -> None:  # type: ignore[no-untyped-def]
    """A list that stands at another address is not this page; one at this address is."""
    node = {"@type": kind, "name": "سامر الحموي", "url": "https://www.enabbaladi.net/archives/author/samer"}
    assert body_of(article_of(_with(wrap(paragraphs(*STORY)), head=_data(node)))) == STORY
    own = {**node, "url": "https://www.enabbaladi.net/archives/810000"}
    assert refusal_of(_with(wrap(paragraphs(*STORY)), head=_data(own))) == "listing"


@WRAPS
@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("<meta property='og:type' content='video.other'>", "video"),
        ("<meta name='pageType' content='Video Page'>", "video"),
        ("<meta name='pageType' content='gallery'>", "gallery"),
        ("<meta name='pageType' content='Article with video'>", "article"),
        ("<meta name='pageType' content='story-gallery'>", "article"),
        ("<meta name='pageType' content='section-article'>", "article"),
    ],
)
def test_a_film_with_a_story_beside_it_is_a_story(wrap, head: str, kind: str) -> None:  # type: ignore[no-untyped-def]
    """And has its kind; with a blurb it is a film."""
    article = article_of(_with(wrap(paragraphs(*STORY)), head=head))
    assert (article.kind, body_of(article)) == (kind, STORY)
    blurb = _with(wrap(paragraphs(LEAD)), head=head)
    if kind == "article":
        assert body_of(article_of(blurb)) == [LEAD]
    else:
        assert refusal_of(blurb) == kind
