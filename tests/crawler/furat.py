"""The site of CONTRIBUTING's example outlet, for `serve`: a feed, a listing, one article."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic

from crawler.demo.answer import Answer, SiteRequest, page, text
from crawler.demo.sites.site import Site

HOME = "https://furatpost.example"
LEAD = "افتتح أهالي بلدة تل الرمان مكتبتهم العامة بعد عامين من العمل التطوعي في ترميم المبنى القديم."
REST = "وقال أمين المكتبة سالم الدرويش إن عدد الكتب تجاوز ثلاثة آلاف، معظمها تبرعات من سكان القرى المجاورة."
ARTICLE = f"""<!doctype html><html lang="ar" dir="rtl"><head><title>مكتبة في تل الرمان - فرات بوست</title></head><body>
<h1>مكتبة في تل الرمان</h1><time class="posted" datetime="2026-11-03T09:30:00+03:00">3 تشرين الثاني 2026</time>
<div class="story-text"><p>{LEAD}</p><p class="read-also">اقرأ أيضًا: <a href="/1">خبر آخر</a></p>
<p>{REST}</p></div></body></html>"""
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>فرات بوست</title>
<item><title>مكتبة</title><link>{HOME}/4711/library?utm_source=rss</link></item></channel></rss>"""


class FuratSite(Site):
    outlet = "furat_post"
    home = "furatpost.example"
    hosts = ("furatpost.example",)

    def __init__(self) -> None:
        super().__init__(())

    def answer(self, asked: SiteRequest) -> Answer:
        pages = {
            "/feed/": FEED,
            "/news": '<html><body><a href="/4711/library">مكتبة</a></body></html>',
            "/4711/library": ARTICLE,
            "/robots.txt": "User-agent: *\nDisallow:\n",
        }
        body = pages.get(asked.path)
        if body is None:
            return page("<h1>404</h1>", 404)
        return text(body) if body.startswith(("User-agent", "<?xml")) else page(body)


class BusySite(FuratSite):
    """Answers its article with 429 until two seconds have passed since it was first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._first: float | None = None

    def answer(self, asked: SiteRequest) -> Answer:
        if asked.path != "/4711/library":
            return super().answer(asked)
        self._first = self._first or monotonic()
        if monotonic() - self._first < 2:
            return Answer(status=429, body=b"slow down", headers=(("Retry-After", "2"),), lasting=False)
        return replace(super().answer(asked), lasting=False)


class MuteSite(FuratSite):
    """Everything answers, and nothing names an article, as after a redesign."""

    def answer(self, asked: SiteRequest) -> Answer:
        if asked.path == "/feed/":
            return text(FEED.replace("<item>", "<!--").replace("</item>", "-->"))
        return page("<html><body><p>قريبًا</p></body></html>") if asked.path == "/news" else super().answer(asked)


class FuratWorld:
    """As much of a world as `serve` asks for."""

    hosts = FuratSite.hosts

    def __init__(self, site: type[FuratSite] = FuratSite) -> None:
        self.site = site

    def sites(self) -> list[Site]:
        return [self.site()]
