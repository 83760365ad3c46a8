"""What pages written after the reader was tuned got wrong: each rule learned from them, and the story that it must not touch."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import pytest

from extractors import Article, read
from extractors.dates.printed import parse_printed
from tests.extractors.newsroom import LAST, LEAD, SECOND, STORY, THIRD, TITLE, body_of, document, page_of, paragraphs, refusal_of

URL = "https://news.example.org/a/1"
SITE = "صحيفة الوادي"
SUMMARY = "أهالي القرى دفعوا كلفة الإصلاح كاملة ولم ينتظروا وعود المديرية."


def _read(inner: str, *, url: str = URL, outlet: str | None = None) -> Article:
    result = read(page_of(document(f"<div class='q'>{inner}</div>", site=SITE), url=url), outlet)
    assert isinstance(result, Article), result
    return result


def _page(story: str, beside: str = "<div>19 نوفمبر 2026</div>") -> Article:
    return _read(f"<h1>{TITLE}</h1>{beside}<div class='w'>{story}</div>")


@pytest.mark.parametrize("name", ["chapo", "t-content__chapo", "intro", "brief", "article-subtitle", "post-excerpt"])
def test_a_paragraph_named_a_standfirst_is_the_description(name: str) -> None:
    """It stands alone in its element and the story begins after it."""
    article = _page(f"<p class='{name}'>{SUMMARY}</p>{paragraphs(*STORY)}")
    assert body_of(article) == STORY
    assert article.description == SUMMARY


def test_a_first_paragraph_that_the_second_goes_on_from_is_story() -> None:
    """«وقال …» begins no story, whatever the paragraph before it is called; nor does «lead» name a standfirst."""
    assert body_of(_page(f"<p class='intro'>{LEAD}</p>{paragraphs(SECOND, THIRD, LAST)}")) == STORY
    assert body_of(_page(f"<p class='lead'>{LEAD}</p>{paragraphs(THIRD, SECOND, LAST)}")) == [LEAD, THIRD, SECOND, LAST]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (f"لندن ـ “{SITE}”:", "لندن"),
        (f"{SITE} - إدلب", "إدلب"),
        (f"تل الرمان/ ليث الشامي/ {SITE}", "تل الرمان"),
    ],
)
def test_the_sites_own_name_and_a_place_are_a_dateline(line: str, place: str) -> None:
    """The page's title says what the site is called."""
    article = _page(f"<p>{line}</p>{paragraphs(*STORY)}")
    assert body_of(article) == STORY
    assert article.dateline is not None
    assert (article.dateline.agency, article.dateline.place) == (SITE, place)
    assert article.authors == (("ليث الشامي",) if "ليث" in line else ())


def test_the_sites_own_dateline_may_run_into_the_first_sentence() -> None:
    """It stays in the body and is told besides."""
    lead = f"دمشق – «{SITE}»: {LEAD}"
    article = _page(paragraphs(lead, *STORY[1:]))
    assert body_of(article)[0] == lead
    assert article.dateline is not None
    assert (article.dateline.agency, article.dateline.place) == (SITE, "دمشق")


def test_the_name_of_a_section_is_no_place() -> None:
    """A breadcrumb has the form of a dateline."""
    assert _page(f"<p>سياسة - {SITE}</p>{paragraphs(*STORY)}").dateline is None


def test_a_source_line_is_no_dateline() -> None:
    """«المصدر: نوفوستي» has the form of a place and an agency."""
    article = _page(f"{paragraphs(*STORY)}<p><strong>المصدر:</strong> نوفوستي</p>")
    assert article.dateline is None
    assert article.sources == ("نوفوستي",)


@pytest.mark.parametrize("line", ["ع.ح/ ع.ج (د ب أ، رويترز)", "د ب أ، رويترز", "(د ب أ، رويترز)"])
def test_agencies_below_the_story_are_its_sources(line: str) -> None:
    """With the initials of editors or without."""
    article = _page(f"{paragraphs(*STORY)}<p>{line}</p>")
    assert body_of(article) == STORY
    assert article.sources == ("د ب أ", "رويترز")


