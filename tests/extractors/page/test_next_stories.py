"""What stands on the page of a story and is longer than it: the next stories, loaded under it, and a box about consent."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import pytest

from extractors.reader import explain
from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, document, page_of, paragraphs

OTHER_TITLE = "أمطار غزيرة تغلق الطريق الدولي عند العقدة"
OTHER = [f"{line} وأضافت المديرية أن الطريق القديم مغلق أيضا منذ {n + 2} أيام." for n, line in enumerate(STORY[::-1] * 2)]
WRAPS = {
    "article": "<article class='post'><h1>{}</h1><div class='entry-content'>{}</div></article>",
    "layout": "<div class='single item-{}'><h1>{}</h1><div class='content-article'>{}</div></div>",
    "nobody knows": "<div class='q1'><div class='q0'><h1>{}</h1></div><div class='q2'>{}</div></div>",
    "a heading of the second order": "<article><h2>{}</h2><div class='entry-content'>{}</div></article>",
}


def _piece(wrap: str, title: str, lines: list[str]) -> str:
    return WRAPS[wrap].replace("item-{}", "item").format(title, paragraphs(*lines))


@pytest.mark.parametrize("around", ["{}", "<div id='next'>{}</div>"], ids=["beside", "in an element of their own"])
@pytest.mark.parametrize("wrap", WRAPS)
def test_the_next_stories_are_not_this_one(wrap: str, around: str) -> None:
    """Two of them, each twice as long."""
    others = _piece(wrap, OTHER_TITLE, OTHER) + _piece(wrap, f"{OTHER_TITLE} مجددا", OTHER[::-1])
    article = article_of(document(_piece(wrap, TITLE, STORY) + around.format(others)))
    assert (article.headline, body_of(article)) == (TITLE, STORY)


def test_stories_within_stories_go_once() -> None:
    """A next story with two headings of the first order, and one that holds another."""
    inner = _piece("nobody knows", f"{OTHER_TITLE} غدا", OTHER)
    outer = f"<div class='q1'><h1>{OTHER_TITLE}</h1>{paragraphs(*OTHER)}<h1>ماذا بعد السيول هنا</h1>{inner}</div>"
    assert body_of(article_of(document(_piece("nobody knows", TITLE, STORY) + outer))) == STORY


def test_lines_of_the_next_stories_are_explained() -> None:
    told = explain(page_of(document(_piece("article", TITLE, STORY) + _piece("article", OTHER_TITLE, OTHER))))
    assert [each.text for each in told.dropped if each.rule == "next story"] == [OTHER_TITLE, *OTHER]


@pytest.mark.parametrize(
    "inner",
    [
        f"<h1>{TITLE}</h1><div class='content-article'>{paragraphs(*STORY)}<h1>ماذا بعد إصلاح الخط</h1>{paragraphs(*OTHER)}</div>",
        f"<article><section><h1>{TITLE}</h1>{paragraphs(*STORY)}</section><div><h1>ماذا بعد إصلاح الخط</h1>{paragraphs(*OTHER)}</div></article>",
        f"<div class='a'><h1>{TITLE}</h1></div><div class='a'><h1>تحقيق عن الماء في السلمية</h1>{paragraphs(*STORY, *OTHER)}</div>",
        f"<div class='a'><h1>صحيفة المدينة اليومية</h1></div><div class='b'><h1>{TITLE}</h1>{paragraphs(*STORY, *OTHER)}</div>",
        f"<div class='a'><h1>{TITLE}</h1>{paragraphs(*STORY)}</div><div class='a'><h1>{TITLE}</h1>{paragraphs(*OTHER)}</div>",
    ],
    ids=["a subhead", "a section of another kind", "a deck", "the site's name", "the headline again"],
)
def test_another_h1_alone_makes_no_other_story(inner: str) -> None:
    """It needs an element like the one that holds this headline and a story."""
    body = body_of(article_of(document(inner)))
    assert [line for line in body if line in [*STORY, *OTHER]] == [*STORY, *OTHER]


CONSENT = [
    "نحن وشركاؤنا نخزن معلومات على جهازك ونصل إليها، مثل ملفات تعريف الارتباط، ونعالج بيانات شخصية مثل المعرفات الفريدة.",
    "يمكنك أن توافق على معالجتنا للبيانات كما وصف أعلاه، أو أن تقرأ معلومات أكثر تفصيلا وتغير تفضيلاتك قبل الموافقة عليها.",
    "قد لا تحتاج بعض معالجات بياناتك إلى موافقتك، ولك الحق في الاعتراض عليها، وتسري تفضيلاتك على هذا الموقع وحده لا غيره.",
    "تستطيع أن تغير رأيك متى شئت بالعودة إلى هذا الموقع، أو بزيارة صفحة سياسة الخصوصية التي تجد رابطها في أسفل كل صفحة.",
    "يقدم شركاؤنا إعلانات ومحتوى بحسب ما تقرأ، ويقيسون أداء الإعلانات والمحتوى، ويستفيدون من أبحاث الجمهور لتحسين المنتجات.",
]


@pytest.mark.parametrize("place", ["<body>{}", "{}</body>"], ids=["before", "after"])
@pytest.mark.parametrize(
    "mark",
    [
        "id='didomi-host'",
        "id='onetrust-banner-sdk'",
        "class='qc-cmp2-container'",
        "role='alertdialog'",
        "aria-modal='true'",
        "class='cookie-notice'",
        "id='cookie-law-info'",
        "class='gdpr-box'",
        "id='consent-root'",
        "role='dialog'",
    ],
)
@pytest.mark.parametrize("container", ["content-article", "q2"])
def test_a_box_that_asks_for_consent_is_no_story(container: str, mark: str, place: str) -> None:
    """Though it is longer than the story, and nothing tells it apart but its name or role."""
    page = document(f"<div class='q1'><h1>{TITLE}</h1><div class='{container}'>{paragraphs(*STORY)}</div></div>")
    box = f"<div {mark}><div>{paragraphs(*CONSENT)}</div></div>"
    assert body_of(article_of(page.replace(place.replace("{}", ""), place.format(box)))) == STORY
