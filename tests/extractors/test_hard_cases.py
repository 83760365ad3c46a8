"""Pages of the kinds that are easily read wrong."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from html import escape

import pytest

from extractors import Article, NotAnArticle, Page, read

TITLE = "حملة أهلية تعيد الماء إلى ثلاث قرى في ريف السلمية"
LEAD = "أنهى متطوعون في ريف السلمية الشرقي إصلاح خط الماء الذي يغذي ثلاث قرى، بعد انقطاع دام أربعة أشهر، بحسب ما أعلنه المجلس المحلي."
SECOND = (
    "وقال رئيس المجلس، وليد الشحود، إن الكلفة بلغت ستة آلاف دولار جُمعت من الأهالي والمغتربين، وإن العمل جرى بأيدي أبناء القرى."
)
THIRD = "وتعتمد القرى الثلاث على بئرين حُفرتا قبل أربعين عامًا، وانخفض منسوبهما بعد مواسم الجفاف الأخيرة."
LAST = "ومن المقرر أن تبدأ المرحلة الثانية منتصف الشهر المقبل، وتشمل تركيب ألواح شمسية لتشغيل المضخة."
STORY = [LEAD, SECOND, THIRD, LAST]


def _page(
    markup: str, *, url: str = "https://www.enabbaladi.net/archives/810000", content_type: str = "text/html; charset=utf-8"
) -> Page:
    return Page(url=url, body=markup.encode(), content_type=content_type, fetched_at=datetime(2026, 11, 22, tzinfo=UTC))


def _read(markup: str, **page: str) -> Article:
    result = read(_page(markup, **page))
    assert isinstance(result, Article), result
    return result


def _refusal(markup: str, **page: str) -> str:
    result = read(_page(markup, **page))
    assert isinstance(result, NotAnArticle), result
    return result.reason


def _body(article: Article) -> list[str]:
    return article.body.split("\n\n")


def _html(inner: str, title: str = TITLE) -> str:
    return f"<!DOCTYPE html><html lang='ar' dir='rtl'><head><meta charset='utf-8'><title>{title} - عنب بلدي</title></head><body>{inner}</body></html>"


def _p(*lines: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _held(inner: str) -> str:
    return _html(f"<h1>{TITLE}</h1><div class='content-article'>{inner}</div>")


def _unheld(inner: str) -> str:
    menu = "<div class='m1'><a href='/'>الرئيسية</a><a href='/n'>أخبار</a><a href='/e'>اقتصاد</a></div>"
    foot = "<div class='m2'><a href='/about'>من نحن</a><span>جميع الحقوق محفوظة</span></div>"
    return _html(f"{menu}<div class='q1'><h1>{TITLE}</h1><div class='q2'>{inner}</div></div>{foot}")


BOTH = pytest.mark.parametrize("wrap", [_held, _unheld], ids=["layout", "no layout"])

BETWEEN = {
    "related with heading and list": "<div class='z'><h4>اقرأ أيضا</h4><ul><li><a href='/1'>ارتفاع أسعار المازوت في حماة</a></li><li><a href='/2'>موسم الزيتون يتأخر</a></li></ul></div>",
    "related in one line": "<p><strong>اقرأ أيضًا:</strong> <a href='/1'>ارتفاع أسعار المازوت في حماة</a></p>",
    "related in two lines": "<p>اقرأ أيضًا:</p><p><a href='/1'>ارتفاع أسعار المازوت في حماة</a></p>",
    "related link alone": "<p><a href='/1'>ارتفاع أسعار المازوت في حماة</a></p>",
    "for more": "<p>للمزيد: <a href='/1'>ارتفاع أسعار المازوت في حماة</a></p>",
    "ad": "<div class='adv'><span>إعلان</span><ins class='adsbygoogle'></ins></div>",
    "figure": "<figure><img src='/a.jpg'><figcaption>متطوعون قرب البئر (عنب بلدي)</figcaption></figure>",
    "caption as paragraph": "<p>متطوعون قرب البئر - 3 تشرين الثاني 2026 (عنب بلدي)</p>",
    "tweet": "<blockquote class='twitter-tweet'><p>وصل الماء إلى القرية اليوم بعد انقطاع طويل، شكرًا لكل من شارك في العمل.</p>&mdash; المجلس المحلي (@majlis) <a href='https://twitter.com/majlis/status/123?ref_src=x'>١ تشرين الثاني</a></blockquote>",
    "player": "<div class='v'><iframe src='https://www.youtube.com/embed/AbCdEfGhIjK'></iframe></div>",
    "newsletter": "<div class='newsletter'><h4>اشترك في نشرتنا البريدية</h4><input type='email'><button>اشترك</button></div>",
    "follow on telegram": "<p>تابعوا عنب بلدي على تلغرام</p>",
    "share bar": "<ul class='s'><li><a href='https://www.facebook.com/sharer.php?u=x'>فيسبوك</a></li><li><a href='https://twitter.com/share?u=x'>تويتر</a></li></ul>",
    "hidden": "<p style='display:none'>نص مخفي لا يراه القارئ ولا ينبغي أن يدخل في نص الخبر أبدًا لأنه للآلات.</p>",
}


@BOTH
@pytest.mark.parametrize("piece", BETWEEN.values(), ids=BETWEEN)
def test_what_is_set_between_paragraphs_goes(wrap, piece: str) -> None:  # type: ignore[no-untyped-def]
    """Boxes, ads, captions, posts, players and links to other stories are not the story."""
    assert _body(_read(wrap(_p(LEAD, SECOND) + piece + _p(THIRD, LAST)))) == STORY


WRITTEN = {
    "list": (
        "<ul><li>قرية الشيخ هلال</li><li>قرية عقارب الصافي</li><li>قرية المبعوجة</li></ul>",
        ["قرية الشيخ هلال", "قرية عقارب الصافي", "قرية المبعوجة"],
    ),
    "numbered list": (
        "<ol><li>حفر الخندق وتنظيف الخط القديم من الرواسب.</li><li>مدّ الأنابيب.</li></ol>",
        ["حفر الخندق وتنظيف الخط القديم من الرواسب.", "مدّ الأنابيب."],
    ),
    "quote": (f"<blockquote><p>{THIRD} فعلًا.</p></blockquote>", [f"{THIRD} فعلًا."]),
    "subhead": ("<h2>بئران قديمتان</h2>", ["بئران قديمتان"]),
    "bold subhead": ("<p><strong>بئران قديمتان</strong></p>", ["بئران قديمتان"]),
    "subhead with a colon": ("<p>بئران قديمتان:</p>", ["بئران قديمتان:"]),
    "question": ("<h3>من يدفع ثمن الوقود؟</h3>", ["من يدفع ثمن الوقود؟"]),
    "table": (
        "<table><tr><th>القرية</th><th>السكان</th></tr><tr><td>المبعوجة</td><td>4200</td></tr></table>",
        ["القرية السكان", "المبعوجة 4200"],
    ),
    "link inside a sentence": (
        "<p>وكان <a href='/9'>تقرير سابق</a> قد ذكر أن الخط تعطل مرتين خلال العام نفسه.</p>",
        ["وكان تقرير سابق قد ذكر أن الخط تعطل مرتين خلال العام نفسه."],
    ),
    "verse": ("<p>يا ماءُ قل لي</p><p>أين كنتَ غائبًا</p>", ["يا ماءُ قل لي", "أين كنتَ غائبًا"]),
    "interview": (
        "<p>عنب بلدي: متى بدأ العمل في إصلاح الخط؟</p><p>الشحود: بدأنا في الصيف بعد أن جمعنا المال.</p>",
        ["عنب بلدي: متى بدأ العمل في إصلاح الخط؟", "الشحود: بدأنا في الصيف بعد أن جمعنا المال."],
    ),
    "numbers": (
        "<p>٦٠٠٠ دولار كلفة الأنابيب، و١٢٠٠ دولار كلفة المضخة، بحسب الفواتير المنشورة.</p>",
        ["٦٠٠٠ دولار كلفة الأنابيب، و١٢٠٠ دولار كلفة المضخة، بحسب الفواتير المنشورة."],
    ),
    "source sentence": (
        "<p>المصدر نفسه أضاف: “الحفر توقف يومين بسبب المطر، ثم عاد العمال إلى الخندق”.</p>",
        ["المصدر نفسه أضاف: “الحفر توقف يومين بسبب المطر، ثم عاد العمال إلى الخندق”."],
    ),
    "donations": (
        "<p>ادعم قريتك، دولار واحد شهريًا يصنع الفرق: بهذه العبارة بدأت الحملة على “فيس بوك”.</p>",
        ["ادعم قريتك، دولار واحد شهريًا يصنع الفرق: بهذه العبارة بدأت الحملة على “فيس بوك”."],
    ),
    "comments": (
        "<h3>التعليقات تشتعل</h3><p>وتحولت صفحة المجلس إلى ساحة نقاش، وكتب فيها أكثر من مئة من الأهالي تعليقاتهم.</p>",
        ["التعليقات تشتعل", "وتحولت صفحة المجلس إلى ساحة نقاش، وكتب فيها أكثر من مئة من الأهالي تعليقاتهم."],
    ),
}


@BOTH
@pytest.mark.parametrize(("piece", "lines"), WRITTEN.values(), ids=WRITTEN)
def test_what_the_newsroom_wrote_stays_in_order(wrap, piece: str, lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    """Lists, quotes, subheads, tables, verses, interviews and sentences that sound like furniture are story."""
    assert _body(_read(wrap(_p(LEAD, SECOND) + piece + _p(THIRD, LAST)))) == [LEAD, SECOND, *lines, THIRD, LAST]


MARKS = [("\u200f", ""), ("\u202b", "\u202c"), ("\u200f", "\u200f"), ("\ufeff", "")]


@BOTH
@pytest.mark.parametrize("marks", MARKS, ids=["rlm", "embedding", "both", "bom"])
def test_direction_marks_hide_no_furniture(wrap, marks: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    """A source line, a related heading and a share word are known behind invisible marks too."""

    def marked(line: str) -> str:
        return f"{marks[0]}{line}{marks[1]}"

    article = _read(
        wrap(
            _p(
                LEAD,
                SECOND,
                marked("إعلان"),
                THIRD,
                LAST,
                marked("المصدر: عنب بلدي + وكالات"),
                marked("مقالات متعلقة"),
                "سوق جديدة",
            )
        )
    )
    assert _body(article) == STORY
    assert article.sources == ("عنب بلدي", "وكالات")


@pytest.mark.parametrize("depth", [300, 1_200, 4_000])
@pytest.mark.parametrize("tag", ["div", "span", "section"])
def test_thousands_of_wrappers_lose_no_word(tag: str, depth: int) -> None:
    """libxml2 drops what is nested deeper than 256 levels unless told otherwise, Python recurses a thousand."""
    around = f"<{tag}>" * depth, f"</{tag}>" * depth
    assert _body(_read(_html(f"<h1>{TITLE}</h1>{around[0]}{_p(*STORY)}{around[1]}"))) == STORY


def test_a_text_file_is_read_line_by_line() -> None:
    """text/plain, and HTML without any tag, have their lines for paragraphs."""
    text = "\n".join([TITLE, "", LEAD, SECOND, "", THIRD, LAST, "", "مقالات متعلقة", "سوق جديدة في المدينة"])
    for content_type in ("text/plain; charset=utf-8", "text/html"):
        article = _read(text, content_type=content_type)
        assert (_body(article), article.headline) == (STORY, TITLE)


def test_preformatted_text_keeps_its_lines() -> None:
    """<pre> ends a line where its text does."""
    assert _body(_read(_html(f"<h1>{TITLE}</h1><pre>{chr(10).join(STORY)}</pre>"))) == STORY


@BOTH
@pytest.mark.parametrize("gap", ["<br>", "<br><br>", "<br />&nbsp;<br />", "</div><div>", "</span><br><span>"])
def test_one_block_with_line_breaks_has_its_paragraphs(wrap, gap: str) -> None:  # type: ignore[no-untyped-def]
    """<br>, doubled or with a space between, ends a paragraph; a subhead that ends in a colon is a line of its own."""
    lines = [LEAD, SECOND, "المضخة الجديدة:", THIRD, LAST]
    joined = gap.join(escape(line) for line in lines)
    inner = f"<div>{joined}</div>" if "div" in gap else f"<span>{joined}</span>"
    article = _read(wrap(inner), url="https://baladi-news.com/ar/articles/131500")
    assert _body(article) == lines


@pytest.mark.parametrize("wrap", [_held, _unheld], ids=["layout", "no layout"])
def test_a_story_of_one_paragraph_is_a_story(wrap) -> None:  # type: ignore[no-untyped-def]
    """Breaking news is short."""
    assert _body(_read(wrap(_p(LEAD)))) == [LEAD]


ISSUE_LINES = [
    ("عنب بلدي – العدد 102 – الأحد 2/2/2014", None, "2014-02-02"),
    ("جريدة عنب بلدي – العدد 49 – الأحد – 27-1-2013", None, "2013-01-27"),
    ("عنب بلدي – داريا", "داريا", None),
    ("داريا – عنب بلدي", "داريا", None),
    ("عنب بلدي ــ العدد 85 ــ الأحد 6/10/2013", None, "2013-10-06"),
]


@BOTH
@pytest.mark.parametrize(("line", "place", "day"), ISSUE_LINES)
def test_the_weeklys_issue_lines_are_datelines(wrap, line: str, place: str | None, day: str | None) -> None:  # type: ignore[no-untyped-def]
    """They leave the body, name the place, and date the piece when the page says nothing better."""
    article = _read(wrap(_p(line, *STORY)), url="https://www.enabbaladi.net/archives/15001")
    assert _body(article) == STORY
    assert article.dateline is not None
    assert (article.dateline.text, article.dateline.agency, article.dateline.place) == (line, "عنب بلدي", place)
    assert (article.date_published or "")[:10] == (day or "")


def test_a_name_and_a_date_before_an_old_piece_are_byline_and_date() -> None:
    """«عبير حيدر», «23/1/2013»: two lines of their own."""
    article = _read(_held(_p("عبير حيدر", "23/1/2013", *STORY)), url="https://www.enabbaladi.net/archives/5300")
    assert _body(article) == STORY
    assert article.date_published == "2013-01-23T00:00:00+02:00"
    assert article.authors == ("عبير حيدر",)


def test_an_exclusive_is_no_place() -> None:
    """«عنب بلدي – خاص» names the agency and nothing else."""
    article = _read(_held(_p("عنب بلدي – خاص", *STORY)))
    assert article.dateline is not None
    assert (article.dateline.agency, article.dateline.place, article.authors) == ("عنب بلدي", None, ())
    assert _body(article) == STORY


@pytest.mark.parametrize(
    ("line", "place", "authors"),
    [
        ("سمارت - حلب", "حلب", ()),
        ("سمارت-هبة دباس", None, ("هبة دباس",)),
        ("سمارت – دير الزور", "دير الزور", ()),
        ("سوريا - سمارت", "سوريا", ()),
        ("سمارت ـ ريف دمشق", "ريف دمشق", ()),
    ],
)
def test_smart_datelines_name_a_place_or_a_reporter(line: str, place: str | None, authors: tuple[str, ...]) -> None:
    """A given name first is a person."""
    article = _read(
        _html(f"<div><h1>{TITLE}</h1>{_p(line, *STORY)}</div>"), url="https://smartnews-agency.com/ar/wires/2017-03-05-x"
    )
    assert article.dateline is not None
    assert (article.dateline.agency, article.dateline.place, article.authors) == ("سمارت", place, authors)
    assert _body(article) == STORY


REFUSED = {
    "soft 404": (
        _html(
            "<h1>عذرًا، الصفحة غير موجودة</h1><p>ربما نُقلت الصفحة التي تبحث عنها أو حُذفت، جرّب البحث أو عد إلى الصفحة الرئيسية.</p>",
            "الصفحة غير موجودة",
        ),
        "soft-404",
    ),
    "soft 404 with other stories": (
        _html(
            f"<h1>عفوا! لم يتم العثور على ما تبحث عنه</h1><p>جرّب البحث أو تصفح آخر الأخبار.</p><ul>{''.join(f'<li><a href=/{n}>{TITLE}</a><p>{LEAD}</p></li>' for n in range(5))}</ul>",
            "غير موجود",
        ),
        "soft-404",
    ),
    "deleted": (
        _html(
            "<h1>هذا المقال غير متوفر</h1><p>تم حذف هذا المقال من قبل إدارة الموقع بناء على طلب صاحبه، نعتذر لكم عن ذلك.</p>",
            "عنب بلدي",
        ),
        "soft-404",
    ),
    "login wall": (
        _html(
            "<h1>تسجيل الدخول</h1><form><input name='user'><input type='password'></form><p>يجب تسجيل الدخول لقراءة هذا المقال. سجل الدخول أو أنشئ حسابًا جديدًا مجانًا.</p>",
            "تسجيل الدخول",
        ),
        "login",
    ),
    "cookie wall": (
        _html(
            "<div><h2>نحن نستخدم ملفات تعريف الارتباط</h2><p>يستخدم هذا الموقع ملفات تعريف الارتباط لتحسين تجربتك، وبمتابعة التصفح فإنك توافق على سياسة الخصوصية الخاصة بنا.</p><button>موافق</button></div>",
            "عنب بلدي",
        ),
        "cookie-wall",
    ),
    "script shell": (
        _html(
            "<div id='root'></div><noscript>يرجى تفعيل جافا سكريبت في متصفحك لعرض هذا الموقع كاملًا بكل ما فيه.</noscript><script src='/app.js'></script>"
            + "<!-- -->" * 60
            + "",
            "عنب بلدي",
        ),
        "no-body",
    ),
    "script shell that asks": (
        _html(
            "<div id='root'></div><p>يجب تفعيل جافا سكريبت في متصفحك لتتمكن من عرض هذا الموقع بشكل صحيح وكامل.</p><script src='/app.js'></script>",
            "عنب بلدي",
        ),
        "no-body",
    ),
    "live blog by its data": (
        _html(
            f'<script type=\'application/ld+json\'>{{"@type":"LiveBlogPosting","headline":"{TITLE}"}}</script><h1>{TITLE}</h1>{_p(*STORY)}'
        ),
        "liveblog",
    ),
    "gallery by its page type": (_html(f"<meta name='pageType' content='Gallery Page'><h1>{TITLE}</h1>{_p(LEAD)}"), "gallery"),
    "video by its page type": (_html(f"<meta name='pageType' content='Video Page'><h1>{TITLE}</h1>{_p(LEAD)}"), "video"),
}


@pytest.mark.parametrize(("markup", "reason"), REFUSED.values(), ids=REFUSED)
def test_walls_shells_and_missing_pages_are_no_articles(markup: str, reason: str) -> None:
    """Whatever text they show is not news."""
    assert _refusal(markup) == reason


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "https://www.aljazeera.net/home/print/f6451603-4dff-4ca1-9c10-122741d17432/0b2ab3bd-e4f1-4c2a-8a6b-8b6a32e1a0f1",
            "print",
        ),
        ("https://www.aljazeera.net/gallery/2020/7/8/x", "gallery"),
        ("https://www.aljazeera.net/videos/2020/07/08/x", "video"),
        ("https://smartnews-agency.com/ar/videos/2018-02-03-x", "video"),
        ("https://www.enabbaladi.net/archives/category/news/page/2", "listing"),
        ("https://geiroon.net/archives/author/x", "author"),
    ],
)
def test_addresses_of_other_kinds_are_refused(url: str, reason: str) -> None:
    """However much they look like a story."""
    assert _refusal(_held(_p(*STORY)), url=url) == reason


@pytest.mark.parametrize("host", ["geroun.net", "www.geroun.net", "geiroon.com", "www.geiroon.net"])
def test_geiroon_is_one_outlet_on_all_its_hosts(host: str) -> None:
    """The same number is the same article."""
    article = _read(_unheld(_p(*STORY)), url=f"http://{host}/archives/121377")
    assert (article.id, article.url, _body(article)) == ("geiroon:121377", "https://geiroon.net/archives/121377", STORY)


def test_old_al_jazeera_with_hijri_date_and_source() -> None:
    """The Gregorian date counts, the source line is a field, the outline of bullets stays text."""
    date = "الخميس 7/3/1429 هـ - الموافق 13/3/2008 م (آخر تحديث) الساعة 16:25 (مكة المكرمة)، 13:25 (غرينتش)"
    inner = f"<table><tr><td><h1>{TITLE}</h1><div class='d'>{date}</div>{_p(*STORY)}<div>المصدر: الجزيرة + وكالات</div></td></tr></table>"
    article = _read(_html(inner), url="http://www.aljazeera.net/NR/exeres/0A1B2C3D-1111-2222-3333-444455556666.htm")
    assert _body(article) == STORY
    assert (article.date_published, article.date_modified) == ("2008-03-13T00:00:00+03:00", "2008-03-13T16:25:00+03:00")
    assert article.sources == ("الجزيرة", "وكالات")


def test_amp_pages_are_the_article() -> None:
    """Players of AMP are embeds, its two date lines are one date, its address is the article's."""
    inner = (
        f"<article class='amp-wp-article'><h1 class='amp-wp-title'>{TITLE}</h1><ul class='amp-wp-meta'><li>2026/11/04</li><li>1:09 م</li></ul>"
        f"<div class='amp-wp-article-content'><amp-img src='/a.jpg'></amp-img>{_p(*STORY)}"
        "<amp-youtube data-videoid='AbCdEfGhIjK'></amp-youtube><amp-twitter data-tweetid='99'></amp-twitter></div></article>"
    )
    article = _read(_html(inner), url="https://www.enabbaladi.net/810000/x/?amp=1")
    assert _body(article) == STORY
    assert article.url == "https://www.enabbaladi.net/archives/810000"
    assert article.date_published == "2026-11-04T13:09:00+03:00"
    assert [embed.url for embed in article.embeds] == ["https://www.youtube.com/watch?v=AbCdEfGhIjK", "https://x.com/i/status/99"]


