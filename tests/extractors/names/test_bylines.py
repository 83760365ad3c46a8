"""Who wrote: persons as the page names them, on whatever line; no house, no agency, no text for screen readers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.article import Dateline
from extractors.names.lone_names import lone_names
from extractors.names.signatures import reporter_of_agency
from extractors.text import display, matching
from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, document, held, paragraphs, unheld

UNKNOWN = "https://www.wadi-news.example/local/2026/water"
SMART = "https://smartnews-agency.com/ar/wires/2018-02-03-x"
UNSEEN = "<span class='screen-reader-text'>أرسل بريدا إلكترونيا</span>"
HOUSE = frozenset({matching("عنب بلدي")})


def _around(*, before: str = "", after: str = "", container: str = "q", site: str = "أخبار الوادي", head: str = "") -> str:
    menu = "<div class='m1'><a href='/'>الرئيسية</a><a href='/n'>أخبار</a></div>"
    story = f"<article><h1>{TITLE}</h1>{before}<div class='{container}'>{paragraphs(*STORY)}</div>{after}</article>"
    return document(f"{head}{menu}{story}<div class='m2'><a href='/x'>من نحن</a></div>", site=site)


@pytest.mark.parametrize("container", ["q", "post-content"], ids=["unknown", "theme"])
@pytest.mark.parametrize(
    "byline",
    [
        f"<div class='author'><a class='author-name'>سامر الحموي</a><a class='author-email'>{UNSEEN}</a></div>",
        "<div class='author'><a class='author-name'>سامر الحموي</a><span class='sr-only'>راسل الكاتبة هنا</span></div>",
        "<span class='author-name'>سامر الحموي</span><a class='author-email'>أرسل بريدًا إلكترونيًا</a>",
        "<div class='byline'>سامر الحموي نشر في 3/11/2026</div>",
        "<div class='byline'>سامر الحموي آخر تحديث 3/11/2026 - 12:00</div>",
    ],
    ids=["Jannah", "other text", "unhidden", "published", "updated"],
)
def test_of_an_author_box_only_the_name_is_taken(container: str, byline: str) -> None:
    """Buttons, dates and texts for screen readers are no names."""
    assert article_of(_around(before=byline, container=container), url=UNKNOWN).authors == ("سامر الحموي",)


def test_english_bylines_run_into_their_date() -> None:
    """Euronews prints «By NAME Published»; two names are two authors."""
    article = article_of(_around(before="<div class='byline'>By Stefan Grobe Published on 3/11/2026</div>"), url=UNKNOWN)
    assert article.authors == ("Stefan Grobe",)
    data = '<meta name="author" content="Samya Kullab and Vasilisa Stepanenko">'
    assert article_of(_around(head=data), url=UNKNOWN).authors == ("Samya Kullab", "Vasilisa Stepanenko")


@pytest.mark.parametrize(
    "name",
    [
        "شام نيوز",
        "وكالة الأناضول",
        "رويترز",
        "سانا",
        "فرانس برس",
        "مكتب دمشق",
        "الوادي ميديا",
        "Wadi Media",
        "France Press",
        "دار الوادي للنشر",
    ],
)
@pytest.mark.parametrize("where", ["box", "data", "meta"])
def test_houses_and_agencies_are_no_authors(name: str, where: str) -> None:
    """The last one is known only because the page names it as its publisher."""
    publisher = '"publisher": {"@type": "Organization", "name": "دار الوادي للنشر"}'
    author = f', "author": {{"@type": "Person", "name": "{name}"}}' if where == "data" else ""
    head = f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{TITLE}", {publisher}{author}}}</script>'
    head += f'<meta name="author" content="{name}">' if where == "meta" else ""
    before = f"<div class='author'>{name}</div>" if where == "box" else ""
    assert article_of(_around(before=before, head=head), url=UNKNOWN).authors == ()


@pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "unknown"])
@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("سامر الحموي", ("سامر الحموي",)),
        ("عنب بلدي لجين مراد", ("لجين مراد",)),
        ("لجين مراد عنب بلدي", ("لجين مراد",)),
        ("عنب بلدي – لجين مراد", ("لجين مراد",)),
        ("لجين مراد، سامر الحموي", ("لجين مراد", "سامر الحموي")),
        ("لجين مراد وسامر الحموي", ("لجين مراد", "سامر الحموي")),
        ("لجين مراد | سامر الحموي | هبة دباس", ("لجين مراد", "سامر الحموي", "هبة دباس")),
    ],
)
def test_a_name_that_opens_the_story_is_its_author(wrap: object, line: str, names: tuple[str, ...]) -> None:
    """And no part of the body, with a layout and without."""
    article = article_of(wrap(paragraphs(line, *STORY)))  # type: ignore[operator]
    assert (article.authors, body_of(article)) == (names, STORY)


@pytest.mark.parametrize("line", ["محمد صلاح في دمشق", "نور على الطريق", "حلب القديمة", "سامر الحموي: لم نيأس", "أمل جديد."])
def test_a_short_first_line_that_names_nobody_stays(line: str) -> None:
    """Subheads of a trusted container are story, whatever word they begin with."""
    article = article_of(held(paragraphs(line, *STORY)))
    assert (article.authors, body_of(article)) == ((), [line, *STORY])


@pytest.mark.parametrize("container", ["q", "post-content"], ids=["unknown", "theme"])
@pytest.mark.parametrize("tag", ["div", "p", "span", "p><strong"])
def test_an_unlabelled_name_right_after_the_story_is_its_author(container: str, tag: str) -> None:
    """Outside the element of the story too."""
    after = f"<{tag}>سامر الحموي</{tag.partition('>')[0]}>"
    article = article_of(_around(after=after, container=container), url=UNKNOWN)
    assert (article.authors, body_of(article)) == (("سامر الحموي",), STORY)


@pytest.mark.parametrize("standfirst", ["<header><div><p>{}</p></div></header>", "<div><p><em>{}</em></p></div>"])
def test_a_standfirst_between_headline_and_byline_hides_no_author(standfirst: str) -> None:
    """It is a sentence, and no paragraph of the story yet."""
    before = standfirst.format(STORY[2]) + "<div><a href='/author/7'>سامر الحموي</a></div>"
    assert article_of(_around(before=before), url=UNKNOWN).authors == ("سامر الحموي",)


@pytest.mark.parametrize("line", ["سمارت-هبة دباس", "سمارت – الحسكة", "لجين مراد"])
def test_a_short_wire_without_a_layout_keeps_its_first_line_out(line: str) -> None:
    """Whoever reads the page: a second reader's text opens with the same line."""
    inner = (
        f"<div class='x1'><h1>{TITLE}</h1><div>تاريخ النشر: 2018/02/03 16:20</div><div class='x2'>{paragraphs(line, *STORY[:2])}"
    )
    article = article_of(document(f"{inner}</div></div><footer><span>جميع الحقوق محفوظة</span></footer>"), url=SMART)
    assert body_of(article) == STORY[:2]


