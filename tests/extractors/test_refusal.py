"""What is no article says why, and whether to come back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from extractors import Article, NotAnArticle, Page, read
from extractors.refusal import is_garbled, is_parked

URL = "https://www.enabbaladi.net/archives/700001"
SENTENCE = "أعلنت بلدية سرمدا، صباح الأحد، بدء أعمال تعبيد الطريق الرئيسي الذي يصل المدينة بالمعبر، بعد شهرين من التأجيل."


def _read(markup: str | bytes, *, url: str = URL, content_type: str = "text/html; charset=utf-8") -> Article | NotAnArticle:
    body = markup if isinstance(markup, bytes) else markup.encode()
    return read(Page(url=url, body=body, content_type=content_type, fetched_at=datetime(2026, 11, 22, tzinfo=UTC)))


def _page(title: str, body: str, body_class: str = "") -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body class='{body_class}'>{body}</body></html>"


@pytest.mark.parametrize(
    ("markup", "reason", "transient"),
    [
        (b"", "empty", True),
        (b"  \n", "empty", True),
        (b"<html><body></body></html>", "empty", True),
        (b"%PDF-1.7 x", "binary", False),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "binary", False),
        (
            _page("Just a moment...", "<div id='challenge-running'></div><script>window._cf_chl_opt={}</script>"),
            "challenge",
            True,
        ),
        (_page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"), "challenge", True),
        (_page("الصفحة غير موجودة - عنب بلدي", "<h1>الصفحة غير موجودة</h1><p>عد إلى الرئيسية.</p>"), "soft-404", False),
        (
            _page("404", "<h1>404</h1><p>لم يتم العثور على الصفحة التي طلبتها، جرّب البحث أو عد إلى الصفحة الرئيسية للموقع.</p>"),
            "soft-404",
            False,
        ),
        (_page("أخبار", f"<p>{SENTENCE}</p>", "rtl archive category"), "listing", False),
        (_page("كاتب", f"<p>{SENTENCE}</p>", "rtl archive author"), "listing", False),
        (_page("بحث", f"<p>{SENTENCE}</p>", "search search-results"), "search", False),
        (_page("لا شيء", f"<p>{SENTENCE}</p>", "error404"), "soft-404", False),
        (f"<!DOCTYPE html><html><head><title>خبر عن سرمدا</title></head><body><div><p>{SENTENCE}</p><p>وقال رئيس", "cut", True),
        (
            f"<!DOCTYPE html><html><head><title>خبر</title></head><body><div class='content-article'><p>{SENTENCE}</p>",
            "cut",
            True,
        ),
        ("<!DOCTYPE html><html><head><title>خبر عن سرمدا</title><style>.a{", "cut", True),
    ],
)
def test_reasons(markup: str | bytes, reason: str, transient: bool) -> None:
    """Each kind of page that is no article has its name; only what may change by itself is transient."""
    result = _read(markup)
    assert isinstance(result, NotAnArticle)
    assert (result.reason, result.transient) == (reason, transient)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.enabbaladi.net/archives/category/news",
        "https://www.aljazeera.net/news/liveblog/2026/9/1/x",
        "https://www.aljazeera.net/video/newsreports/2018/3/16/x",
        "https://baladi-news.com/ar",
    ],
)
def test_an_address_that_is_no_article_is_refused_whatever_it_shows(url: str) -> None:
    """The grammar is enough: a list that looks like a story is still a list."""
    assert isinstance(_read(_page("عنوان طويل بما يكفي", f"<article><p>{SENTENCE}</p></article>"), url=url), NotAnArticle)


def test_a_valid_page_may_leave_out_its_end_tags() -> None:
    """</html>, </body> and </p> are optional; a story followed by anything else is whole."""
    for markup in (
        f"<title>خبر عن سرمدا</title><p>{SENTENCE}<p>{SENTENCE} انتهى.",
        f"<!DOCTYPE html><html><title>خبر عن سرمدا</title><div class='content-article'><p>{SENTENCE}</p></div>",
        f"<!DOCTYPE html><html><title>خبر عن سرمدا</title><div><p>{SENTENCE}</p></div>",
    ):
        assert isinstance(_read(markup), Article), markup


def test_a_story_about_missing_pages_and_captchas_is_a_story() -> None:
    """The words of a refusal inside a story refuse nothing."""
    title = "خطأ في سجلات النفوس: آلاف الأسماء غير موجودة"
    story = f"<h1>{title}</h1><p>{SENTENCE}</p><p>{SENTENCE} والصفحة غير موجودة في السجل القديم.</p>"
    assert isinstance(_read(_page(f"{title} - عنب بلدي", story)), Article)


def test_an_unknown_host_is_read_as_a_stranger() -> None:
    """A site nobody described gets a slug of its host and the generic path."""
    result = _read(
        _page("خبر عن سرمدا وطريقها", f"<h1>خبر عن سرمدا وطريقها</h1><p>{SENTENCE}</p>"),
        url="https://news.example.org/a/1?utm_source=x#y",
    )
    assert isinstance(result, Article)
    assert (result.outlet, result.url, result.extractor.layout) == ("news_example_org", "https://news.example.org/a/1", "generic")
    assert result.id.startswith("news_example_org:")


PARKED = {
    "for sale": "<html><head><title>smartnews-agency.com is for sale</title></head><body><h1>The domain is for sale</h1>"
    "<p>Buy this domain today. The owner of this domain offers it for 2,000 dollars, and the sale is handled by a broker.</p>",
    "sedo": "<html><head><title>smartnews-agency.com</title><script src='https://img.sedoparking.com/x.js'></script></head><body>"
    "<h1>Related searches</h1><p>Cheap flights and hotels, insurance for your car, and other links that the advertiser pays.</p>",
    "suspended": "<html><head><title>Account Suspended</title></head><body><h1>Account Suspended</h1>"
    "<p>This account has been suspended. Contact your hosting provider for more information about the reasons for this.</p>",
    "default": "<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1><p>If you see this page, the "
    "nginx web server is successfully installed and working. Further configuration is required of the administrator.</p>",
    "in Arabic": "<html><head><title>هذا النطاق معروض للبيع</title></head><body><h1>هذا النطاق معروض للبيع</h1>"
    "<p>يمكنك شراء هذا النطاق الآن عبر الوسيط المعتمد لدينا مقابل مبلغ مالي يدفع مرة واحدة فقط وبأمان كامل.</p>",
}


@pytest.mark.parametrize("name", PARKED)
def test_a_parked_domain_is_no_article(name: str) -> None:
    """What a dead outlet's addresses show later: no article of it, whoever captured it."""
    result = _read(PARKED[name] + "</body></html>")
    assert isinstance(result, NotAnArticle)
    assert (result.reason, result.transient) == ("parked", False)


