"""What of a site names its articles: feeds, WordPress's API, sitemaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urljoin, urlsplit

from crawler.discovery.documents.entries import Entry, Listed
from crawler.discovery.documents.feed import read_feed
from crawler.discovery.documents.posts import read_posts
from crawler.discovery.documents.robots import read_robots
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.survey.bounded_requests import BoundedRequests
from crawler.survey.documents import read_site
from crawler.survey.site import SeenFeed, Survey

MOST_POSTS, MOST_CHILDREN, MOST_FEEDS, MOST_SITEMAPS = 100, 3, 3, 4
FEEDS: Final = ("/feed/", "/rss.xml", "/rss", "/feed.xml")
SITEMAPS: Final = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_POSTS: Final = "wp/v2/posts"
_FEED_TYPES: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_XML: Final = "application/xml, text/xml;q=0.9, */*;q=0.5"
_ARTICLES_IN: Final = re.compile(r"post|news|article|story|content|node", re.IGNORECASE)
_OTHERS_IN: Final = re.compile(r"categor|tag|author|user|image|video|taxonom|page-sitemap|pages", re.IGNORECASE)


class ArticleSources:
    """Looks at them for a survey. note: is told what is found, a line each."""

    def __init__(self, requests: BoundedRequests, survey: Survey, note: Callable[[str], None]) -> None:
        self._requests, self._survey, self._note = requests, survey, note

    async def look(self, root: str) -> None:
        """root: scheme and host."""
        await self._feeds(root)
        await self._wordpress(root)
        await self._sitemaps(root)

    async def _feeds(self, root: str) -> None:
        home = self._survey.home
        named = [url for url in home.feeds if "comment" not in url and (urlsplit(url).hostname or "") in self._survey.hosts]
        for url in named[:MOST_FEEDS] or [root + path for path in FEEDS]:
            listed: Listed | None = await self._requests.document(url, _FEED_TYPES, read_feed)
            if listed is None or not listed.entries:
                continue
            self._survey.feeds.append(SeenFeed(url, listed.entries))
            self._name(listed.entries, "feed")
            self._note(f"feed {url}: {len(listed.entries)} articles")
            if not named:
                return

    async def _wordpress(self, root: str) -> None:
        home = self._survey.home
        if home.api is None and not home.wordpress:
            return
        api = home.api or f"{root}/wp-json/"
        if "/wp-json" in api:
            self._survey.wordpress = await self._requests.document(
                f"{api}?_fields=name,timezone_string,gmt_offset,namespaces", "application/json", read_site
            )
        endpoint = urljoin(api, _POSTS) if "/wp-json" in api else f"{root}/wp-json/{_POSTS}"
        posts = await self._requests.document(
            f"{endpoint}?per_page={MOST_POSTS}&_fields=id,link,date_gmt,modified_gmt", "application/json", read_posts
        )
        entries = (
            [Entry(post.url, f"{post.published}Z" if post.published else "") for post in posts.posts if post.url] if posts else []
        )
        if entries:
            self._survey.posts, self._survey.posts_unread = endpoint, len(entries) >= MOST_POSTS
            self._name(entries, "wordpress")
            self._note(f"WordPress's API {endpoint} answers")

    async def _sitemaps(self, root: str) -> None:
        sitemaps = self._survey.sitemaps
        named: list[str] | None = await self._requests.document(sitemaps.robots, "text/plain", read_robots)
        sitemaps.named = [url for url in named or [] if urlsplit(url).hostname in self._survey.hosts]
        for url in sitemaps.named[:MOST_SITEMAPS] or [root + path for path in SITEMAPS]:
            listed: Listed | None = await self._requests.document(url, _XML, read_sitemap)
            if listed is None or not listed.entries:
                continue
            if not sitemaps.named:
                sitemaps.found.append(url)
            await self._sitemap(url, listed)
            if not sitemaps.named:
                break
        if sitemaps.entries:
            self._note(f"sitemaps: {len(sitemaps.entries)} addresses read, {len(sitemaps.children)} sitemaps behind indexes")

    async def _sitemap(self, url: str, listed: Listed) -> None:
        sitemaps = self._survey.sitemaps
        if listed.kind != "sitemapindex":
            self._list(listed)
            return
        sitemaps.children += [entry.url for entry in listed.entries]
        template = _daily(listed.entries)
        if template is not None:
            sitemaps.daily = url, template
        likely = _likely(listed.entries)
        sitemaps.unread = sitemaps.unread or len(likely) > MOST_CHILDREN
        for child in dict.fromkeys((likely[0], likely[-1], likely[len(likely) // 2])):
            inner: Listed | None = await self._requests.document(child, _XML, read_sitemap)
            if inner is not None and inner.kind != "sitemapindex":
                self._list(inner)

    def _list(self, listed: Listed) -> None:
        self._survey.sitemaps.entries += listed.entries
        self._name(listed.entries, "sitemap")

    def _name(self, entries: Iterable[Entry], kind: str) -> None:
        for entry in entries:
            seen = self._survey.evidence.see(entry.url)
            if seen is not None:
                seen.named_by.add(kind)
                seen.published = seen.published or entry.published


def _likely(children: tuple[Entry, ...]) -> list[str]:
    """The children of an index that hold articles, by their names."""
    urls = [entry.url for entry in children]
    likely = [url for url in urls if _ARTICLES_IN.search(urlsplit(url).path) and not _OTHERS_IN.search(url)]
    return likely or [url for url in urls if not _OTHERS_IN.search(url)] or urls


def _daily(children: tuple[Entry, ...]) -> str | None:
    """The template of sitemaps that are named by a day in their query (Al Jazeera's form, which `DailySitemap` reads)."""
    if len(children) < 2:
        return None
    parts = urlsplit(children[0].url)
    if not re.fullmatch(r"yyyy=[0-9]{4}&mm=[0-9]{1,2}&dd=[0-9]{1,2}", parts.query):
        return None
    return parts._replace(query="yyyy=%Y&mm=%m&dd=%d").geturl()