def test_captions_doubled_or_glued_to_an_icon_are_the_caption_once() -> None:
    """«camera iconس», «س س» → س, with its credit apart."""
    figure = "<figure><img src='/w.jpg'><figcaption><i>camera icon</i>متطوعون قرب البئر الشرقية متطوعون قرب البئر الشرقية</figcaption></figure>"
    figure += "<figure><img src='/v.jpg'><figcaption>مضخة القرية (رويترز)</figcaption></figure>"
    article = _read(_held(figure + _p(*STORY)))
    assert [(image.caption, image.credit) for image in article.images] == [
        ("متطوعون قرب البئر الشرقية", None),
        ("مضخة القرية (رويترز)", "رويترز"),
    ]
    assert _body(article) == STORY


def test_a_caption_printed_as_text_belongs_to_the_lead_picture() -> None:
    """On a page whose picture has no figure, the line before the story is its caption."""
    head = "<meta property='og:image' content='https://www.enabbaladi.net/w.jpg'>"
    caption = "متطوعون قرب البئر الشرقية في ريف السلمية (عنب بلدي)"
    article = _read(_unheld(head + _p(caption, f"camera icon{caption}", *STORY)))
    assert _body(article) == STORY
    assert [(image.url, image.caption) for image in article.images] == [("https://www.enabbaladi.net/w.jpg", caption)]


