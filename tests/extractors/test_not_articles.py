"""Walls, shells, missing pages, films and galleries: a reason, never a wrong article."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import pytest

from tests.extractors.newsroom import LEAD, STORY, TITLE, article_of, body_of, document, held, paragraphs, refusal_of, unheld

REFUSED = {
    "soft 404": (
        document(
            "<h1>عذرًا، الصفحة غير موجودة</h1><p>ربما نُقلت الصفحة التي تبحث عنها أو حُذفت، جرّب البحث أو عد إلى الصفحة الرئيسية.</p>",
            "الصفحة غير موجودة",
        ),
        "soft-404",
    ),
    "soft 404 with other stories": (
        document(
            f"<h1>عفوا! لم يتم العثور على ما تبحث عنه</h1><p>جرّب البحث أو تصفح آخر الأخبار.</p><ul>{''.join(f'<li><a href=/{n}>{TITLE}</a><p>{LEAD}</p></li>' for n in range(5))}</ul>",
            "غير موجود",
        ),
        "soft-404",
    ),
    "deleted": (
        document(
            "<h1>هذا المقال غير متوفر</h1><p>تم حذف هذا المقال من قبل إدارة الموقع بناء على طلب صاحبه، نعتذر لكم عن ذلك.</p>",
            "عنب بلدي",
        ),
        "soft-404",
    ),
    "login wall": (
        document(
            "<h1>تسجيل الدخول</h1><form><input name='user'><input type='password'></form><p>يجب تسجيل الدخول لقراءة هذا المقال. سجل الدخول أو أنشئ حسابًا جديدًا مجانًا.</p>",
            "تسجيل الدخول",
        ),
        "login",
    ),
    "cookie wall": (
        document(
            "<div><h2>نحن نستخدم ملفات تعريف الارتباط</h2><p>يستخدم هذا الموقع ملفات تعريف الارتباط لتحسين تجربتك، وبمتابعة التصفح فإنك توافق على سياسة الخصوصية الخاصة بنا.</p><button>موافق</button></div>",
            "عنب بلدي",
        ),
        "cookie-wall",
    ),
    "script shell": (
        document(
            "<div id='root'></div><noscript>يرجى تفعيل جافا سكريبت في متصفحك لعرض هذا الموقع كاملًا بكل ما فيه.</noscript><script src='/app.js'></script>"
            + "<!-- -->" * 60
            + "",
            "عنب بلدي",
        ),
        "no-body",
    ),
    "script shell that asks": (
        document(
            "<div id='root'></div><p>يجب تفعيل جافا سكريبت في متصفحك لتتمكن من عرض هذا الموقع بشكل صحيح وكامل.</p><script src='/app.js'></script>",
            "عنب بلدي",
        ),
        "no-body",
    ),
    "live blog by its data": (
        document(
            f'<script type=\'application/ld+json\'>{{"@type":"LiveBlogPosting","headline":"{TITLE}"}}</script><h1>{TITLE}</h1>{paragraphs(*STORY)}'
        ),
        "liveblog",
    ),
    "gallery by its page type": (
        document(f"<meta name='pageType' content='Gallery Page'><h1>{TITLE}</h1>{paragraphs(LEAD)}"),
        "gallery",
    ),
    "video by its page type": (
        document(f"<meta name='pageType' content='Video Page'><h1>{TITLE}</h1>{paragraphs(LEAD)}"),
        "video",
    ),
}


@pytest.mark.parametrize(("markup", "reason"), REFUSED.values(), ids=REFUSED)
def test_walls_shells_and_missing_pages_are_no_articles(markup: str, reason: str) -> None:
    """Whatever text they show is not news."""
    assert refusal_of(markup) == reason


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("2026-11-20T11:48:00+03:00", True),
        ("2026-11-22T02:59:00+03:00", True),
        ("2026-11-22T03:01:00+03:00", False),
        ("2027-01-01", False),
        ("قريبا", False),
    ],
)
def test_a_live_blog_is_read_once_it_has_ended(end: str, kept: bool) -> None:
    """Its end is compared with the moment of the capture, midnight UTC of 22 November 2026 here."""
    data = f'{{"@type":"LiveBlogPosting","headline":"{TITLE}","coverageEndTime":"{end}"}}'
    markup = document(f"<script type='application/ld+json'>{data}</script><h1>{TITLE}</h1>{paragraphs(*STORY)}")
    if kept:
        article = article_of(markup)
        assert (article.kind, body_of(article)) == ("liveblog", STORY)
    else:
        assert refusal_of(markup) == "liveblog"


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
    assert refusal_of(held(paragraphs(*STORY)), url=url) == reason


@pytest.mark.parametrize("host", ["geroun.net", "www.geroun.net", "geiroon.com", "www.geiroon.net"])
def test_geiroon_is_one_outlet_on_all_its_hosts(host: str) -> None:
    """The same number is the same article."""
    article = article_of(unheld(paragraphs(*STORY)), url=f"http://{host}/archives/121377")
    assert (article.id, article.url, body_of(article)) == ("geiroon:121377", "https://geiroon.net/archives/121377", STORY)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://www.aljazeera.net/video/2026/11/8/x", "video"),
        ("https://www.aljazeera.net/podcasts/2026/11/8/x", "video"),
        ("https://www.aljazeera.net/news/liveblog/2026/11/8/x?update=5", "liveblog"),
        ("https://www.aljazeera.net/gallery/2026/11/8/x", "gallery"),
        ("https://www.aljazeera.net/author/someone", "author"),
        ("https://www.enabbaladi.net/category/video", "listing"),
        ("https://www.enabbaladi.net/tag/x", "tag"),
        ("https://baladi-news.com/ar/videos/12/x", "video"),
        ("https://baladi-news.com/ar/albums/12/x", "gallery"),
        ("https://smartnews-agency.com/ar/photos/2018-02-03-x", "gallery"),
        ("https://geiroon.net/archives/tag/x", "tag"),
    ],
)
def test_films_galleries_and_lists_of_every_outlet_are_named(url: str, reason: str) -> None:
    """By their address, whatever text they show."""
    assert refusal_of(held(paragraphs(*STORY)), url=url) == reason


URLS = {
    "enab_baladi": "https://www.enabbaladi.net/archives/810000",
    "al_jazeera": "https://www.aljazeera.net/news/2026/11/8/x",
    "baladi_news": "https://baladi-news.com/ar/articles/131500",
    "smart": "https://smartnews-agency.com/ar/wires/2018-02-03-x",
    "geiroon": "https://geiroon.net/archives/121377",
}
FILMS = {
    "video": "<meta property='og:type' content='video.other'>",
    "liveblog": '<script type="application/ld+json">{"@type": "LiveBlogPosting", "headline": "x"}</script>',
    "gallery": "<meta name='pageType' content='Gallery Page'>",
}


@pytest.mark.parametrize("kind", FILMS)
@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_page_that_says_that_it_is_a_film_is_no_article(url: str, kind: str) -> None:
    """On every outlet, under the address of an article."""
    assert refusal_of(held(FILMS[kind] + paragraphs(LEAD)), url=url) == kind


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_film_under_the_address_of_an_article_is_no_article(url: str) -> None:
    """A player and a title are no story; nor is the line that goes with a film."""
    menu = "<nav>" + "<a href='/n'>أخبار</a>" * 40 + "</nav>"
    player = "<div class='p'><iframe src='https://www.youtube.com/embed/AbCdEfGhIjK'></iframe></div>"
    assert refusal_of(document(f"{menu}<h1>{TITLE}</h1>{player}"), url=url) == "no-body"
    data = '<script type="application/ld+json">{"@type": "VideoObject", "uploadDate": "2026-11-08"}</script>'
    assert refusal_of(held(data + paragraphs(LEAD)), url=url) == "video"