@pytest.mark.parametrize(
    ("line", "authors", "editors"),
    [
        ("(إعداد سامي الحلبي للنشرة العربية - تحرير هدى النجار)", (), ("هدى النجار",)),
        ("إعداد: سامي الحلبي – تحرير: هدى النجار", ("سامي الحلبي",), ("هدى النجار",)),
    ],
)
def test_who_prepared_and_who_edited_stands_below_the_story(
    line: str, authors: tuple[str, ...], editors: tuple[str, ...]
) -> None:
    """Who prepared an agency's text for its Arabic service did not write it; with a colon he did."""
    article = _page(f"{paragraphs(*STORY)}<p>{line}</p>")
    assert (body_of(article), article.authors, article.editors) == (STORY, authors, editors)


@pytest.mark.parametrize(
    ("beside", "authors"),
    [
        ("<div class='author'><a href='/author/n'>نسرين حداد</a><span>محررة مجتمع</span></div>", ("نسرين حداد",)),
        ("<ul><li>Author, سوزدار بركات</li></ul><time>19 نوفمبر 2026</time>", ("سوزدار بركات",)),
        (f"<div class='author'>{SITE} - يوسف الراوي</div>", ("يوسف الراوي",)),
        ("<p class='byline'>من ليلى قاسم</p>", ("ليلى قاسم",)),
        ("<div class='author'>رغد السمان وأيمن زين</div>", ("رغد السمان", "أيمن زين")),
        (f"<div class='author'>{SITE} أونلاين</div>", ()),
        ("<div class='author'>قناة24</div>", ()),
    ],
)
def test_who_wrote_is_told_apart_from_trades_and_the_house(beside: str, authors: tuple[str, ...]) -> None:
    """Names of persons only, one by one."""
    assert _page(paragraphs(*STORY), beside).authors == authors


def test_an_account_is_nobodys_name() -> None:
    """The reporter whom the dateline prints wins over the account that the page's data name."""
    data = '<script type="application/ld+json">{"@type":"NewsArticle","author":{"@type":"Person","name":"npa"}}</script>'
    assert _page(data + paragraphs(*STORY)).authors == ()
    assert _page(f"{data}<p>القاهرة: ليث الشامي</p>{paragraphs(*STORY)}").authors == ("ليث الشامي",)


def test_an_editor_beside_the_date_is_no_author() -> None:
    """His name is a link inside the line that says what he did."""
    beside = "<div><span>Editing: <a href='/u'>هبة دباس</a> |</span> <span>تاريخ النشر: 2019/11/03 15:40</span></div>"
    article = _page(paragraphs(*STORY), beside)
    assert (article.authors, article.editors) == ((), ("هبة دباس",))


def test_the_name_before_a_colon_speaks() -> None:
    """«س: نعم» in an interview signs nothing."""
    article = _page(paragraphs(LEAD, SECOND, THIRD, LAST) + "<p>ليث الشامي: شكرا</p>")
    assert article.dateline is None


def test_year_weekday_day_is_a_date_and_a_zone_may_stand_first() -> None:
    """As one of the oldest sites prints it, its spelling of Tuesday included."""
    moment = parse_printed("GMT 9:40:00 2014 الثلائاء 18 مارس").published
    assert moment is not None
    assert moment.at(None) == "2014-03-18T09:40:00+00:00"
    two = parse_printed("عدد 2014 الثلاثاء 18 مارس 2015").published
    assert two is not None
    assert two.wall.year == 2015


def test_a_date_above_the_headline_counts_if_it_says_what_it_is() -> None:
    """«آخر تحديث»; a bare date there is the clock of the page."""
    table = "<table><tr><td>{}</td></tr><tr><td>" + TITLE + "</td></tr><tr><td>" + paragraphs(*STORY) + "</td></tr></table>"
    said = _read(table.format("تاريخ النشر: 13/3/2008"))
    assert (said.date_published or "")[:10] == "2008-03-13"
    assert _read(table.format("الخميس 13/3/2008")).date_published is None


