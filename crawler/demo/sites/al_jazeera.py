"""Al Jazeera Arabic: server-rendered theme-aja pages, the GUID feed, a sitemap index of daily files, old print views."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

from crawler.demo import feeds, markup
from crawler.demo.answer import Answer, SiteRequest, page, redirect, text
from crawler.demo.markup import escape
from crawler.demo.sites.site import Site, latest
from crawler.demo.story import DemoStory, OfferedLink

HOME = "https://www.aljazeera.net"
FEED = "/aljazeerarss/a7c186be-1baa-4bd4-9d80-a84db769f779/73d0e1b4-532f-45ef-b135-bfdff8b8cab9"
_IN_FEED = 25
_PIXELS = b"\x89PNG\r\n\x1a\n" + bytes(200)
_IN_NEWS_SITEMAP = 5
_SECTIONS = {
    "news": "أخبار", "ebusiness": "اقتصاد", "sport": "رياضة", "health": "صحة", "tech": "تكنولوجيا", "culture": "ثقافة",
    "opinions": "آراء", "ajamonitor": "رصد", "science": "علوم",
}  # fmt: skip


class AlJazeeraSite(Site):
    """aljazeera.net, and ajnet.me with the same pages."""

    outlet = "al_jazeera"
    home = "www.aljazeera.net"
    hosts = ("www.aljazeera.net", "aljazeera.net", "www.ajnet.me", "ajnet.me")
    mirrors = ("www.ajnet.me",)
    sources = ("feed", "sitemap", "news-sitemap", "listing")

    def __init__(self, stories: Iterable[DemoStory], links: Iterable[OfferedLink] = ()) -> None:
        super().__init__(stories, links)
        self.table = {
            "/robots.txt": lambda _: text(_ROBOTS),
            FEED: lambda _: self._feed(),
            "/sitemap.xml": self._sitemap,
            "/news-sitemap.xml": lambda _: feeds.sitemap(self._news()),
            "/": lambda _: page(self._listing("الصفحة الرئيسية", "Home Page")),
            "/news": lambda _: page(self._listing("أخبار", "Section Page")),
            "/news/": lambda _: page(self._listing("أخبار", "Section Page")),
            "/where/mideast/arab/syria/": lambda _: page(self._listing("سوريا", "Section Page")),
        }
        for story in self.stories:
            self.table[self._path(story)] = partial(self._story_page, story)
        for link in self.links:
            path = link.url.removeprefix(HOME)
            if link.status == 200 and path.endswith((".jpg", ".png")):
                self.table[path] = lambda _: Answer(body=_PIXELS, content_type="image/png")
            elif link.status == 200:
                self.table[path] = partial(self._other_page, link)

    def url(self, story: DemoStory) -> str:
        """/<section>/<year>/<month>/<day>/<slug>, numbers unpadded."""
        return HOME + self._path(story)

    def moved(self, request: SiteRequest) -> str | None:
        """Other feeds lead to the one there is; a slash at the end is dropped."""
        if request.path.startswith("/aljazeerarss/"):
            return HOME + FEED
        bare = request.path.rstrip("/")
        return HOME + bare if bare != request.path and bare in self.table else None

    def missing(self, request: SiteRequest) -> Answer:  # noqa: ARG002 - one signature for all sites
        """The outlet's own 404 page."""
        head, main = '<meta name="pageType" content="Error Page">', "<h1>404</h1><p>عفوا، الصفحة غير موجودة</p>"
        return page(_page("الصفحة غير موجودة", HOME + "/404", "", head, main), 404)

    def _path(self, story: DemoStory) -> str:
        when = story.published
        slug = story.slug or markup.slug(story.headline)
        return f"/{story.more.get('path', story.section)}/{when.year}/{when.month}/{when.day}/{slug}"

    def _story_page(self, story: DemoStory, request: SiteRequest) -> Answer:
        if story.status != 200:
            return replace(self.missing(request), status=story.status)
        return page(self._article(story))

    def _other_page(self, link: OfferedLink, _: SiteRequest) -> Answer:
        headline = {"headline": escape(link.headline)}
        if "/home/print/" in link.url:
            return page(markup.shell("al_jazeera_print", headline))
        kind = "liveblog" if "/liveblog/" in link.url else "video" if "/video" in link.url else "gallery"
        head = f'<meta name="pageType" content="{kind}">' + markup.json_ld(_OTHER_DATA[kind] | {"name": link.headline})
        return page(_page(link.headline, link.url, "فيديو", head, markup.shell(f"al_jazeera_{kind}", headline)))

    def _article(self, story: DemoStory) -> str:
        section = _SECTIONS.get(story.section, "أخبار")
        url = self.url(story)
        return _page(story.headline, url, section, self._head(story, url, section), self._main(story, section))

    def _head(self, story: DemoStory, url: str, section: str) -> str:
        standfirst = escape(story.standfirst or story.paragraphs[0][:140])
        metas = [
            ("name", "pageType", "Article Page"), ("name", "pageSection", section), ("name", "postID", _number(story)),
            ("name", "description", standfirst), ("property", "og:type", "article"), ("property", "og:url", url),
            ("property", "og:title", escape(story.headline)), ("property", "og:description", standfirst),
            ("property", "og:site_name", "الجزيرة نت"), ("name", "twitter:card", "summary_large_image"),
            ("name", "publishedDate", _utc(story.published)),
        ]  # fmt: skip
        if story.caption:
            metas.append(("property", "og:image", _image(story)))
        head = "\n".join(f'<meta data-rh="true" {kind}="{name}" content="{value}">' for kind, name, value in metas)
        return head + markup.json_ld(_linked_data(story, url, section))

    def _main(self, story: DemoStory, section: str) -> str:
        when, changed = story.published, story.changed
        source = f'<div class="article-source"><span>المصدر :</span> {story.source_line}</div>'
        values = {
            "section_path": story.section,
            "section": section,
            "headline": escape(story.headline),
            "subhead": f'<p class="article__subhead"><em>{escape(story.standfirst)}</em></p>' if story.standfirst else "",
            "figure": _figure(story),
            "byline": _byline(story),
            "padded_day": f"{when:%d/%m/%Y}",
            "day": f"{when.day}/{when.month}/{when.year}",
            "updated": f"{changed.day}/{changed.month}/{changed.year}{changed:%H:%M}",
            "css": _number(story)[-4:],
            "body": markup.body(story, self._style()),
            "disclaimer": f'<p class="article-disclaimer">{_DISCLAIMER}</p>' if story.kind == "opinion" else "",
            "sources": source if story.source_line else "",
            "cards": self._cards(story),
        }
        return markup.shell("al_jazeera_article", values)

    def _style(self) -> markup.Style:
        def related(number: str) -> str:
            other = self.by_id[number]
            link = f'<a href="{self.url(other)}">{escape(other.headline)}</a>'
            return (
                '<div class="more-on"><h2>اقرأ أيضا</h2><span class="screen-reader-text">list 1 of 1</span>'
                f"<ul><li>{link}</li></ul><span>end of list</span></div>"
            )

        return markup.Style(related=related, post=_POST, picture=_PICTURE)

    def _cards(self, besides: DemoStory | None = None) -> str:
        shown = [story for story in self.offered("listing") if story != besides][:6]
        return "".join(
            f'<li><article class="article-card"><a class="u-clickable-card__link" href="{self._path(story)}">'
            f'<h2 class="article-card__title">{escape(story.headline)}</h2></a>'
            f'<p class="article-card__excerpt">{escape(story.paragraphs[0][:90])}…</p></article></li>'
            for story in shown
        )

    def _listing(self, name: str, kind: str) -> str:
        head = f'<meta name="pageType" content="{kind}"><meta property="og:type" content="article">'
        return _page(name, HOME + "/", name, head, f'<h1>{name}</h1><ul class="feed">{self._cards()}</ul>')

    def _feed(self) -> Answer:
        shown = self.offered("feed")[:_IN_FEED]
        items = [
            feeds.FeedItem(f"{url}?traffic_source=rss", story.headline, story.published, story.standfirst or "", guid=url)
            for story in shown
            for url in [self.url(story)]
        ]
        return feeds.rss("الجزيرة نت", HOME, items, latest(shown, self.stories[0].published))

    def _news(self) -> list[feeds.Loc]:
        shown = self.offered("news-sitemap")[:_IN_NEWS_SITEMAP]
        return [feeds.Loc(self.url(story), story.published, story.headline, news="الجزيرة نت") for story in shown]

    def _sitemap(self, request: SiteRequest) -> Answer:
        query = request.query
        if "yyyy" not in query:
            days = sorted({day for day, _ in self._dated_locs()}, reverse=True)
            changed = {day: max(loc.changed for at, loc in self._dated_locs() if at == day and loc.changed) for day in days}
            daily = [feeds.Loc(f"{HOME}/sitemap.xml?yyyy={day:%Y}&mm={day:%m}&dd={day:%d}", changed[day]) for day in days]
            return feeds.sitemap_index([feeds.Loc(f"{HOME}/news-sitemap.xml", self.stories[0].changed), *daily])
        try:
            wanted = date(int(query["yyyy"]), int(query["mm"]), int(query["dd"]))
        except (KeyError, ValueError):
            return redirect(HOME + "/sitemap.xml", 302)
        return feeds.sitemap(loc for day, loc in self._dated_locs() if day == wanted)

    def _dated_locs(self) -> list[tuple[date, feeds.Loc]]:
        """Locs of the daily files with their day; a story's picture stands as a loc of its own, as on the real site."""
        locs: list[tuple[date, feeds.Loc]] = []
        for story in self.offered("sitemap"):
            locs.append((story.published.date(), feeds.Loc(self.url(story), story.changed)))
            if story.caption:
                locs.append((story.published.date(), feeds.Loc(_image(story), story.changed)))
        return locs + [(link.published.date(), feeds.Loc(link.url, link.published)) for link in self.offered_links("sitemap")]