def test_a_story_without_a_word_of_the_outlet_s_language_is_of_another_site() -> None:
    text = "The casino offers a bonus to all new players, and the best slots of the year are waiting for them tonight. " * 4
    page = f"<html><head><title>Best slots</title></head><body><article><h1>Best slots</h1><p>{text}</p></article></body></html>"
    result = _read(page)
    assert isinstance(result, NotAnArticle)
    assert result.reason == "other-site"


def test_a_story_about_parked_domains_is_an_article() -> None:
    assert not is_parked("<p>domain is for sale sedoparking</p>" + "كلمة عربية أخرى " * 40, "خبر عن نطاقات الإنترنت")


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        ("أعلنت بلدية سرمدا إعادة فتح الطريق بعد إصلاح استمر أربعة أشهر.", False),
        ("La municipalité a décidé d’ouvrir à nouveau la route où l’élève a été blessé.", False),
        ("شركة Citroën تعيد تصنيع سيارة 2CV في فرنسا بعد نجاح معرض Café Zoé.", False),
        ("Ø£Ø¹Ù„Ù†Øª Ø¨Ù„Ø¯ÙŠØ© Ø³Ø±Ù…Ø¯Ø§ Ø¥Ø¹Ø§Ø¯Ø© ÙØªØ­ Ø§Ù„Ø·Ø±ÙŠÙ‚", True),
        ("أعلنت بلدية سرمدا إعادة فتح الطريق".encode("iso8859-6").decode("cp1256"), True),
        ("\ufffd\ufffd\ufffd \ufffd\ufffd كلمة \ufffd\ufffd", True),
    ],
)
def test_letters_of_no_language_are_no_article(text: str, garbled: bool) -> None:
    """Told by how letters and signs are mixed inside words: no language is looked up."""
    assert is_garbled([text] * 3) is garbled