AFTER = {
    "comments": _p("التعليقات (3)", "أبو محمد", "الله يعطيهم العافية، لكن أين كان المجلس قبل أربعة أشهر من الآن؟", "رد"),
    "counted comments": "<div><h3>3 تعليقات</h3><div><b>سمير</b><p>شكرًا لكل المتطوعين على هذا العمل الكبير في قرانا.</p></div></div>",
    "most read": "<h3>الأكثر قراءة</h3><ul><li><a href='/1'>سوق جديدة في المدينة بعد عام من الانتظار</a></li></ul>",
    "teasers without a heading": "".join(
        f"<div><a href='/{n}'><h3>عنوان خبر آخر رقم {n}</h3></a><p>قال مسؤولون إن الأعمال في الموقع {n} ستنتهي بعد أسبوعين.</p></div>"
        for n in range(4)
    ),
    "telegram": _p("لمتابعة آخر الأخبار اشترك في قناتنا على تلغرام"),
    "whatsapp": _p("تابع آخر الأخبار عبر قناتنا على واتساب"),
    "watch": "<p>شاهد الفيديو:</p><iframe src='https://www.youtube.com/embed/AbCdEfGhIjK'></iframe>",
    "source in parts": "<div><span>المصدر</span>: <a href='/r'>رويترز</a></div>",
    "linked tags": "<div>الوسوم: <a href='/t/1'>حماة</a> <a href='/t/2'>السلمية</a></div>",
    "hash tags": "<div><a href='/t/1'>#حماة</a> <a href='/t/2'>#السلمية</a></div>",
    "author's life": "<div class='author-box'><h4>سامر الحموي</h4><p>صحفي سوري، يكتب عن الشؤون المحلية منذ عام 2012.</p></div>",
}