_ROBOTS = f"""User-agent: *
Disallow: /ajamonitor
Disallow: /search/
Allow: /news/

Sitemap: {HOME}/sitemap.xml
Sitemap: {HOME}/news-sitemap.xml
"""
_DISCLAIMER = "الآراء الواردة في المقال لا تعكس بالضرورة الموقف التحريري لشبكة الجزيرة."
_PICTURE = (
    '<figure class="wp-caption"><img src="/wp-content/uploads/{hash}.jpg?resize=770%2C513" alt="">'
    '<figcaption class="wp-caption-text">{}</figcaption></figure>'
)
_POST = (
    '<div class="twitter-embed"><blockquote class="twitter-tweet"><p lang="ar" dir="rtl">{}</p>'
    "&mdash; نشرة القرية</blockquote></div>"
)
_OTHER_DATA: dict[str, dict[str, object]] = {
    "liveblog": {"@context": "https://schema.org", "@type": "LiveBlogPosting"},
    "video": {"@context": "https://schema.org", "@type": "VideoObject", "uploadDate": "2026-11-10T09:00:00Z"},
    "gallery": {"@context": "https://schema.org", "@type": "ImageGallery"},
}


def _page(title: str, url: str, section: str, head: str, main: str) -> str:
    egypt = url.replace("www.aljazeera.net", "www.ajnet.me")
    values = {"title": escape(title), "url": url, "egypt": egypt, "section_name": section, "head": head, "main": main}
    return markup.shell("al_jazeera", values)


