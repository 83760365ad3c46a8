"""What is story and what is furniture is decided by place and shape; words alone decide nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import pytest

from extractors import Article, NotAnArticle, Page, read

LEAD = "أعلنت بلدية سرمدا، صباح الأحد، بدء أعمال تعبيد الطريق الذي يصل المدينة بالمعبر، بعد شهرين من التأجيل لنقص المواد."
SECOND = "وقال رئيس البلدية إن الورشات ستعمل على مرحلتين، تنتهي الأولى منتصف الشهر، وتشمل إنارة الشارع وتنظيف المجاري."
THIRD = "وأضاف أن الكلفة بلغت ثلاثين ألف دولار، جُمعت من رسوم المعبر ومساهمات التجار، على أن تُنشر الفواتير علنًا."
TITLE = "سرمدا تبدأ تعبيد طريق المعبر بعد تأجيل شهرين"


def _article(body: str, *, url: str = "https://www.enabbaladi.net/archives/700001") -> Article:
    head = f"<!DOCTYPE html><html lang='ar'><head><meta charset='utf-8'><title>{TITLE}</title></head>"
    result = read(Page(url=url, body=f"{head}<body>{body}</body></html>".encode(), fetched_at=datetime(2026, 11, 22, tzinfo=UTC)))
    assert not isinstance(result, NotAnArticle), result
    return result


def _flat(*lines: str) -> str:
    return f"<div><h1>{TITLE}</h1>" + "".join(f"<p>{escape(line)}</p>" for line in lines) + "</div>"


def _held(*lines: str) -> str:
    return f"<h1>{TITLE}</h1><div class='content-article'>" + "".join(f"<p>{escape(line)}</p>" for line in lines) + "</div>"


BOTH = pytest.mark.parametrize("wrap", [_flat, _held], ids=["no layout", "layout"])

STORY_LINES = [
    "المصدر الذي فضّل عدم ذكر اسمه قال إن المواد وصلت من تركيا، وإن الشاحنات تنتظر منذ أسبوع.",
    "المصدر: هكذا سمّى الأهالي البئر القديمة التي كانت تسقي البلدة، قبل أن تجف قبل خمسة أعوام.",
    "ودعا المجلس الأهالي إلى التبرع للحملة قائلًا إن “دولارًا واحدًا شهريًا يصنع الفرق” في بلدة بلا موارد.",
    "وتلقت الصفحة مئات التعليقات، وكتب أحدهم: اقرأ أيضًا ما كتبه رئيس البلدية قبل عام.",
    "مقالات ذات صلة بالموضوع كانت قد نشرتها صحف محلية، تحدثت عن خلاف بين البلدية والمتعهد.",
    "وقال السكان إنهم ينتظرون وعودًا أخرى (رويترز نقلت بعضها)، منها جسر المشاة عند المدرسة.",
    "15 آذار 2011",
    "أرقام وحقائق",
    "بلغ عدد المستفيدين 300 عائلة - بينها 40 من القرى المجاورة - منذ 09:30 صباحًا.",
]


@BOTH
@pytest.mark.parametrize("line", STORY_LINES)
def test_story_that_sounds_like_furniture_stays(wrap, line: str) -> None:  # type: ignore[no-untyped-def]
    """Sentences about sources, donations, comments and related pieces, date subheads and short subheads are story."""
    article = _article(wrap(LEAD, SECOND, line, THIRD))
    assert article.body.split("\n\n") == [LEAD, SECOND, line, THIRD]


FURNITURE_LINES = [
    "اقرأ أيضًا: أسعار الإسمنت ترتفع في إدلب",
    "إعلان",
    "camera iconعمال في ورشة التعبيد بمدينة سرمدا (عنب بلدي)",
    "عمال في ورشة التعبيد - 12 من تشرين الثاني 2026 (عنب بلدي)",
    "آليات التعبيد عند مدخل المدينة (الأناضول)",
    "شارك الخبر على فيسبوك",
    "×",
]


@BOTH
@pytest.mark.parametrize("line", FURNITURE_LINES)
def test_furniture_between_paragraphs_goes(wrap, line: str) -> None:  # type: ignore[no-untyped-def]
    """Captions, share words, ads and the titles of other stories go, wherever they stand."""
    assert _article(wrap(LEAD, SECOND, line, THIRD)).body.split("\n\n") == [LEAD, SECOND, THIRD]


@BOTH
@pytest.mark.parametrize(
    "tail",
    [
        ("المصدر: عنب بلدي + وكالات",),
        ("المصدر", "عنب بلدي + وكالات"),
        ("مقالات متعلقة", "البلدية ترفع رسوم النظافة", "سوق جديدة في الدانا"),
        ("الوسوم", "سرمدا", "إدلب"),
        ("الوسوم: سرمدا، إدلب",),
        ("اترك تعليقاً", "لن يتم نشر عنوان بريدك الإلكتروني. الحقول الإلزامية مشار إليها بـ *"),
        ("بقلم: سامر الحموي",),
        ("20 تشرين الثاني 2026 10:15 ص",),
        ("قد يعجبك أيضا", "تجار سرمدا يطالبون بتخفيض الرسوم ويهددون بالإضراب عن العمل في الأيام القليلة المقبلة…"),
    ],
)
def test_everything_after_the_story_goes(wrap, tail: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    """Source lines, sign-offs, tags, related stories and comment boxes end the story."""
    assert _article(wrap(LEAD, SECOND, THIRD, *tail)).body.split("\n\n") == [LEAD, SECOND, THIRD]


@BOTH
def test_names_and_sources_are_fields(wrap) -> None:  # type: ignore[no-untyped-def]
    """What leaves the body as byline and source line arrives in its field."""
    article = _article(wrap("سامر الحموي | هدى النعسان", LEAD, SECOND, THIRD, "المصدر : الجزيرة + وكالات"))
    assert article.authors == ("سامر الحموي", "هدى النعسان")
    assert article.sources == ("الجزيرة", "وكالات")
    assert article.body.split("\n\n") == [LEAD, SECOND, THIRD]


def test_inline_tags_neither_join_nor_split_words() -> None:
    """Spaces live where the source has them, inside or outside the tag, and nowhere else."""
    article = _article(
        f"<h1>{TITLE}</h1><div class='content-article'><p>أعلنت <a href='/1'>بلدية </a><b>سر</b>مدا،<i> الأحد</i>،&nbsp;بدء "
        f"التعبيد، بعد اتفاق<a href='/2'>مع</a> المتعهد الجديد دام شهرين.</p><p>{SECOND}</p></div>"
    )
    assert article.body.split("\n\n")[0] == "أعلنت بلدية سرمدا، الأحد، بدء التعبيد، بعد اتفاقمع المتعهد الجديد دام شهرين."


def test_lists_quotes_and_tables_are_story() -> None:
    """List items, quotations and rows of figures stand in the body, in order."""
    article = _article(
        f"<h1>{TITLE}</h1><div class='content-article'><p>{LEAD}</p><ul><li>إنارة الشارع</li><li>تنظيف المجاري</li></ul>"
        f"<blockquote>{SECOND}</blockquote><table><tr><td>الكلفة</td><td>30 ألف دولار</td></tr>"
        f"<tr><td>المدة</td><td>شهران</td></tr></table><p>{THIRD}</p></div>"
    )
    rows = ["الكلفة 30 ألف دولار", "المدة شهران"]
    assert article.body.split("\n\n") == [LEAD, "إنارة الشارع", "تنظيف المجاري", SECOND, *rows, THIRD]


def test_no_paragraph_stands_twice() -> None:
    """A copy for another screen size is dropped."""
    assert _article(_held(LEAD, SECOND, LEAD, THIRD)).body.split("\n\n") == [LEAD, SECOND, THIRD]


def test_pictures_posts_and_links_are_kept_beside_the_text() -> None:
    """Captions, tweets and players leave the body and arrive in their fields."""
    article = _article(
        f"<h1>{TITLE}</h1><div class='content-article'><p>{LEAD} <a href='/archives/5'>هنا</a></p>"
        "<figure><img data-src='/wp-content/uploads/road.jpg'><figcaption>ورشة التعبيد</figcaption></figure>"
        "<blockquote class='twitter-tweet'><p>بدأنا العمل</p><a href='https://twitter.com/sarmada/status/99?s=20'>x</a></blockquote>"
        f"<iframe src='https://www.youtube.com/embed/AbCdEfGhIjK'></iframe><p>{SECOND}</p></div>"
    )
    assert [(image.url, image.caption) for image in article.images] == [
        ("https://www.enabbaladi.net/wp-content/uploads/road.jpg", "ورشة التعبيد")
    ]
    assert [embed.url for embed in article.embeds] == [
        "https://x.com/sarmada/status/99",
        "https://www.youtube.com/watch?v=AbCdEfGhIjK",
    ]
    assert "https://www.enabbaladi.net/archives/5" in article.links
    assert article.body.split("\n\n") == [f"{LEAD} هنا", SECOND]


@pytest.mark.parametrize(
    ("line", "place", "authors"),
    [
        ("بلدي نيوز – إدلب (خاص)", "إدلب", ()),
        ("بلدي نيوز - إدلب (محمد وليد جبس)", "إدلب", ("محمد وليد جبس",)),
        ("بلدي نيوز- (عمر يوسف)", None, ("عمر يوسف",)),
        ("بلدي نيوز-حلب (فراس عز الدين)", "حلب", ("فراس عز الدين",)),
        ("بلدي نيوز", None, ()),
    ],
)
def test_baladi_datelines_give_place_and_reporter(line: str, place: str | None, authors: tuple[str, ...]) -> None:
    """The label before the story is a dateline; (خاص) names nobody."""
    article = _article(_flat(line, LEAD, SECOND), url="https://baladi-news.com/ar/articles/5")
    assert article.dateline is not None
    assert (article.dateline.text, article.dateline.agency, article.dateline.place) == (line, "بلدي نيوز", place)
    assert article.authors == authors
    assert article.body.split("\n\n") == [LEAD, SECOND]


def test_a_dateline_inside_the_first_sentence_stays_there() -> None:
    """A run-in dateline is recorded and left where the newsroom wrote it."""
    article = _article(_flat(f"بلدي نيوز - إدلب (خاص) {LEAD}", SECOND), url="https://baladi-news.com/ar/articles/5")
    assert article.body.startswith("بلدي نيوز - إدلب (خاص) أعلنت")
    assert article.dateline is not None
    assert article.dateline.place == "إدلب"


@BOTH
@pytest.mark.parametrize(
    "line", ["1-" * 100_000, "( " * 50_000, "سامر الحموي | " * 2_000, "2020/1/" * 30_000, "شارك ال" * 20_000]
)
def test_lines_without_end_are_read_at_once(wrap, line: str) -> None:  # type: ignore[no-untyped-def]
    """No pattern runs away on a monstrous line: the page is read, whatever becomes of that line."""
    assert _article(wrap(LEAD, SECOND, THIRD, line)).body.startswith(LEAD)
