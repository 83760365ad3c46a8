"""Sites that nobody has described: generated news sites in the forms that software of many kinds gives them, with their gold.

For `warraq outlet add`: what it drafts is measured against the articles that a site really has.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from html import escape

from crawler.demo import feeds
from crawler.demo.answer import JSON, Answer, SiteRequest, encoded, page, redirect, text
from crawler.demo.sites.site import Site
from infra.world.unknown_kinds import KINDS, PER_PAGE, SECTIONS, SITE, GoldArticle, UnknownKind, shell


class UnknownSite(Site):
    """The server of one kind."""

    def __init__(self, kind: UnknownKind) -> None:
        super().__init__(())
        self.kind = kind
        self.home = kind.host
        self.hosts = (kind.host, kind.host.removeprefix("www.") if kind.www else f"www.{kind.host}")
        self.outlet = kind.name

    @cached_property
    def pages(self) -> dict[str, Callable[[], Answer]]:
        """By path and query."""
        kind, articles = self.kind, self.kind.articles()
        pages: dict[str, Callable[[], Answer]] = {}
        for article in articles:
            pages[article.path] = lambda article=article: self._page(
                kind.document(article, self.url_of(article.path), self._menu())
            )  # type: ignore[misc]
            if kind.amp:
                pages[f"{article.path}/amp"] = pages[article.path]
        pages |= self._archive(articles) if kind.archive else self._listings("", articles)
        for section in SECTIONS if not kind.archive else ():
            pages |= self._listings(section, [article for article in articles if article.section == section])
        for path, words in kind.extra.items():
            pages[path] = lambda words=words: self._page(shell(words, "", f"<h1>{words}</h1><p>نحن فريق صغير.</p>", self._menu()))  # type: ignore[misc]
        return pages

    def answer(self, request: SiteRequest) -> Answer:
        """A redirect to the one host, a document, a page, or 404."""
        if request.scheme == "http" or request.host != self.home:
            return redirect(f"https://{self.home}{request.target}")
        special = self._documents(request)
        if special is not None:
            return special
        if request.path == "/" and self.kind.home != "/" and "?" not in request.target:
            return page(self.kind.entrance) if self.kind.entrance else redirect(self.url_of(self.kind.home))
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        path = request.path + (f"?{query}" if query else "")
        make = self.pages.get(path) or self.pages.get(path.rstrip("/")) or self.pages.get(f"{path}/")
        return make() if make is not None else page("<html><head><title>404</title></head><body>404</body></html>", 404)

    def url_of(self, path: str) -> str:
        """Absolute, as the site links to it."""
        return f"https://{self.home}{path}"

    def _documents(self, request: SiteRequest) -> Answer | None:
        """What lists its articles."""
        kind, articles = self.kind, self.kind.articles()
        locs = [feeds.Loc(self.url_of(each.path), each.published) for each in articles]
        half, index = len(locs) // 2, [feeds.Loc(self.url_of(f"/sitemap-{n}.xml"), locs[0].changed) for n in (1, 2)]
        items = [feeds.FeedItem(self.url_of(each.path), each.headline, each.published) for each in articles[:10]]
        documents: dict[tuple[str, str], Callable[[], Answer]] = {
            ("feed", kind.feed.partition("?")[0].rstrip("/")): lambda: feeds.rss(
                kind.name, self.url_of("/"), items, articles[0].published
            ),
            ("sitemap", "/sitemap.xml"): lambda: feeds.sitemap([feeds.Loc(self.url_of(kind.home)), *locs]),
            ("sitemap_index", "/sitemap.xml"): lambda: feeds.sitemap_index(index),
            ("sitemap_index", "/sitemap-1.xml"): lambda: feeds.sitemap(locs[:half]),
            ("sitemap_index", "/sitemap-2.xml"): lambda: feeds.sitemap(locs[half:]),
        }
        if request.path == "/robots.txt":
            return text(kind.robots.replace("{host}", self.home))
        if "posts" in kind.sources and request.path.startswith("/wp-json"):
            return self._api(request, articles)
        asked = request.path.rstrip("/")
        if "?" in kind.feed:
            asked = "" if request.target == kind.feed else "/?"
        make = next((documents[source, asked] for source in sorted(kind.sources) if (source, asked) in documents), None)
        return make() if make is not None else None

    def _api(self, request: SiteRequest, articles: list[GoldArticle]) -> Answer:
        if request.path.rstrip("/") == "/wp-json":
            root = {"name": SITE, "timezone_string": "Asia/Damascus", "gmt_offset": 3, "namespaces": ["wp/v2"]}
            return Answer(body=json.dumps(root).encode(), content_type=JSON)
        number, per = int(request.query.get("page", "1")), int(request.query.get("per_page", "10"))
        shown = articles[(number - 1) * per : number * per]
        if "modified_after" in request.query:
            shown = []
        rows = [
            {
                "id": int(each.published.timestamp()),
                "link": self.url_of(encoded(each.path)),
                "date_gmt": each.published.astimezone(UTC).replace(tzinfo=None).isoformat(),
                "modified_gmt": each.published.astimezone(UTC).replace(tzinfo=None).isoformat(),
            }
            for each in shown
        ]
        pages = math.ceil(len(articles) / per)
        if number > pages:
            return Answer(status=400, body=b'{"code":"rest_post_invalid_page_number"}', content_type=JSON)
        return Answer(body=json.dumps(rows).encode(), content_type=JSON, headers=(("X-WP-TotalPages", str(pages)),))

    def _listings(self, section: str, articles: list[GoldArticle]) -> dict[str, Callable[[], Answer]]:
        pages: dict[str, Callable[[], Answer]] = {}
        count = math.ceil(len(articles) / PER_PAGE)
        for number in range(1, count + 1):
            path = self.kind.listing_path(section, number)
            shown = articles[(number - 1) * PER_PAGE : number * PER_PAGE]
            pages[path] = lambda shown=shown, number=number: self._listing(section, shown, number, count)  # type: ignore[misc]
        return pages

    def _archive(self, articles: list[GoldArticle]) -> dict[str, Callable[[], Answer]]:
        """As a generator of static sites makes it: the newest articles, and a page that leads to one for each month."""
        archive = self.kind.archive
        months = {f"{archive}{each.published:%Y/%m}/": f"{each.published:%m.%Y}" for each in articles}
        links = "".join(f'<p><a href="{path}">{words}</a></p>' for path, words in months.items())
        pages = {archive: lambda: self._page(shell("الأرشيف", "", links, self._menu()))}
        pages[self.kind.home] = lambda: self._listing("", articles[:5], 1, 1)
        for path in months:
            shown = [each for each in articles if path == f"{archive}{each.published:%Y/%m}/"]
            pages[path] = lambda shown=shown: self._listing("", shown, 1, 1)  # type: ignore[misc]
        return pages

    def _listing(self, section: str, shown: Iterable[GoldArticle], number: int, count: int) -> Answer:
        cards = "".join(
            self.kind.card.format(path=escape(each.path), headline=each.headline, teaser=f"{each.paragraphs[0][:90]}…")
            for each in shown
        )
        others = (n for n in range(1, count + 1) if (n == number + 1 if self.kind.only_next else n != number))
        pager = "".join(self.kind.pager.format(path=escape(self.kind.listing_path(section, n)), number=n) for n in others)
        title = SECTIONS.get(section, "الرئيسية")
        return self._page(shell(title, self._head(), f"<h2>{title}</h2>{cards}<div class=pages>{pager}</div>", self._menu()))

    def _head(self) -> str:
        if "feed" not in self.kind.sources:
            return ""
        wordpress = '<link rel="https://api.w.org/" href="/wp-json/">' if "posts" in self.kind.sources else ""
        return f'<link rel="alternate" type="application/rss+xml" href="{self.kind.feed}">{wordpress}'

    def _menu(self) -> str:
        links = [(self.kind.home, "الرئيسية")]
        if self.kind.archive:
            links.append((self.kind.archive, "الأرشيف"))
        else:
            links += [(self.kind.listing_path(each, 1), name) for each, name in SECTIONS.items()]
        links += list(self.kind.extra.items())
        return "".join(f'<li><a href="{escape(path)}">{name}</a></li>' for path, name in links)

    def _page(self, html: str) -> Answer:
        html = html.replace('href="/', f'href="{self.kind.links_to}/')
        if self.kind.encoding == "utf-8":
            return page(html)
        body = html.encode(self.kind.encoding, "xmlcharrefreplace")
        return Answer(body=body, content_type="text/html")


@dataclass(frozen=True)
class UnknownWorld:
    """A world of these kinds, for `serve`."""

    names: tuple[str, ...]

    @property
    def hosts(self) -> list[str]:
        return [host for site in self.sites() for host in site.hosts]

    def sites(self) -> list[Site]:
        return [UnknownSite(KINDS[name]) for name in self.names]