def test_a_list_that_a_paragraph_announces_is_story_to_its_end() -> None:
    """Also where the list is the last thing of the story."""
    items = [
        "تحديث شبكات الري القديمة التي تهدر نصف مياهها.",
        "زراعة أحزمة شجرية على الضفة الغربية للبحيرة.",
        "إعادة استخدام المياه.",
    ]
    announced = "وتقترح الدراسة حزمة حلول، أبرزها:"
    listed = "".join(f"<li>{item}</li>" for item in items)
    assert body_of(_page(f"{paragraphs(*STORY, announced)}<ol>{listed}</ol>")) == [*STORY, announced, *items]


def test_items_with_headings_after_the_story_are_other_stories() -> None:
    """A gallery's teaser; and a suggested story whose title is a question."""
    teaser = "<ul><li><h2>صور من البحيرة</h2><p>شاهد كيف تغيرت الضفاف خلال عقد من الزمن</p></li></ul>"
    assert body_of(_page(paragraphs(*STORY) + teaser)) == STORY
    question = "<section><strong>قصص مقترحة</strong><ul><li><a href='/x'>هل تنجح القابلات في سد النقص؟</a></li></ul></section>"
    assert body_of(_page(paragraphs(LEAD, SECOND) + question + paragraphs(THIRD, LAST))) == STORY


def test_a_newsletter_box_ends_the_story_or_is_left_out_of_it() -> None:
    """Its sentence is nobody's story."""
    box = "<div><p>النشرة الإخبارية</p><p>تلقَّ كل الأخبار مباشرة إلى صندوقك الإلكتروني كل صباح.</p></div>"
    assert body_of(_page(paragraphs(*STORY) + box)) == STORY


def test_a_post_set_into_an_amp_page_is_no_story() -> None:
    """Its placeholder is a quotation in a plain <p>."""
    tweet = "<amp-twitter data-tweetid='1'><blockquote placeholder><p>المياه تعود غدا إلى القرى الثلاث.</p></blockquote></amp-twitter>"
    assert body_of(_page(paragraphs(LEAD, SECOND) + tweet + paragraphs(THIRD, LAST))) == STORY


@pytest.mark.parametrize(
    ("path", "reason"), [("authors/sami", "author"), ("ar/tag/water", "tag"), ("category/news/page/3", "listing")]
)
def test_an_address_may_say_that_it_lists(path: str, reason: str) -> None:
    """Where the page does not say that it is an article."""
    inner = f"<h1>سامي الحلبي</h1>{paragraphs(*STORY)}"
    assert refusal_of(document(inner, site=SITE), url=f"https://news.example.org/{path}") == reason
    dated = document(inner).replace(
        "</title>", "</title><meta property='article:published_time' content='2026-11-05T08:00:00+03:00'>"
    )
    assert isinstance(read(page_of(dated, url=f"https://news.example.org/{path}")), Article)


def test_a_comma_may_part_headline_and_section() -> None:
    """The line of the page says where the headline ends."""
    markup = f"<html><head><title>{TITLE}, أخبـار</title></head><body><div>{TITLE}</div>{paragraphs(*STORY)}</body></html>"
    result = read(page_of(markup, url=URL))
    assert isinstance(result, Article)
    assert result.headline == TITLE


def test_the_older_address_of_an_outlet_holds_articles() -> None:
    """Its number is no key: whether today's address counts on from it is not known."""
    article = _read(
        f"<h1>{TITLE}</h1><p>بلدي نيوز – حماة (خاص)</p>{paragraphs(*STORY)}",
        url="https://www.baladi-news.com/ar/news/details/15211/x",
    )
    assert (article.outlet, body_of(article)) == ("baladi_news", STORY)
    assert not article.id.endswith("15211")