def _figure(story: DemoStory) -> str:
    if not story.caption:
        return ""
    caption = escape(story.caption)
    return (
        '<figure class="article-featured-image"><div class="responsive-image">'
        f'<img src="{_image(story)}" alt="{caption}"></div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _byline(story: DemoStory) -> str:
    links = [f'<a class="author-link" href="{HOME}/author/{markup.slug(name)}">{name}</a>' for name in story.authors]
    if not links:
        return ""
    return f'<div class="article-info-block"><div class="contributors-list--byline">{"".join(links)}</div></div>'


def _image(story: DemoStory) -> str:
    return f"{HOME}/wp-content/uploads/{story.published:%Y/%m}/{_number(story)}.jpg"


def _number(story: DemoStory) -> str:
    return re.sub(r"\D", "", story.id).rjust(4, "4") + f"{story.published:%d%H}"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _linked_data(story: DemoStory, url: str, section: str) -> dict[str, object]:
    people = [{"@type": "Person", "name": name} for name in story.authors]
    return {
        "@context": "https://schema.org",
        "@type": "OpinionNewsArticle" if story.kind == "opinion" else "NewsArticle",
        "mainEntityOfPage": url,
        "headline": story.headline,
        "datePublished": _utc(story.published),
        "dateModified": _utc(story.changed),
        "articleSection": section,
        "author": people or [{"@type": "Organization", "name": "الجزيرة"}],
        "publisher": {"@type": "Organization", "name": "الجزيرة نت"},
        **({"keywords": list(story.keywords)} if story.keywords else {}),
        **({"image": [_image(story)]} if story.caption else {}),
    }