@pytest.mark.parametrize("container", ["q", "post-content"], ids=["unknown", "theme"])
def test_names_in_links_after_the_story_are_those_of_others(container: str) -> None:
    """«اقرأ لهم»: a list of writers."""
    after = "<div><a href='/w/1'>سامر الحموي</a> <a href='/w/2'>هدى الصوان</a></div>"
    assert article_of(_around(after=after, container=container), url=UNKNOWN).authors == ()


@pytest.mark.parametrize(
    ("lines", "place", "authors"),
    [
        (["محمد حسن الحمصي سمارت – حلب"], "حلب", ("محمد حسن الحمصي",)),
        (["محمد الحاج، إيمان حسن سمارت - حلب"], "حلب", ("محمد الحاج", "إيمان حسن")),
        (["عبيدة النبواني سمارت-تركيا"], "تركيا", ("عبيدة النبواني",)),
        (["إيمان حسن, محمد الحاج", "سمارت - إدلب"], "إدلب", ("إيمان حسن", "محمد الحاج")),
        (["بدرة قعدان, ظلال الحموي", "سمارت - إدلب"], "إدلب", ("بدرة قعدان", "ظلال الحموي")),
        (["سمارت - حلب - خاص"], "حلب", ()),
        (["سمارت – دير الزور – خاص"], "دير الزور", ()),
        (["سمارت - خاص"], None, ()),
        (["سمارت - هبة دباس - حلب"], "حلب", ("هبة دباس",)),
    ],
)
def test_datelines_of_smart_name_people_and_places(lines: list[str], place: str | None, authors: tuple[str, ...]) -> None:
    """As its wires print them; given names of a line above the dateline need not be known."""
    page = document(f"<h1>{TITLE}</h1><div class='wire-body'>{paragraphs(*lines, *STORY)}</div>", site="سمارت")
    article = article_of(page, url=SMART)
    assert article.dateline == Dateline(lines[-1], "سمارت", place)
    assert (article.authors, body_of(article)) == (authors, STORY)


@pytest.mark.parametrize(
    ("line", "place", "authors"),
    [
        ("محمد حسن الحمصي سمارت – حلب", "حلب", ("محمد حسن الحمصي",)),
        ("سمارت - هبة دباس", None, ("هبة دباس",)),
        ("سمارت - هبة دباس - حلب", "حلب", ("هبة دباس",)),
        ("سمارت - حلب", "حلب", ()),
    ],
)
def test_wires_that_others_republish_keep_their_dateline(line: str, place: str | None, authors: tuple[str, ...]) -> None:
    """On a site that nobody described."""
    article = article_of(_around(before="").replace(f"<p>{STORY[0]}", f"<p>{line}</p><p>{STORY[0]}"), url=UNKNOWN)
    assert (article.dateline, article.authors, body_of(article)) == (Dateline(line, "سمارت", place), authors, STORY)


@given(st.text(max_size=120))
def test_any_line_names_persons_or_none(line: str) -> None:
    """And names only what stands on it."""
    for name in (*lone_names(line, HOUSE), *lone_names(line, HOUSE, certain=True)):
        assert name in display(line)
    told = reporter_of_agency(line)
    assert told is None or told[1]
