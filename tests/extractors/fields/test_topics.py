"""Sections, and what kind of text a page holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.fields.transcript import is_transcript
from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, document, paragraphs, refusal_of

HOST = "https://www.aljazeera.net"
NEWS = f"{HOST}/news/2026/11/8/x"
PROGRAMME = f"{HOST}/programs/behindthenews/2008/3/14/x"
TURNS = [
    "ليلى الشايب: أهلا بكم في حلقة اليوم التي نسأل فيها عن الماء في ريف السلمية.",
    "[تقرير مسجل]",
    "وليد الشحود: وصلت المياه إلى القرى الثلاث بعد أربعة أشهر من العمل.",
    "ليلى الشايب: شكرا لك وإلى اللقاء.",
]


def _page(story: str, *, crumbs: str = "", head: str = "", below: str = "", site: str = "الجزيرة نت") -> str:
    breadcrumbs = f"<div class='breadcrumbs'>{crumbs}</div>" if crumbs else ""
    article = f"<article><h1>{TITLE}</h1><div class='wysiwyg wysiwyg--all-content'>{story}</div>{below}</article>"
    return document(f"{head}<main>{breadcrumbs}{article}</main>", site=site)


def _links(*names: str) -> str:
    return "".join(f"<a href='/{n}'>{name}</a>" for n, name in enumerate(names))


@pytest.mark.parametrize(
    ("crumbs", "expected"),
    [
        (["الجزيرة نت", "أخبار"], ("أخبار",)),
        (["الرئيسية", "الجزيرة نت", "أخبار", "سوريا"], ("أخبار", "سوريا")),
        (["الجزيرة", "اقتصاد", TITLE], ("اقتصاد",)),
        (["الجزيرة نت"], ("محليات",)),
        ([], ("محليات",)),
    ],
)
def test_a_breadcrumb_names_sections_and_not_the_site(crumbs: list[str], expected: tuple[str, ...]) -> None:
    """Nor the front page, nor the headline; where nothing is left the data speak."""
    linked = f'{{"@type": "NewsArticle", "headline": "{TITLE}", "articleSection": ["الجزيرة نت", "محليات"]}}'
    head = f'<script type="application/ld+json">{linked}</script>'
    assert article_of(_page(paragraphs(*STORY), crumbs=_links(*crumbs), head=head), url=NEWS).section == expected


@pytest.mark.parametrize(
    "turns",
    [
        TURNS,
        [TURNS[0], TURNS[2]],
        [TURNS[0], "[فاصل إعلاني]", "ونعود إليكم بعد قليل مع ضيوفنا في الاستوديو."],
        ["- ليلى الشايب [مقاطعة]: وماذا بعد؟", "- وليد الشحود: نبدأ المرحلة الثانية قريبا جدا بإذن الله."],
        ["قدري جميل:", "نعم هذا ما جرى في ريف السلمية كله.", "قدري جميل:", "ولا جديد بعد ذلك."],
    ],
    ids=["marks", "two turns", "a turn and a mark", "bullets", "names on lines of their own"],
)
def test_a_short_transcript_is_one_by_its_turns(turns: list[str]) -> None:
    """However few words it has."""
    article = article_of(_page(paragraphs(*turns)), url=PROGRAMME)
    assert (article.kind, body_of(article)) == ("transcript", turns)


@pytest.mark.parametrize(
    "lines",
    [
        ["تبحث الحلقة عودة الماء إلى ثلاث قرى في ريف السلمية بعد انقطاع دام أربعة أشهر كاملة."],
        ["تبحث الحلقة عودة الماء إلى ثلاث قرى في ريف السلمية.", "تقديم: ليلى الشايب", "ضيوف الحلقة: وليد الشحود وسامر الحموي"],
        ["تاريخ الحلقة: 12/3/2008", "مقدم الحلقة: ليلى الشايب", "تبحث الحلقة عودة الماء إلى ثلاث قرى في ريف السلمية."],
    ],
    ids=["blurb", "presenter and guests", "head of an old programme"],
)
def test_a_programme_without_turns_is_a_film(lines: list[str]) -> None:
    """A list of who takes part is no transcript."""
    assert refusal_of(_page(paragraphs(*lines)), url=PROGRAMME) == "video"


def test_marks_tell_a_transcript_at_any_address() -> None:
    """The old pages of Al Jazeera have a number for an address."""
    url = f"{HOST}/NR/exeres/12345678-1234-1234-1234-123456789ABC.htm"
    assert article_of(_page(paragraphs(*TURNS)), url=url).kind == "transcript"
    assert article_of(_page(paragraphs(*STORY, TURNS[0], TURNS[2])), url=url).kind == "article"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (f"{HOST}/opinions/2026/11/8/x", {}),
        (f"{HOST}/opinions/politics/2026/11/8/x", {}),
        (f"{HOST}/knowledgegate/opinions/2014/5/8/x", {}),
        (f"{HOST}/blogs/2018/5/8/x", {}),
        (NEWS, {"crumbs": _links("الجزيرة نت", "مقالات رأي")}),
        (NEWS, {"head": "<meta name='pageSection' content='آراء'>"}),
        (NEWS, {"head": "<meta property='article:section' content='مدونات'>"}),
        (NEWS, {"below": "<p>الآراء الواردة في المقال لا تعكس بالضرورة الموقف التحريري لشبكة الجزيرة.</p>"}),
        (NEWS, {"below": "<div><em>هذا المقال يعبر عن رأي كاتبه ولا يعبر بالضرورة عن رأي الموقع</em></div>"}),
        ("https://www.wadi-news.example/opinion/2026/x", {}),
        ("https://www.wadi-news.example/ar/آراء/x", {}),
    ],
)
def test_opinion_is_told_by_address_section_or_disclaimer(url: str, page: dict[str, str]) -> None:
    """Any of them is enough."""
    article = article_of(_page(paragraphs(*STORY), **page), url=url)
    assert (article.kind, body_of(article)) == ("opinion", STORY)


@pytest.mark.parametrize(
    "below",
    [
        "<footer>المقالات المنشورة لا تعبر بالضرورة عن رأي الموقع</footer>",
        "<div>التعليقات لا تعكس بالضرورة رأي الصحيفة</div>",
        "<p>قال إن النتائج لا تعكس بالضرورة رأي الناس في المقال الصحفي عامة.</p>",
    ],
)
def test_what_every_page_of_a_site_disclaims_tells_no_opinion(below: str) -> None:
    """Only a sentence about this piece does."""
    assert article_of(_page(paragraphs(*STORY), below=below), url=NEWS).kind == "article"


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_lines_are_a_transcript_or_none(lines: list[str]) -> None:
    """Without a colon nobody speaks."""
    assert not is_transcript([line.replace(":", "") for line in lines])
    is_transcript(lines)
