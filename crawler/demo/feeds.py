"""RSS, sitemap and news-sitemap documents, as the outlets' software writes them."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.demo.answer import XML, Answer, encoded, http_date
from crawler.demo.markup import escape

RSS = "application/rss+xml; charset=UTF-8"
_SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
_IMAGE = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An entry of a feed. content: HTML for content:encoded, or None; `careless`: its title holds a raw `&`."""

    url: str
    headline: str
    published: datetime
    description: str = ""
    content: str | None = None
    guid: str | None = None
    author: str | None = None
    category: str | None = None
    careless: bool = False


@dataclass(frozen=True, slots=True)
class Loc:
    """An entry of a sitemap; `news`: the outlet's name, for a news sitemap; `image`: an image:image entry."""

    url: str
    changed: datetime | None = None
    headline: str | None = None
    news: str | None = None
    image: str | None = None


def rss(title: str, home: str, items: Iterable[FeedItem], changed: datetime) -> Answer:
    """An RSS 2.0 feed with validators."""
    entries = "".join(_item(item) for item in items)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{escape(title)}</title>\n<link>{home}</link>\n<language>ar</language>\n"
        f"<lastBuildDate>{http_date(changed)}</lastBuildDate>\n{entries}</channel>\n</rss>\n"
    )
    return Answer(body=text.encode(), content_type=RSS).validated(changed)


def _item(item: FeedItem) -> str:
    title = item.headline if item.careless else escape(item.headline, quote=False)
    parts = [
        f"<title>{title}</title>",
        f"<link>{escape(encoded(item.url))}</link>",
        f"<pubDate>{http_date(item.published)}</pubDate>",
        f'<guid isPermaLink="false">{escape(item.guid or item.url)}</guid>',
        f"<description><![CDATA[{item.description}]]></description>",
    ]
    if item.author:
        parts.append(f"<dc:creator><![CDATA[{item.author}]]></dc:creator>")
    if item.category:
        parts.append(f"<category><![CDATA[{item.category}]]></category>")
    if item.content is not None:
        parts.append(f"<content:encoded><![CDATA[{item.content}]]></content:encoded>")
    return "<item>\n" + "\n".join(parts) + "\n</item>\n"


def sitemap_index(children: Iterable[Loc]) -> Answer:
    """A sitemap index with validators (Last-Modified is the newest child's)."""
    listed = list(children)
    rows = "".join(f"<sitemap>{_loc(child)}</sitemap>\n" for child in listed)
    return _xml(f"<sitemapindex {_SITEMAP}>\n{rows}</sitemapindex>", listed)


def sitemap(locs: Iterable[Loc], *, zipped: bool = False) -> Answer:
    """A urlset with validators; `zipped`: the document itself is a .gz file, no matter what the client accepts."""
    listed = list(locs)
    rows = "".join(f"<url>{_loc(loc)}</url>\n" for loc in listed)
    answer = _xml(f"<urlset {_SITEMAP} {_NEWS} {_IMAGE}>\n{rows}</urlset>", listed)
    if not zipped:
        return answer
    body = gzip.compress(answer.body, mtime=0)
    return Answer(body=body, content_type="application/x-gzip", etag=answer.etag, last_modified=answer.last_modified)


def _loc(loc: Loc) -> str:
    parts = [f"<loc>{escape(encoded(loc.url))}</loc>"]
    if loc.changed:
        parts.append(f"<lastmod>{loc.changed.isoformat()}</lastmod>")
    if loc.news and loc.changed:
        publication = (
            f"<news:publication><news:name>{escape(loc.news)}</news:name><news:language>ar</news:language></news:publication>"
        )
        parts.append(
            f"<news:news>{publication}<news:publication_date>{loc.changed.isoformat()}</news:publication_date>"
            f"<news:title>{escape(loc.headline or '')}</news:title></news:news>"
        )
    if loc.image:
        parts.append(f"<image:image><image:loc>{escape(encoded(loc.image))}</image:loc></image:image>")
    return "".join(parts)


def _xml(root: str, listed: list[Loc]) -> Answer:
    answer = Answer(body=f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode(), content_type=XML)
    moments = [loc.changed for loc in listed if loc.changed]
    return answer.validated(max(moments)) if moments else answer
