"""What templates set between and after the paragraphs of a story, and what the newsroom wrote that looks like it."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import pytest

from tests.extractors.newsroom import LAST, LEAD, SECOND, STORY, THIRD, article_of, body_of, held, paragraphs, unheld

BOTH = pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "no layout"])

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
    assert body_of(article_of(wrap(paragraphs(LEAD, SECOND) + piece + paragraphs(THIRD, LAST)))) == STORY


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
    assert body_of(article_of(wrap(paragraphs(LEAD, SECOND) + piece + paragraphs(THIRD, LAST)))) == [
        LEAD,
        SECOND,
        *lines,
        THIRD,
        LAST,
    ]


MARKS = [("\u200f", ""), ("\u202b", "\u202c"), ("\u200f", "\u200f"), ("\ufeff", "")]


@BOTH
@pytest.mark.parametrize("marks", MARKS, ids=["rlm", "embedding", "both", "bom"])
def test_direction_marks_hide_no_furniture(wrap, marks: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    """A source line, a related heading and a share word are known behind invisible marks too."""

    def marked(line: str) -> str:
        return f"{marks[0]}{line}{marks[1]}"

    article = article_of(
        wrap(
            paragraphs(
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
    assert body_of(article) == STORY
    assert article.sources == ("عنب بلدي", "وكالات")


def test_captions_doubled_or_glued_to_an_icon_are_the_caption_once() -> None:
    """«camera iconس», «س س» → س, with its credit apart."""
    figure = "<figure><img src='/w.jpg'><figcaption><i>camera icon</i>متطوعون قرب البئر الشرقية متطوعون قرب البئر الشرقية</figcaption></figure>"
    figure += "<figure><img src='/v.jpg'><figcaption>مضخة القرية (رويترز)</figcaption></figure>"
    article = article_of(held(figure + paragraphs(*STORY)))
    assert [(image.caption, image.credit) for image in article.images] == [
        ("متطوعون قرب البئر الشرقية", None),
        ("مضخة القرية (رويترز)", "رويترز"),
    ]
    assert body_of(article) == STORY


def test_a_caption_printed_as_text_belongs_to_the_lead_picture() -> None:
    """On a page whose picture has no figure, the line before the story is its caption."""
    head = "<meta property='og:image' content='https://www.enabbaladi.net/w.jpg'>"
    caption = "متطوعون قرب البئر الشرقية في ريف السلمية (عنب بلدي)"
    article = article_of(unheld(head + paragraphs(caption, f"camera icon{caption}", *STORY)))
    assert body_of(article) == STORY
    assert [(image.url, image.caption) for image in article.images] == [("https://www.enabbaladi.net/w.jpg", caption)]


AFTER = {
    "comments": paragraphs("التعليقات (3)", "أبو محمد", "الله يعطيهم العافية، لكن أين كان المجلس قبل أربعة أشهر من الآن؟", "رد"),
    "counted comments": "<div><h3>3 تعليقات</h3><div><b>سمير</b><p>شكرًا لكل المتطوعين على هذا العمل الكبير في قرانا.</p></div></div>",
    "most read": "<h3>الأكثر قراءة</h3><ul><li><a href='/1'>سوق جديدة في المدينة بعد عام من الانتظار</a></li></ul>",
    "teasers without a heading": "".join(
        f"<div><a href='/{n}'><h3>عنوان خبر آخر رقم {n}</h3></a><p>قال مسؤولون إن الأعمال في الموقع {n} ستنتهي بعد أسبوعين.</p></div>"
        for n in range(4)
    ),
    "telegram": paragraphs("لمتابعة آخر الأخبار اشترك في قناتنا على تلغرام"),
    "whatsapp": paragraphs("تابع آخر الأخبار عبر قناتنا على واتساب"),
    "watch": "<p>شاهد الفيديو:</p><iframe src='https://www.youtube.com/embed/AbCdEfGhIjK'></iframe>",
    "source in parts": "<div><span>المصدر</span>: <a href='/r'>رويترز</a></div>",
    "linked tags": "<div>الوسوم: <a href='/t/1'>حماة</a> <a href='/t/2'>السلمية</a></div>",
    "hash tags": "<div><a href='/t/1'>#حماة</a> <a href='/t/2'>#السلمية</a></div>",
    "author's life": "<div class='author-box'><h4>سامر الحموي</h4><p>صحفي سوري، يكتب عن الشؤون المحلية منذ عام 2012.</p></div>",
}


@pytest.mark.parametrize("piece", AFTER.values(), ids=AFTER)
def test_what_follows_a_story_in_an_unknown_layout_goes(piece: str) -> None:
    """Comments, teasers, calls to subscribe, tags and the author's life are not the story."""
    assert body_of(article_of(unheld(f"<div>{paragraphs(*STORY)}</div><div>{piece}</div>"))) == STORY


def test_share_names_in_a_row_are_no_story() -> None:
    """«طباعة Email فيسبوك تويتر»: every word is a network or a verb of sharing."""
    assert body_of(article_of(unheld(paragraphs(*STORY, "طباعة Email فيسبوك تويتر لينكدين Whats App")))) == STORY
