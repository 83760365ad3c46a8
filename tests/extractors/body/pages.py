"""Small pages for tests of the body: a story of our own words, and pages that hold it."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

from datetime import UTC, datetime

from extractors import Article, Page, read

TITLE = "بلدية سرمدا تعيد فتح الطريق بعد أربعة أشهر من الإصلاح"
STORY = (
    "أعلنت بلدية سرمدا، أمس الاثنين، إعادة فتح الطريق الذي يصل البلدة بالقرى الشرقية بعد إصلاح استمر أربعة أشهر.",
    "وقال رئيس البلدية سامر الحموي إن الورشات أزالت الركام من ثلاثة مواقع، وإن حركة الشاحنات ستبقى ممنوعة حتى نهاية الأسبوع.",
    "وكان الطريق قد أغلق في الشتاء بعد انهيار جزء من الجسر الصغير، ما أجبر السكان على سلوك طريق ترابي طويل.",
    "وذكرت معلمة في مدرسة البلدة أن التلاميذ كانوا يصلون إلى صفوفهم متأخرين، وأن كثيرا منهم انقطع عن الدوام.",
    "وطالب الأهالي بإنارة المدخل الشرقي، فيما وعدت البلدية بتركيب اثني عشر عمودا قبل نهاية الشهر الجاري.",
    "وتبلغ كلفة الأعمال نحو ثلاثين ألف دولار، جمع السكان ثلثها ودفعت البلدية الباقي من صندوقها.",
)
OTHERS = ("مزارعون يشكون غلاء البذار في السهل", "افتتاح مكتبة عامة في الحي الغربي", "دوري المدارس ينطلق يوم الخميس المقبل")
LINKS = "<ul>" + "".join(f"<li><a href='/n/{n}'>{title}</a></li>" for n, title in enumerate(OTHERS)) + "</ul>"
# Where an outlet's own layout finds its story, and a stranger's page.
PLACES = {
    "stranger": ("https://www.marsad.example/local/road", None, "<main><div class='x'>{}</div></main>"),
    "enab_baladi": ("https://www.enabbaladi.net/712345/x/", "enab_baladi", "<div class='content-article'>{}</div>"),
    "al_jazeera": ("https://www.aljazeera.net/news/2025/11/4/x", "al_jazeera", "<main><div class='wysiwyg'>{}</div></main>"),
    "geiroon": ("https://geiroon.net/archives/123456", "geiroon", "<article><div class='entry-content entry'>{}</div></article>"),
    "baladi_news": ("https://baladi-news.com/ar/articles/23000", "baladi_news", "<div class='article-content'>{}</div>"),
    "smart": ("https://smartnews-agency.com/ar/wires/2018-05-12-x", "smart", "<div class='wire-body'>{}</div>"),
}


def paragraphs(*texts: str) -> str:
    """Each in <p>."""
    return "".join(f"<p>{text}</p>" for text in texts)


def page(inside: str, *, place: str = "stranger", head: str = "", body: str = "") -> Page:
    """A page of an outlet, or of none, with this markup where its story stands. body: attributes of <body>."""
    url, _, container = PLACES[place]
    markup = (
        f"<!DOCTYPE html><html lang='ar'><head><meta charset='utf-8'><title>{TITLE}</title>{head}</head><body {body}>"
        f"<header><nav><a href='/'>الرئيسية</a><a href='/local'>محليات</a></nav></header><h1>{TITLE}</h1>{container.format(inside)}"
        f"<section class='widget'><h3>اقرأ أيضا</h3>{LINKS}</section><footer><p>جميع الحقوق محفوظة</p></footer></body></html>"
    )
    return Page(url=url, body=markup.encode(), content_type="text/html", fetched_at=datetime(2026, 1, 1, tzinfo=UTC))


def body_of(made: Page, place: str = "stranger") -> list[str]:
    """The paragraphs that are read; none for what is taken for no article."""
    result = read(made, PLACES[place][1])
    return result.body.split("\n\n") if isinstance(result, Article) else []
