"""Enab Baladi: WordPress with old (/archives/<id>) and present (/<id>/<slug>/) permalinks, AMP, REST, feed, sitemaps."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawler.demo import feeds, markup, wordpress
from crawler.demo.answer import Answer, SiteRequest, page, redirect, text
from crawler.demo.markup import LEVANTINE, WEEKDAYS, escape
from crawler.demo.sites.site import Site, latest
from crawler.demo.story import ZONES, DemoStory, OfferedLink

HOME = "https://www.enabbaladi.net"
_PER_LISTING = 6
_FIRST_CHILD_BEFORE = 2020  # posts up to this year stand in post-sitemap.xml.gz, later ones in post-sitemap2.xml.gz
_BYLINE_FIRST = "file"  # long files print their authors as the first line of the text
_SECTIONS = {"news": "سياسة", "online": "أخبار وتقارير", "economy": "اقتصاد", "community": "مجتمع", "sport": "رياضة"}
_PICTURE = (
    '<figure class="wp-caption aligncenter"><img src="https://www.enabbaladi.net/wp-content/uploads/{hash}.jpg" alt="{0}">'
    '<figcaption class="wp-caption-text">{0}</figcaption></figure>'
)
_ADDRESS = re.compile(r"/(?:archives/)?(\d+)(?:/([^/]*))?/?")


class EnabBaladiSite(Site):
    """enabbaladi.net; the English edition answers too, and is another paper."""

    outlet = "enab_baladi"
    home = "www.enabbaladi.net"
    hosts = ("www.enabbaladi.net", "enabbaladi.net", "english.enabbaladi.net")
    mirrors = ("english.enabbaladi.net",)
    sources = ("feed", "rest", "sitemap", "category", "listing")

    def __init__(self, stories: Iterable[DemoStory], links: Iterable[OfferedLink] = ()) -> None:
        super().__init__(stories, links)
        self.slugs = {story.id: story.slug or markup.slug(story.headline, 200).lower() for story in self.stories}
        self.table = {
            "/": lambda _: self._listing("أخبار", self.offered("listing")[:5], 1, 1),
            "/robots.txt": lambda _: text(self._robots()),
            "/feed/": lambda _: self._feed(),
            "/feed": lambda _: self._feed(),
            "/archives/category/news/feed": lambda _: self._feed(),
            "/wp-json/wp/v2/posts": self._rest,
            "/sitemap_index.xml": lambda _: feeds.sitemap_index(self._children()),
            "/sitemap.xml": lambda _: feeds.sitemap_index(self._children()),
            "/post-sitemap.xml.gz": lambda _: feeds.sitemap(self._locs(old=True), zipped=True),
            "/post-sitemap2.xml.gz": lambda _: feeds.sitemap(self._locs(old=False), zipped=True),
            "/category-sitemap.xml": lambda _: feeds.sitemap(
                feeds.Loc(link.url, link.published) for link in self.offered_links("category")
            ),
        }

    def answer(self, request: SiteRequest) -> Answer:
        """An article or a listing, else the table."""
        if request.host.startswith("english."):
            return page("<html lang=en><title>Enab Baladi</title><body>English edition</body></html>")
        if request.scheme == "https" and request.host == self.home:
            found = self._story_answer(request) or self._listing_answer(request) or self._rest_one(request)
            if found is not None:
                return found
        return super().answer(request)

    def url(self, story: DemoStory) -> str:
        """The present permalink."""
        return f"{HOME}/{story.id}/{self.slugs[story.id]}/"

    def moved(self, request: SiteRequest) -> str | None:
        """From every form of an article's address to its permalink."""
        found = _ADDRESS.fullmatch(request.path)
        story = self.by_id.get(found[1]) if found else None
        if story is None or found is None or story.status != 200:
            return None
        query = request.target.partition("?")[2]
        # WordPress sends every other form of the address to the permalink, attachments and the permalink itself apart.
        return self.url(story) + (f"?{query}" if query else "")

    def missing(self, request: SiteRequest) -> Answer:  # noqa: ARG002 - one signature for all sites
        """The theme's 404 page."""
        body = "<h1>404</h1><p>عذرًا، الصفحة التي تبحث عنها غير موجودة</p>"
        return page(self._page("الصفحة غير موجودة", HOME + "/404", "0", "", body), 404)

    def _story_answer(self, request: SiteRequest) -> Answer | None:
        found = _ADDRESS.fullmatch(request.path)
        story = self.by_id.get(found[1]) if found else None
        if found is None or story is None:
            return None
        if story.status != 200:
            return Answer(status=story.status, body=self.missing(request).body)
        if request.path.startswith("/archives/") and found[2] and found[2] == story.more.get("attachment"):
            return page(self._article(story))
        if story.withdrawn == "redirected":
            return redirect(f"{HOME}/archives/category/online", 302)
        if request.path == f"/{story.id}/{self.slugs[story.id]}/":
            return page(self._amp(story) if request.query.get("amp") == "1" else self._article(story))
        return None

    def _article(self, story: DemoStory) -> str:
        url = self.url(story)
        return self._page(story.headline, url, story.id, self._head(story, url), self._main(story))

    def _page(self, title: str, url: str, number: str, head: str, main: str) -> str:
        sidebar = "".join(f'<li><a href="{self.url(story)}">{escape(story.headline)}</a></li>' for story in self._fresh())
        values = {"title": escape(title), "url": url, "id": number, "head": head, "main": main, "sidebar": sidebar}
        return markup.shell("enab_baladi", values)

    def _fresh(self) -> list[DemoStory]:
        return self.offered("feed")[1:5]

    def _head(self, story: DemoStory, url: str) -> str:
        image = _image(story)
        metas = [
            f'<meta property="og:title" content="{escape(story.headline)}">',
            '<meta property="og:type" content="article">',
            f'<meta property="og:url" content="{url}">',
            '<meta property="og:site_name" content="عنب بلدي">',
            f'<meta property="og:description" content="{escape(story.paragraphs[0][:150])}">',
            f'<meta property="article:published_time" content="{story.published.isoformat()}">',
        ]
        if story.modified:
            metas.append(f'<meta property="article:modified_time" content="{story.modified.isoformat()}">')
        if image:
            metas.append(f'<meta property="og:image" content="{image}">')
        return "\n".join(metas) + "\n" + markup.json_ld(_linked_data(story, url, image))

    def _main(self, story: DemoStory) -> str:
        when = story.published
        values = {
            "id": story.id,
            "section_path": story.section,
            "section": _SECTIONS.get(story.section, "أخبار وتقارير"),
            "headline": escape(story.headline),
            "figure": _figure(story),
            "moment": when.isoformat(),
            "day": f"{WEEKDAYS[when.weekday()]} {when.day} {LEVANTINE[when.month - 1]} {when.year}",
            "body": self._lead_lines(story) + markup.body(story, self._style()),
            "related": self._related(story),
        }
        return markup.shell("enab_baladi_article", values)

    def _lead_lines(self, story: DemoStory) -> str:
        byline = f'<p class="author-line">{" | ".join(story.authors)}</p>\n' if story.layout == _BYLINE_FIRST else ""
        return byline + (f"<p>{story.dateline}</p>\n" if story.dateline else "")

    def _style(self) -> markup.Style:
        def related(number: str) -> str:
            other = self.by_id[number]
            link = f'<a href="{self.url(other)}">{escape(other.headline)}</a>'
            return f'<p class="read-also"><strong>اقرأ أيضًا: {link}</strong></p>'

        return markup.Style(related=related, subhead="<h3>{}</h3>", picture=_PICTURE)

    def _related(self, story: DemoStory) -> str:
        others = [self.by_id[number] for number in story.related] or [other for other in self._fresh() if other != story][:3]
        return "".join(f'<li><a href="{self.url(other)}">{escape(other.headline)}</a></li>' for other in others)

    def _amp(self, story: DemoStory) -> str:
        when = story.published
        clock = f"{(when.hour - 1) % 12 + 1}:{when.minute:02} {'ص' if when.hour < 12 else 'م'}"
        caption = escape(story.caption or "")
        figure = (
            f'<figure class="amp-wp-article-featured-image"><amp-img src="{_image(story)}" alt="{caption}"></amp-img>'
            f'<p class="wp-caption-text">{caption}</p></figure>'
        )
        values = {
            "title": escape(story.headline),
            "url": self.url(story),
            "head": markup.json_ld(_linked_data(story, self.url(story), _image(story))),
            "day": when.strftime("%Y/%m/%d"),
            "clock": clock,
            "figure": figure if caption else "",
            "body": self._lead_lines(story) + markup.body(story, self._style()),
        }
        return markup.shell("enab_baladi_amp", values)

    def _robots(self) -> str:
        refused = "".join(f"Disallow: /{story.id}/\nDisallow: /archives/{story.id}\n" for story in self.stories if story.refused)
        general = "User-agent: *\nDisallow: /wp-admin/\nDisallow: /?s=\nAllow: /wp-admin/admin-ajax.php\n"
        return f"{general}{refused}\nSitemap: {HOME}/sitemap_index.xml\n"

    def _feed(self) -> Answer:
        shown = self.offered("feed")[:10]
        items = [
            feeds.FeedItem(
                self.url(story) + "?utm_source=rss&utm_medium=rss",
                story.headline,
                story.published,
                description=f"<p>{escape(story.paragraphs[0])}</p>",
                content=markup.body(story, self._style()),
                guid=f"{HOME}/?p={story.id}",
                author="عنب بلدي",
                category=_SECTIONS.get(story.section),
                careless="&" in story.headline,
            )
            for story in shown
        ]
        return feeds.rss("عنب بلدي", HOME, items, latest(shown, self.stories[0].published))

    def _rest(self, request: SiteRequest) -> Answer:
        return wordpress.posts(self._posts(request), request.query, self.url, self._content, ZONES[self.outlet])

    def _rest_one(self, request: SiteRequest) -> Answer | None:
        found = re.fullmatch(r"/wp-json/wp/v2/posts/(\d+)", request.path)
        if found is None:
            return None
        return wordpress.post(self.by_id.get(found[1]), request.query, self.url, self._content, ZONES[self.outlet])

    def _posts(self, request: SiteRequest) -> list[DemoStory]:
        """What its newsroom has published as posts: by number all there is, else what this world offers there."""
        there = [story for story in self.stories if story.status == 200]
        named = there if "include" in request.query else self.offered("rest")
        return [story for story in named if not wordpress.forbidden(story)]

    def _content(self, story: DemoStory) -> str:
        return markup.body(story, self._style())

    def _children(self) -> list[feeds.Loc]:
        children = [
            feeds.Loc(f"{HOME}/{name}", max((loc.changed for loc in self._locs(old=old) if loc.changed), default=None))
            for name, old in (("post-sitemap.xml.gz", True), ("post-sitemap2.xml.gz", False))
        ]
        return [*children, feeds.Loc(f"{HOME}/category-sitemap.xml")]

    def _locs(self, *, old: bool) -> list[feeds.Loc]:
        locs = [
            feeds.Loc(self.url(story), story.changed, image=_image(story))
            for story in self.offered("sitemap")
            if (story.published.year < _FIRST_CHILD_BEFORE) is old
        ]
        return locs + [
            feeds.Loc(link.url, link.published)
            for link in self.offered_links("sitemap")
            if (link.published.year < _FIRST_CHILD_BEFORE) is old
        ]

    def _listing_answer(self, request: SiteRequest) -> Answer | None:
        found = re.fullmatch(r"/(?:archives/)?category/online(?:/page/(\d+))?/?", request.path)
        if found is None:
            return None
        listed, number = self.offered("listing"), int(found[1] or 1)
        pages = max(1, -(-len(listed) // _PER_LISTING))
        if not 1 <= number <= pages:
            return self.missing(request)
        return self._listing(_SECTIONS["online"], listed[(number - 1) * _PER_LISTING : number * _PER_LISTING], number, pages)

    def _listing(self, name: str, shown: list[DemoStory], number: int, pages: int) -> Answer:
        rows = "".join(self._row(story, featured=number == 1 and index < 2) for index, story in enumerate(shown))
        base = f"{HOME}/archives/category/online"
        links = [f'<a class="page-numbers" href="{base}/page/{n}">{n}</a>' for n in range(1, pages + 1)]
        if number < pages:
            links.append(f'<a class="next page-numbers" href="{base}/page/{number + 1}">التالي</a>')
        main = f'<h1>{name}</h1><div class="posts">{rows}</div><div class="pagination">{"".join(links)}</div>'
        return page(self._page(name, base, "0", '<meta property="og:type" content="website">', main))

    def _row(self, story: DemoStory, *, featured: bool) -> str:
        when = story.published
        dated = "" if featured else f"<samp>{LEVANTINE[when.month - 1]} {when.day:02}, {when.year}</samp>"
        link = f"{HOME}/archives/{story.id}" if "archives" in story.more else self.url(story)
        title = f'<a href="{link}"><h3>{escape(story.headline)}</h3></a>'
        return f'<div class="one-post"><div class="item-content">{title}{dated}</div></div>\n'


def _image(story: DemoStory) -> str | None:
    return f"{HOME}/wp-content/uploads/{story.published:%Y/%m}/{story.id}.jpg" if story.caption else None


def _figure(story: DemoStory) -> str:
    """The lead picture: its caption is printed twice, as alternative text and after the words «camera icon»."""
    if not story.caption:
        return '<div class="no-image">no image</div>'
    alt, caption = escape(story.more.get("alt", story.caption)), escape(story.caption)
    return (
        f'<figure class="main-image"><img src="{_image(story)}" alt="{alt}">'
        f'<figcaption><i class="camera-icon">camera icon</i>{caption}</figcaption></figure>'
    )


def _linked_data(story: DemoStory, url: str, image: str | None) -> dict[str, object]:
    authors = story.authors or ("عنب بلدي",)
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": story.headline,
        "datePublished": story.published.isoformat(),
        "dateModified": story.changed.isoformat(),
        "articleSection": _SECTIONS.get(story.section, "أخبار وتقارير"),
        "author": [{"@type": "Person" if story.authors else "Organization", "name": name} for name in authors],
        "publisher": {"@type": "Organization", "name": "عنب بلدي"},
        **({"image": [image]} if image else {}),
    }
