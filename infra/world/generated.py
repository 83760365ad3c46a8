"""Enab Baladi with any number of generated articles: each is made when it is requested and depends on its number only.

For the benches. Bodies are drawn in phrases of three words from the miniature's vocabulary by a generator seeded with the
article's number, so no two articles share a paragraph; the furniture round them (menus, side columns, scripts) fills the page up
to its size and is compressed once. Nothing is kept: memory does not grow with what was served.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import unquote

from crawler.demo import feeds
from crawler.demo.answer import JSON, Answer, SiteRequest, encoded, page, text
from crawler.demo.markup import json_ld
from crawler.demo.sites.site import Offer, Site
from crawler.demo.story import OUTLETS, ZONES, stories
from infra.world.segments import DeflatedSegment, gzipped, segment

_HOME = "https://www.enabbaladi.net"
_LOCS_A_CHILD = 1000
_FIRST_ID = 100_001
_PARAGRAPHS = (14, 22)
_PHRASES = 8192
_PHRASES_A_PARAGRAPH = 17
_START = datetime(2015, 1, 1, tzinfo=ZONES["enab_baladi"])


@dataclass(frozen=True)
class Generated:
    """articles: how many; kilobytes: the size of a page (its text is about 15); seed: another one gives other texts;
    unlisted: so many of them, the last ones, are named by no document and must be asked for by address.
    """

    articles: int
    kilobytes: int
    seed: int
    unlisted: int = 0

    @property
    def listed(self) -> int:
        """How many the sitemap names."""
        return self.articles - self.unlisted

    @cached_property
    def words(self) -> list[str]:
        """The vocabulary of the miniature's stories, without punctuation."""
        found = {
            word.strip('.,،؛:؟!"“”«»()-*')
            for outlet in OUTLETS
            for story in stories(outlet)
            for line in story.paragraphs
            for word in line.split()
        }
        return sorted(word for word in found if len(word) > 1 and word.isalpha())

    @cached_property
    def phrases(self) -> list[str]:
        """Three words each: drawing phrases costs a third of drawing words."""
        generator = random.Random(self.seed)  # noqa: S311 - texts, not secrets
        return [" ".join(generator.choices(self.words, k=3)) for _ in range(_PHRASES)]

    def headline(self, number: int) -> str:
        """Nine words."""
        return " ".join(self._drawn(number, "headline", 3))

    def paragraphs(self, number: int) -> list[str]:
        """The body of article `number` (0, 1, …)."""
        least, most = _PARAGRAPHS
        drawn = self._drawn(number, "body", (least + number % (most - least)) * _PHRASES_A_PARAGRAPH)
        return [" ".join(drawn[at : at + _PHRASES_A_PARAGRAPH]) + "." for at in range(0, len(drawn), _PHRASES_A_PARAGRAPH)]

    def url(self, number: int) -> str:
        """The permalink, raw Arabic in its slug."""
        return f"{_HOME}/{_FIRST_ID + number}/{'-'.join(self.headline(number).split()[:4])}/"

    def published(self, number: int) -> datetime:
        """A new article every 47 minutes."""
        return _START + timedelta(minutes=47 * number)

    def _drawn(self, number: int, use: str, size: int) -> list[str]:
        phrases = self.phrases
        generator = random.Random(f"{self.seed} {number} {use}")  # noqa: S311 - texts, not secrets
        indices = array("H", generator.randbytes(2 * size))
        return [phrases[index % _PHRASES] for index in indices]