@pytest.mark.parametrize("piece", AFTER.values(), ids=AFTER)
def test_what_follows_a_story_in_an_unknown_layout_goes(piece: str) -> None:
    """Comments, teasers, calls to subscribe, tags and the author's life are not the story."""
    assert _body(_read(_unheld(f"<div>{_p(*STORY)}</div><div>{piece}</div>"))) == STORY


OLD_MARKUP = {
    "table": f"<table><tr><td><a href='/1'>أخبار</a><br><a href='/2'>رياضة</a></td><td><h1>{TITLE}</h1><br>{'<br><br>'.join(STORY)}</td></tr></table>",
    "font": f"<center><font size=5><b>{TITLE}</b></font></center><font size=3>{'<br><br>'.join(STORY)}</font>",
    "empty paragraphs": f"<h1>{TITLE}</h1>" + "".join(f"<p>&nbsp;</p><p>{line}</p>" for line in STORY),
    "styled spans": f"<h1>{TITLE}</h1>"
    + "".join(f"<p><span><span lang=AR>{line[:40]}</span>{line[40:]}</span></p>" for line in STORY),
    "drop cap": f"<h1>{TITLE}</h1><p><span class=dc>{LEAD[0]}</span>{LEAD[1:]}</p>{_p(*STORY[1:])}",
}


