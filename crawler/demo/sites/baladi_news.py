"""Baladi News: Laravel with seotools metas; one text block with <br>; listings with ?page=N; no feed and no sitemap."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawler.demo import markup
from crawler.demo.answer import Answer, SiteRequest, page, redirect, text
from crawler.demo.markup import escape
from crawler.demo.sites.site import Site
from crawler.demo.story import DemoStory, OfferedLink

HOME = "https://baladi-news.com"
_PER_PAGE = 5
_ON_HOME = 6
_SECTIONS = {"syria": "سوريا", "economy": "اقتصاد"}
# Only the id is looked up; the same pages stand under the application's public folder.
_ADDRESS = re.compile(r"(?:/public(?:/index\.php)?)?/ar/articles/(\d+)(?:/[^/]*)?/?")


class BaladiNewsSite(Site):
    """baladi-news.com and the hosts that serve the same application."""

    outlet = "baladi_news"
    home = "baladi-news.com"
    hosts = ("baladi-news.com", "www.baladi-news.com", "mail.baladi-news.com", "video.baladi-news.com")
    mirrors = ("www.baladi-news.com", "mail.baladi-news.com", "video.baladi-news.com")
    sources = ("home", "listing", "section")

    def __init__(self, stories: Iterable[DemoStory], links: Iterable[OfferedLink] = ()) -> None:
        super().__init__(stories, links)
        self.table = {
            "/": lambda _: redirect(f"{HOME}/ar", 302),
            "/robots.txt": lambda _: text("User-agent: *\nDisallow:\n"),
            "/ar": lambda _: page(self._front()),
            "/ar/articles": lambda request: page(
                self._listing("كل الأخبار", self.offered("listing"), self.offered_links("listing"), request)
            ),
            "/ar/syria": lambda request: page(self._section("syria", request)),
            "/ar/economy": lambda request: page(self._section("economy", request)),
            "/ar/about": lambda _: page(_page("من نحن", "", "<h2>من نحن</h2><p>شبكة إخبارية.</p>")),
        }

    def answer(self, request: SiteRequest) -> Answer:
        """An article by its id, whatever slug, folder or host; else the table."""
        found = _ADDRESS.fullmatch(request.path) if request.scheme == "https" else None
        story = self.by_id.get(found[1]) if found else None
        if story is None:
            return super().answer(request)
        if story.status != 200:
            return Answer(status=story.status, body=self.missing(request).body)
        return page(self._article(story))

    def missing(self, request: SiteRequest) -> Answer:  # noqa: ARG002 - one signature for all sites
        """Laravel's 404 page."""
        return page(_page("Not Found", "", "<h1>404</h1><p>Sorry, the page you are looking for could not be found.</p>"), 404)

    def url(self, story: DemoStory) -> str:
        """/ar/articles/<id>/<slug>."""
        return f"{HOME}/ar/articles/{story.id}/{_slug(story)}"

    def href(self, story: DemoStory) -> str:
        """Some links name a mirror host or the public folder."""
        return str(story.more.get("href", self.url(story)))

    def offered(self, source: str) -> list[DemoStory]:
        """The home page has room for a few."""
        return super().offered(source)[: _ON_HOME if source == "home" else None]

    def _front(self) -> str:
        cards = "".join(_card(self.href(story), story.headline) for story in self.offered("home"))
        cards += "".join(_card(link.url, link.headline) for link in self.offered_links("home"))
        return _page("بلدي نيوز", "", f'<div class="row news-list">{cards}</div><a href="{HOME}/ar/syria">المزيد</a>')

    def _section(self, section: str, request: SiteRequest) -> str:
        listed = [story for story in self.stories if story.section == section and story.offered & {"listing", "section"}]
        others = self.offered_links("listing") if section == "syria" else []
        return self._listing(_SECTIONS[section], listed, others, request)

    def _listing(self, name: str, stories: list[DemoStory], links: list[OfferedLink], request: SiteRequest) -> str:
        """Laravel's paginator: a page past the end is empty and answers 200."""
        cards = [_card(self.href(story), story.headline) for story in stories]
        cards += [_card(link.url, link.headline) for link in links]
        raw = request.query.get("page", "1")
        number = max(1, int(raw)) if raw.isdecimal() else 1
        pages = -(-len(cards) // _PER_PAGE)
        base = f"{HOME}{request.raw_path}"
        numbers = "".join(f'<li><a href="{base}?page={n}">{n}</a></li>' for n in range(1, pages + 1))
        onward = f'<li><a href="{base}?page={number + 1}" rel="next">»</a></li>' if number < pages else ""
        shown = "".join(cards[(number - 1) * _PER_PAGE : number * _PER_PAGE])
        return _page(
            name, "", f'<h2>{name}</h2><div class="row news-list">{shown}</div><ul class="pagination">{numbers}{onward}</ul>'
        )

    def _article(self, story: DemoStory) -> str:
        related = "".join(
            f'<div class="related-item"><a href="{self.href(other)}"><h4>{escape(other.headline)}</h4></a></div>'
            for other in self.offered("home")
            if other != story
        )
        text_block = markup.body(story, _BY_PARAGRAPH if story.layout == "paragraphs" else _BY_LINE)
        dateline = f"{story.dateline} <br>\n" if story.layout != "paragraphs" else f"<p>{story.dateline}</p>\n"
        main = f"""<div class="row"><div class="col-md-8 article">
<h1 class="article-title">{escape(story.headline)}</h1>
<img class="img-responsive" src="{_image(story)}">
<div class="article-body">{dateline}{text_block}</div>
<div class="related"><h3>مقالات ذات صلة</h3>{related}</div><span>//</span>
</div></div>"""
        return _page(story.headline, self._head(story), main)

    def _head(self, story: DemoStory) -> str:
        """What artesaos/seotools prints; the oldest articles never got a date."""
        title, about = escape(story.headline), escape(story.paragraphs[0][:120])
        metas = [
            f'<meta name="description" content="{about}">',
            f'<link rel="canonical" href="{self.url(story)}">',
            f'<meta property="og:title" content="{title}">',
            f'<meta property="og:description" content="{about}">',
            f'<meta property="og:url" content="{self.url(story)}">',
            '<meta property="og:type" content="article">',
            f'<meta property="og:image" content="{_image(story)}">',
            f'<meta name="twitter:title" content="{title}">',
        ]
        if story.dated:
            metas.append(f'<meta property="article:published_time" content="{story.published.isoformat()}">')
            metas.append(f'<meta property="article:section" content="{_SECTIONS[story.section]}">')
        return "\n".join(metas)


_BY_LINE = markup.Style(paragraph="{}", subhead="{}", quote="{}", items="{}", item="{}<br>", between=" <br>\n")
_BY_PARAGRAPH = markup.Style(subhead="<p><strong>{}</strong></p>")


def _page(title: str, head: str, main: str) -> str:
    return markup.shell("baladi_news", {"title": escape(title, quote=False), "head": head, "main": main})


def _card(url: str, headline: str) -> str:
    return f'<div class="news-item"><a href="{url}"><h3>{escape(headline)}</h3></a></div>\n'


def _slug(story: DemoStory) -> str:
    """Digits and punctuation are dropped, so that words run together or hyphens double away."""
    return story.slug or re.sub(r"-+", "-", markup.slug(re.sub(r"\d+", "", story.headline)))


def _image(story: DemoStory) -> str:
    return f"{HOME}/storage/uploads/{int(story.published.timestamp())}.jpg"