class GeneratedSite(Site):
    """Serves the crowd, over http as well as https so that both can be measured."""

    outlet = "enab_baladi"
    home = "www.enabbaladi.net"
    hosts = ("www.enabbaladi.net", "enabbaladi.net")
    sources = ("sitemap",)

    def __init__(self, crowd: Generated) -> None:
        super().__init__(())
        self.crowd = crowd
        self.children = -(-crowd.listed // _LOCS_A_CHILD)
        self._before, self._after = (segment(part.encode()) for part in self._furniture())

    def answer(self, request: SiteRequest) -> Answer:
        """An article, a sitemap, or one of the sources a spider asks that are empty here."""
        top = request.raw_path.split("/")[1]
        if top.isdecimal() and 0 <= int(top) - _FIRST_ID < self.crowd.articles:
            return self._article(int(top) - _FIRST_ID)
        if top.startswith("post-sitemap"):
            return self._child(top, request)
        make = self._documents.get(top)
        return make() if make else self.missing(request)

    @property
    def _documents(self) -> dict[str, Callable[[], Answer]]:
        """By the first segment of the path."""
        nothing = page("<html><head><title>عنب بلدي</title></head><body><p>لا مقالات</p></body></html>")
        no_posts = Answer(body=b"[]", content_type=JSON, headers=(("X-WP-Total", "0"), ("X-WP-TotalPages", "0")))
        return {
            "robots.txt": lambda: text(f"User-agent: *\nDisallow:\n\nSitemap: {_HOME}/sitemap_index.xml\n"),
            "sitemap_index.xml": lambda: feeds.sitemap_index(
                feeds.Loc(f"{_HOME}/post-sitemap{n}.xml", self.crowd.published(min(self.crowd.listed, n * _LOCS_A_CHILD) - 1))
                for n in range(1, self.children + 1)
            ),
            "feed": lambda: feeds.rss("عنب بلدي", _HOME, [], _START),
            "wp-json": lambda: no_posts,
            "archives": lambda: nothing,
            "": lambda: nothing,
        }

    def offers(self) -> list[Offer]:
        """The sitemap offers every article that is listed."""
        return [Offer(self.outlet, "sitemap", self.crowd.url(number), "kept") for number in range(self.crowd.listed)]

    def _child(self, name: str, request: SiteRequest) -> Answer:
        number = name.removeprefix("post-sitemap").removesuffix(".xml")
        if not number.isdecimal() or not 1 <= int(number) <= self.children:
            return self.missing(request)
        first = (int(number) - 1) * _LOCS_A_CHILD
        wanted = range(first, min(first + _LOCS_A_CHILD, self.crowd.listed))
        return feeds.sitemap(feeds.Loc(self.crowd.url(n), self.crowd.published(n)) for n in wanted)

    def _article(self, number: int) -> Answer:
        own = segment(self._own(number).encode(), level=1)
        parts: list[DeflatedSegment] = [self._before, own, self._after]
        return Answer(body=b"".join(part.plain for part in parts), gzipped=gzipped(parts), lasting=False)

    def _own(self, number: int) -> str:
        """All that differs from page to page, in the body of the document: metadata there is read just as well."""
        crowd = self.crowd
        headline, url, when = crowd.headline(number), crowd.url(number), crowd.published(number).isoformat()
        data = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": headline,
            "mainEntityOfPage": url,
            "datePublished": when,
            "author": {"@type": "Organization", "name": "عنب بلدي"},
        }
        paragraphs = "\n".join(f"<p>{line}</p>" for line in crowd.paragraphs(number))
        return f"""<title>{headline} - عنب بلدي</title>
<link rel="canonical" href="{encoded(unquote(url))}">
<meta property="og:title" content="{headline}">
<meta property="og:type" content="article">
<meta property="article:published_time" content="{when}">
{json_ld(data)}
</head>
<body class="rtl single single-post">
{self._menu}
<article class="post type-post"><h1 class="title-article">{headline}</h1>
<div class="content-article">
{paragraphs}
</div></article>
"""

    @cached_property
    def _menu(self) -> str:
        items = "".join(
            f'<li><a href="{_HOME}/archives/category/c{n}">{word}</a></li>' for n, word in enumerate(self.crowd.words[:40])
        )
        return f'<header><nav class="menu"><ul>{items}</ul></nav></header>'

    def _furniture(self) -> tuple[str, str]:
        """What stands before and after a page's own part: a third style and script, the rest side columns of links."""
        spare = max(4_000, self.crowd.kilobytes * 1024 - 15_500)
        generator = random.Random(self.crowd.seed)  # noqa: S311 - texts, not secrets
        style = "".join(f".widget-{n} a{{padding:{n % 9}px;color:#{n * 7919 % 4096:03x}}}\n" for n in range(spare // 8 // 38))
        script = "".join(f"window.dataLayer.push({{slot:{n},size:[{n % 970},{n % 250}]}});\n" for n in range(spare // 5 // 48))
        before = (
            '<!DOCTYPE html>\n<html lang="ar" dir="rtl">\n<head>\n<meta charset="UTF-8">\n'
            f"<style>{style}</style>\n<script>window.dataLayer=[];{script}</script>\n"
        )
        rows: list[str] = []
        size, missing = 0, spare - len(before)
        while size < missing:
            words = " ".join(generator.choices(self.crowd.words, k=7))
            link = f'<a href="{_HOME}/archives/category/c{len(rows) % 40}"><span>{words}</span></a>'
            row = f'<li class="widget-{len(rows)}">{link}</li>\n'
            rows.append(row)
            size += len(row.encode())
        after = (
            '<aside class="sidebar"><ul>'
            + "".join(rows)
            + "</ul></aside>\n<footer><p>جميع الحقوق محفوظة © عنب بلدي</p></footer>\n</body>\n</html>\n"
        )
        return before, after
