"""Boxes and lines in and under a story that are told by their structure, whatever their words: links, cards, forms, authors."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import pytest

from extractors import Article
from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, paragraphs

URL = "https://www.example.org/news/4711/water"
OTHER = "بدء توزيع البذار على مزارعي السهل"
OTHER_LEAD = "أعلنت مديرية الزراعة بدء توزيع البذار على مزارعي السهل الأسبوع المقبل، وتشمل الكمية ألف طن."
LIFE = "صحفية من مواليد حلب، تكتب عن الخدمات والاقتصاد المحلي منذ عشر سنوات."
BETWEEN = {
    "link after a label and a bar": f"<p>من أرشيفنا | <a href='/1'>{OTHER}</a></p>",
    "link after a label and a colon": f"<p>قد تود الاطلاع على: <a href='/1'>{OTHER}</a></p>",
    "question after a label": "<p>في ملف سابق: <a href='/1'>لماذا توزع المديرية البذار على المزارعين الآن؟</a></p>",
    "card that is one link": f"<a href='/1'><div>{OTHER}</div><div>{OTHER_LEAD}</div></a>",
    "card with a label": f"<div><span>موضوع متصل</span><a href='/1'><h4>{OTHER}</h4><p>{OTHER_LEAD}</p></a></div>",
    "box of a form": "<div><h4>رسالتنا الصباحية</h4><p>يصلك كل صباح أهم ما نشرناه من الأخبار والتقارير في رسالة واحدة.</p>"
    "<form><input type='email'><button>أرسل</button></form></div>",
    "player": "<div class='audio-player'><span>صوت المقال</span><span>00:00</span><span>03:12</span></div>",
    "player that failed": "<div class='video-fallback'><div>عذرا، تعذر تحميل هذا المقطع من المصدر.</div></div>",
    "pull quote and its speaker": f"<blockquote><p>{STORY[1][:60]}</p><cite>وليد الشحود</cite></blockquote>",
    "pull quote by its name": "<div class='c-pullquote'><p>كلام قيل في مكان آخر من هذه القصة بكلمات أخرى قليلا.</p></div>",
    "picture with caption and credit": "<div><img src='/a.jpg'><p>عامل يصلح خط الماء في ريف السلمية</p></div>",
    "heading over links": f"<h3>من الموقع</h3><ul><li><a href='/1'>{OTHER}</a></li><li><a href='/2'>إغلاق طريق دولي</a></li></ul>",
    "bold label over links": f"<p><b>ملفات</b></p><p><a href='/1'>{OTHER}</a></p><p><a href='/2'>إغلاق طريق دولي</a></p>",
    "bold label over a link": f"<p><b>اخترنا لك</b></p><p><a href='/1'>{OTHER}</a></p>",
    "appeal for money": "<div class='x-donation'><h4>نحن مستقلون</h4><p>تبرعك يساعدنا على نقل أصوات الناس من الداخل كل يوم.</p></div>",
    "label of a fold": "<p>أكمل القراءة</p>",
}
AFTER = {
    "desk code": "<p>م.ع/س.ح</p>",
    "desk code in brackets": "<p>(ر.خ)</p>",
    "desk code in Latin letters": "<p>AH/SM</p>",
    "desk code and number": "<p>ع ص / م د 1214</p>",
    "links under a label of their own": "<p><b>نشر تحت:</b> <a href='/t/1'>السلمية</a>، <a href='/t/2'>ماء</a>، <a href='/t/3'>قرى</a></p>",
    "author's box with a life": f"<div><img src='/a.jpg'><div><div>ريم الخطيب</div><div>{LIFE}</div></div></div>",
    "author's box with a picture": "<div><img src='/a.jpg'><b>ريم الخطيب</b></div>",
}
SIGNED = {
    "name and trade": "<p>سامر الحموي</p><p>كاتب سوري</p>",
    "name and trade in one paragraph": "<p><strong>سامر الحموي</strong><br>كاتب وباحث سوري</p>",
    "name, comma, trade": "<p>سامر الحموي، كاتب سوري</p>",
    "name and life": "<p>سامر الحموي</p><p>كاتب سوري ولد في حماة ويعمل في الصحافة منذ عشرين عاما.</p>",
    "correspondent of the newsroom": "<p>مراسل المثال: سامر الحموي</p>",
    "correspondent": "<p>المراسل: سامر الحموي</p>",
    "written and edited": "<p>إعداد وتحرير: سامر الحموي</p>",
}
PLACES = {
    "known class": "<div class='entry-content'>{}</div>",
    "own class": "<div class='x-7'>{}</div>",
    "no element": "{}",
}


def _read(before: str, inside: str, after: str, place: str = "own class") -> Article:
    story = PLACES[place].format(before + paragraphs(*STORY[:2]) + inside + paragraphs(*STORY[2:]) + after)
    menu = "<nav><a href='/'>الرئيسية</a><a href='/n'>أخبار</a></nav>"
    return article_of(
        f"<html><head><title>{TITLE}</title></head><body>{menu}<article><h1>{TITLE}</h1>{story}</article></body></html>", url=URL
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BETWEEN)
def test_what_stands_between_paragraphs_goes_and_they_stay(name: str, place: str) -> None:
    assert body_of(_read("", BETWEEN[name], "", place)) == STORY


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", AFTER)
def test_what_stands_after_the_story_goes(name: str, place: str) -> None:
    assert body_of(_read("", "", AFTER[name], place)) == STORY


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SIGNED)
def test_who_signs_is_the_author_and_no_paragraph(name: str, place: str) -> None:
    article = _read("", "", SIGNED[name], place)
    assert (article.authors, body_of(article)) == (("سامر الحموي",), STORY)


def test_a_trade_under_the_name_that_opens_a_story_goes_with_it() -> None:
    article = _read("<p>سامر الحموي</p><p>كاتب سوري</p>", "", "", "known class")
    assert (article.authors, body_of(article)) == (("سامر الحموي",), STORY)


@pytest.mark.parametrize(
    "line",
    [
        "<p>وقالت بلدية القرية في <a href='/1'>بيان نشرته على صفحتها أمس</a>.</p>",
        "<p>رقم الهاتف: 031 222</p>",
        "<p>من هو؟</p>",
        "<h3>مستشار القرية</h3>",
    ],
)
def test_short_lines_of_the_story_stay(line: str) -> None:
    """They have the form of a label, a code or a trade, but stand among paragraphs or end as sentences do."""
    assert len(body_of(_read("", line, "", "known class"))) == len(STORY) + 1


@pytest.mark.parametrize(
    "element", ["a class='related-link' href='/x'", "span class='social'", "b class='promo'", "em class='tags'"]
)
def test_no_rule_takes_words_out_of_a_sentence(element: str) -> None:
    """A class that names a box elsewhere names nothing on an inline element between words."""
    marked = STORY[1].replace("وليد الشحود", f"<{element}>وليد الشحود</{element.partition(' ')[0]}>")
    story = paragraphs(STORY[0]) + f"<p>{marked}</p>" + paragraphs(*STORY[2:])
    assert body_of(article_of(f"<html><body><h1>{TITLE}</h1><article>{story}</article></body></html>", url=URL)) == STORY


@pytest.mark.parametrize("name", ["promo-end", "related", "social", "player-text", "tags"])
def test_no_rule_takes_a_sentence_that_stands_among_paragraphs(name: str) -> None:
    """A class that names a box elsewhere names nothing on a paragraph without a link."""
    marked = paragraphs(STORY[3]).replace("<p>", f"<p class='{name}'>")
    story = paragraphs(*STORY[:3]) + marked
    assert body_of(article_of(f"<html><body><h1>{TITLE}</h1><article>{story}</article></body></html>", url=URL)) == STORY


@pytest.mark.parametrize("mark", ["\u200f", "\u200e", "\u202b", "\u2067", "\ufeff", "\u200b", "\u061c", "&nbsp;", "\u00ad"])
@pytest.mark.parametrize("place", PLACES)
def test_marks_that_nobody_sees_lose_no_story(mark: str, place: str) -> None:
    """Marks of direction are dropped by trafilatura, so that its lines are not letter for letter ours."""
    article = article_of(
        f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>"
        + PLACES[place].format("".join(f"<p>&nbsp;{mark}{text[:20]}{mark}{text[20:]}{mark}</p>" for text in STORY))
        + "</article></body></html>",
        url=URL,
    )
    bare = [
        line.translate({ord(each): None for each in "\u200f\u200e\u202b\u2067\ufeff\u200b\u061c\u00ad"})
        for line in body_of(article)
    ]
    assert [line.replace(" ", "") for line in bare] == [line.replace(" ", "") for line in STORY]


@pytest.mark.parametrize("hiding", ["class='sr-only'", "hidden", "style='display:none'", "class='screen-reader-text'"])
def test_words_that_nobody_sees_are_taken_out_of_a_sentence(hiding: str) -> None:
    marked = STORY[1].replace("وليد الشحود، ", f"<span {hiding}>كلمة خفية</span>وليد الشحود، ")
    story = paragraphs(STORY[0]) + f"<p>{marked}</p>" + paragraphs(*STORY[2:])
    assert body_of(article_of(f"<html><body><h1>{TITLE}</h1><article>{story}</article></body></html>", url=URL)) == STORY
