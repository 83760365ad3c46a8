"""Pages of sites that nobody described, in the markup of widespread systems: body, headline, day, authors and dateline, exactly."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from extractors import Article, read
from infra.eval.mutation import CHANGES
from tests.extractors.newsroom import LAST, LEAD, SECOND, STORY, THIRD, TITLE, body_of, document, page_of, paragraphs

OTHER = "أمطار غزيرة تغلق الطريق الدولي عند العقدة"
TEASER = "أغلقت السيول الطريق بين المدينتين قرب العقدة، وحذرت المديرية السائقين من سلوك الطريق القديم ليلا."
CARDS = "".join(
    f"<div class='k'><a href='/x{n}'><h4>{OTHER} {n}</h4></a><div class='t'><p>{n} {TEASER}</p></div></div>" for n in range(3)
)
MENU = "<div class='m1'><a href='/'>الرئيسية</a><a href='/n'>أخبار</a></div>"
FOOT = "<footer><p>جميع الحقوق محفوظة، ويمنع النقل دون إذن خطي مسبق من إدارة التحرير في الصحيفة.</p></footer>"
H1 = f"<h1>{TITLE}</h1>"
URL = "https://news.example.org/a/1"


@dataclass(frozen=True)
class Layout:
    """A page and what must be read from it; the body is STORY unless another is told."""

    inner: str
    day: str | None = None
    authors: tuple[str, ...] = ()
    dateline: tuple[str, str | None, str | None] | None = None
    sources: tuple[str, ...] = ()
    body: tuple[str, ...] = tuple(STORY)


def _halves(box: str) -> str:
    return paragraphs(LEAD, SECOND) + box + paragraphs(THIRD, LAST)


LAYOUTS = {
    "a box of related stories inside the story": Layout(
        f"{H1}<div><span>الأربعاء 4 نوفمبر 2026</span></div><div class='entry-content'>{_halves(f'<div id=x><div><h3>مقالات ذات صلة</h3></div><ul><li><h4><a href=/1>{OTHER}</a></h4><span class=date>2 نوفمبر 2026</span></li></ul></div>')}</div>",
        day="2026-11-04",
    ),
    "a heading nobody foresaw over links": Layout(
        f"{H1}<div class='entry-content'>{_halves(f'<div class=more><h4>ملفات ساخنة</h4><ul><li><a href=/1>{OTHER}</a></li><li><a href=/2>{OTHER} مجددا</a></li></ul></div>')}</div>"
    ),
    "a form round the page, tables, fonts": Layout(
        f"<form><table><tr><td><a href='/'>محليات</a><br><a href='/1'>{OTHER}</a></td><td><font size=5><b>{TITLE}</b></font><br><span>الخميس 05 تشرين الثاني 2026</span> <span>عدد القراءات : 412</span><br><font>{'<br><br>'.join(STORY)}</font><br><a href='p'>طباعة</a></td></tr></table></form>",
        day="2026-11-05",
    ),
    "lead and rest in an element each": Layout(
        f"<div><span>الإثنين, 16 تشرين2/نوفمبر 2026 08:12</span><h2>{TITLE}</h2><span>كتبه <a rel='author'>لؤي حيدر</a></span></div><div class='itemBody'><div class='itemIntroText'>{paragraphs(LEAD)}</div><div class='itemFullText'>{paragraphs(*STORY[1:])}</div><div class='itemContentFooter'>آخر تعديل على الإثنين, 16 تشرين2/نوفمبر 2026 09:40</div></div>",
        day="2026-11-16",
        authors=("لؤي حيدر",),
    ),
    "a line that says who posted it and when": Layout(
        f"<article>{H1}<footer>أضيف بواسطة <span>فدوى بنعلي</span> بتاريخ 19 نونبر 2026 - 11:25</footer><div class='field--name-body'>{paragraphs(*STORY)}</div></article>",
        day="2026-11-19",
        authors=("فدوى بنعلي",),
    ),
    "a weekday that tells month from day": Layout(
        f"{H1}<div class='submitted'>Submitted by <span>editor2</span> on خميس, 11/05/2026 - 21:40</div><div>{paragraphs(*STORY)}</div>",
        day="2026-11-05",
    ),
    "names of classes that a build tool made": Layout(
        f"<div class='c1'>{H1}<div class='c2'>تعود المياه إلى ثلاث قرى بعد أربعة أشهر من الانقطاع، والأهالي يدفعون الكلفة كاملة.</div><div class='c3'><a href='/authors/eman'>إيمان برهوم</a></div><div class='c4'>20 نوفمبر 2026، 15:00</div></div><div class='c5'><img src='/i.webp'><div>متطوعون قرب البئر - رويترز</div></div><div class='c6'>{_halves('<div class=c7><div>النشرة البريدية</div><div>أهم ما حدث اليوم في بريدك</div><input></div>')}</div>{CARDS}",
        day="2026-11-20",
        authors=("إيمان برهوم",),
    ),
    "the dateline of an agency on its own line": Layout(
        f"{H1}<div>19-11-2026 | 10:42</div><div><p><strong>حماة - سانا</strong></p>{paragraphs(*STORY)}</div>",
        day="2026-11-19",
        dateline=("حماة - سانا", "سانا", "حماة"),
    ),
    "an agency in brackets, run in": Layout(
        f"{H1}<div>{paragraphs('(رويترز) - ' + LEAD, *STORY[1:])}</div>",
        dateline=("(رويترز) -", "رويترز", None),
        body=("(رويترز) - " + LEAD, *STORY[1:]),
    ),
    "reporter and place": Layout(
        f"{H1}<div>سعود القحطاني - الرياض</div><div>الخميس 9 جمادى الآخرة 1448هـ - 19 نوفمبر 2026م</div><div>{paragraphs(*STORY)}</div>",
        day="2026-11-19",
        authors=("سعود القحطاني",),
        dateline=("سعود القحطاني - الرياض", None, "الرياض"),
    ),
    "a bare name beside a date": Layout(
        f"{H1}<ul><li>ياسر الخطيب</li><li>٥ تشرين الثاني ٢٠٢٦</li><li>٣ دقائق للقراءة</li></ul><div>{paragraphs(*STORY)}</div>",
        day="2026-11-05",
        authors=("ياسر الخطيب",),
    ),
    "updated before published": Layout(
        f"{H1}<div>آخر تحديث: 20 نوفمبر 2026 - 14:10 | نُشر: 18 نوفمبر 2026 - 12:00</div><div>{paragraphs(*STORY)}</div>",
        day="2026-11-18",
    ),
    "the site's name and the date in one line": Layout(
        f"{H1}<div>كل يوم | 5 نوفمبر 2026</div><div>{paragraphs(*STORY)}</div>", day="2026-11-05"
    ),
    "a caption in the picture's element": Layout(
        f"{H1}<div>{_halves('<div><img src=a.jpg><span>معصرة في ريف السلمية (زيتون)</span></div>')}</div>"
    ),
    "a pull quote": Layout(f"{H1}<div>{_halves(f'<blockquote><p>{SECOND[40:90].strip()}</p></blockquote>')}</div>"),
    "the author's life and a disclaimer": Layout(
        f"<div><a href='/writer/3'>ريم العطار</a>{H1}<div>18/11/2026</div><div>{paragraphs(*STORY)}</div><div><p>كاتبة وباحثة من دمشق، صدر لها كتابان عن العمران والذاكرة، وتقيم في برلين.</p></div><p>الآراء الواردة في هذا المقال تعبر عن رأي صاحبها ولا تعبر بالضرورة عن رأي الموقع.</p></div>",
        day="2026-11-18",
        authors=("ريم العطار",),
    ),
    "a source line outside the story's element": Layout(
        f"{H1}<div>{paragraphs(*STORY)}</div><div>المصدر: مال + وكالات</div>", sources=("مال", "وكالات")
    ),
    "comments of visitors": Layout(
        f"{H1}<div>{paragraphs(*STORY)}</div><div><h3>تعليقات الزوار</h3><ul><li><b>سعيد</b><p>الله يكون في عون الأهالي، فعملهم صعب ولا أحد يسمع صوتهم منذ سنوات.</p></li></ul></div>"
    ),
}


def _read(layout: Layout, markup: str) -> Article:
    result = read(page_of(markup, url=URL))
    assert isinstance(result, Article), result
    assert body_of(result) == list(layout.body)
    assert result.headline == TITLE
    return result


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_page_of_a_stranger_is_read_exactly(layout: Layout) -> None:
    """Structure and position tell story from furniture, and where date, author, dateline and source stand."""
    article = _read(layout, document(f"{MENU}{layout.inner}{FOOT}", site="صحيفة المدينة"))
    line = article.dateline
    assert (article.date_published or "")[:10] == (layout.day or "")
    assert (article.authors, article.sources) == (layout.authors, layout.sources)
    assert ((line.text, line.agency, line.place) if line else None) == layout.dateline


@pytest.mark.parametrize("change", ["ads between", "names changed"])
@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "lead and rest in an element each"])
def test_it_is_read_the_same_after_a_redesign(name: str, change: str) -> None:
    """Other class names, or advertisements after the paragraphs; a date may be lost, never changed."""
    layout = LAYOUTS[name]
    markup = document(f"{MENU}{layout.inner}{FOOT}", site="صحيفة المدينة")
    article = _read(layout, CHANGES[change](markup, random.Random(7)))
    assert article.date_published is None or article.date_published[:10] == layout.day
    assert article.authors in {(), layout.authors}


def test_a_site_whose_name_sounds_like_a_challenge_is_read() -> None:
    """«لحظة» alone is a wall's title; in another title it is a word."""
    page = page_of(document(f"{H1}<div>{paragraphs(*STORY)}</div>", site="لحظة"), url=URL)
    assert isinstance(read(page), Article)


def test_comments_after_a_box_of_links_stay_outside() -> None:
    """The story goes on after a box only where paragraphs are set as before it."""
    comments = "".join(f"<div class='cm'><p>{line}</p></div>" for line in (TEASER, TEASER + " حقا."))
    inner = f"<div class='entry-content'>{paragraphs(*STORY)}<div><h3>مقالات ذات صلة</h3><ul><li><a href=/1>{OTHER}</a></li></ul></div>{comments}</div>"
    _read(Layout(inner), document(f"{MENU}{H1}{inner}{FOOT}"))