@pytest.mark.parametrize("inner", OLD_MARKUP.values(), ids=OLD_MARKUP)
def test_markup_of_other_times_is_read_too(inner: str) -> None:
    """Layout tables, <font>, empty paragraphs, spans of word processors, drop capitals."""
    assert _body(_read(_html(inner))) == STORY


def test_byline_and_date_beside_the_headline_are_fields() -> None:
    """«بقلم: س» and «3 تشرين الثاني 2026 - 10:15 ص» in spans without names."""
    spans = "<div><span>بقلم: سامر الحموي</span><span>3 تشرين الثاني 2026 - 10:15 ص</span></div>"
    article = _read(_html(f"<div><h1>{TITLE}</h1>{spans}<div>{_p(*STORY)}</div></div>"))
    assert (article.authors, article.date_published) == (("سامر الحموي",), "2026-11-03T10:15:00+03:00")


UNSTOPPED = [line.rstrip(".") for line in STORY]


@BOTH
@pytest.mark.parametrize("gap", ["</p><p>", "<br>"], ids=["paragraphs", "line breaks"])
@pytest.mark.parametrize(
    "lines", [UNSTOPPED, [UNSTOPPED[0], *STORY[1:]], [*STORY[:-1], UNSTOPPED[-1]]], ids=["none", "lead without", "last without"]
)
def test_paragraphs_need_no_stop(wrap, gap: str, lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    """Many newsrooms end no paragraph with a stop, or forget one after the lead."""
    assert _body(_read(wrap(f"<p>{gap.join(escape(line) for line in lines)}</p>"))) == lines


def test_share_names_in_a_row_are_no_story() -> None:
    """«طباعة Email فيسبوك تويتر»: every word is a network or a verb of sharing."""
    assert _body(_read(_unheld(_p(*STORY, "طباعة Email فيسبوك تويتر لينكدين Whats App")))) == STORY


def test_a_book_of_a_page_is_read_in_a_moment() -> None:
    """Work grows with the page, not with its square: four times the paragraphs take far less than sixteen times as long."""
    spent = []
    for count in (1_000, 4_000):
        page = _page(_held("".join(f"<p>{LEAD[:-1]}، رقم {number}.</p>" for number in range(count))))
        started = time.process_time()
        result = read(page)
        spent.append(time.process_time() - started)
        assert isinstance(result, Article)
        assert len(_body(result)) == count
    assert spent[1] < 9 * spent[0]


def test_an_empty_shell_that_tells_its_story_in_its_data_is_read() -> None:
    """A page filled by a script may carry the text as articleBody; a page that shows text is read from what it shows."""
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(STORY)}, ensure_ascii=False)
    script = f"<script type='application/ld+json'>{data}</script>"
    article = _read(_html(f"{script}<div id='app'></div><script src='/app.js'></script>"))
    assert (_body(article), article.headline, article.extractor.layout) == (STORY, TITLE, "json-ld")
    assert _body(_read(_held(script + _p(*STORY[:3])))) == STORY[:3]
