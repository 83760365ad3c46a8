"""A story of our own, and the pages it is put into."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from extractors import Article, NotAnArticle, Page, read

TITLE = "حملة أهلية تعيد الماء إلى ثلاث قرى في ريف السلمية"
LEAD = "أنهى متطوعون في ريف السلمية الشرقي إصلاح خط الماء الذي يغذي ثلاث قرى، بعد انقطاع دام أربعة أشهر، بحسب ما أعلنه المجلس المحلي."
SECOND = (
    "وقال رئيس المجلس، وليد الشحود، إن الكلفة بلغت ستة آلاف دولار جُمعت من الأهالي والمغتربين، وإن العمل جرى بأيدي أبناء القرى."
)
THIRD = "وتعتمد القرى الثلاث على بئرين حُفرتا قبل أربعين عامًا، وانخفض منسوبهما بعد مواسم الجفاف الأخيرة."
LAST = "ومن المقرر أن تبدأ المرحلة الثانية منتصف الشهر المقبل، وتشمل تركيب ألواح شمسية لتشغيل المضخة."
STORY = [LEAD, SECOND, THIRD, LAST]


def page_of(
    markup: str, *, url: str = "https://www.enabbaladi.net/archives/810000", content_type: str = "text/html; charset=utf-8"
) -> Page:
    """The page as if just fetched."""
    return Page(url=url, body=markup.encode(), content_type=content_type, fetched_at=datetime(2026, 11, 22, tzinfo=UTC))


def charset_of(page: Page) -> str:
    """In which a recorded page can be decoded and written again."""
    try:
        page.body.decode()
    except UnicodeDecodeError:
        return "cp1256"
    return "cp1256" if b"windows-1256" in page.body else "utf-8"


def article_of(markup: str, **page: str) -> Article:
    """The article read from it."""
    result = read(page_of(markup, **page))
    assert isinstance(result, Article), result
    return result


def refusal_of(markup: str, **page: str) -> str:
    """Why it is none."""
    result = read(page_of(markup, **page))
    assert isinstance(result, NotAnArticle), result
    return result.reason


def body_of(article: Article) -> list[str]:
    """Its paragraphs."""
    return article.body.split("\n\n")


def document(inner: str, title: str = TITLE, site: str = "عنب بلدي") -> str:
    """A whole page."""
    return f"<!DOCTYPE html><html lang='ar' dir='rtl'><head><meta charset='utf-8'><title>{title} - {site}</title></head><body>{inner}</body></html>"


def paragraphs(*lines: str) -> str:
    """Each line in <p>."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def held(inner: str) -> str:
    """In the container of a layout."""
    return document(f"<h1>{TITLE}</h1><div class='content-article'>{inner}</div>")


def unheld(inner: str) -> str:
    """In a page whose names nobody knows."""
    menu = "<div class='m1'><a href='/'>الرئيسية</a><a href='/n'>أخبار</a><a href='/e'>اقتصاد</a></div>"
    foot = "<div class='m2'><a href='/about'>من نحن</a><span>جميع الحقوق محفوظة</span></div>"
    return document(f"{menu}<div class='q1'><h1>{TITLE}</h1><div class='q2'>{inner}</div></div>{foot}")
