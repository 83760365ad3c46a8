"""The kinds of sites of `infra.world.unknown_sites`: addresses and markup as software of many kinds makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.demo.answer import encoded
from crawler.demo.markup import LEVANTINE
from infra.world.generated import Generated

ARTICLES, PER_PAGE = 36, 8
SECTIONS = {"politics": "سياسة", "economy": "اقتصاد", "culture": "ثقافة"}
ZONE = ZoneInfo("Asia/Damascus")
SITE = "موقع الفرات"
_START = datetime(2026, 10, 28, 9, 17, tzinfo=ZONE)
_TEXTS = Generated(articles=1000, kilobytes=1, seed=20)


@dataclass(frozen=True)
class GoldArticle:
    """What a site's newsroom has. path: its address on the host, query included."""

    headline: str
    paragraphs: tuple[str, ...]
    published: datetime
    section: str
    path: str


@dataclass(frozen=True)
class UnknownKind:
    """One kind of site.

    address: path of an article, of {number}, {slug}, {code}, {at} (its date), {section} and {key} (a number of the section);
    listing: path of a section; numbering: what follows it on page {page} (from 1), {index} (from 0) or from article {offset}
    on; document: the markup of an article from (article, its address, the menu); sources: what it has of feed, posts, sitemap
    and sitemap_index; card: an article in a listing, of {path}, {headline} and {teaser}; pager: a link from page to page, of
    {path} and {number}, to all others or only to the next; extra: other pages in the menu; entrance: the markup at `/` that
    leads to `home`, else that is a redirect; archive: path of a page of months, in place of sections and of further pages of
    the home page; links_to: what stands before the paths of links.
    """

    name: str
    address: str
    listing: str
    numbering: str
    document: Callable[[GoldArticle, str, str], str]
    sources: frozenset[str] = frozenset()
    home: str = "/"
    feed: str = "/feed/"
    www: bool = False
    amp: bool = False
    encoding: str = "utf-8"
    card: str = '<div class="card"><h3><a href="{path}">{headline}</a></h3><p>{teaser}</p></div>'
    pager: str = '<a href="{path}">{number}</a> '
    only_next: bool = False
    robots: str = "User-agent: *\nDisallow: /wp-admin/\n"
    extra: dict[str, str] = field(default_factory=dict)
    entrance: str = ""
    archive: str = ""
    links_to: str = ""

    @property
    def host(self) -> str:
        """Where it answers; the other of bare and www redirects."""
        return f"{'www.' if self.www else ''}{self.name}.example"

    def listing_path(self, section: str, page: int) -> str:
        """Of page n (from 1) of a section; "" is the home page."""
        base = self.listing.format(section=section, key=_key(section)) if section else self.home
        if page == 1:
            return base
        rest = self.numbering.format(page=page, index=page - 1, offset=(page - 1) * PER_PAGE)
        return base + rest.replace("?", "&") if "?" in base else base.rstrip("/") + rest if rest.startswith("/") else base + rest

    def articles(self) -> list[GoldArticle]:
        """All of them, the newest first."""
        found = []
        for n in range(ARTICLES):
            text = n + 50 * len(self.name)
            headline, paragraphs = _TEXTS.headline(text), tuple(_TEXTS.paragraphs(text)[: 3 + n % 5])
            section, at = list(SECTIONS)[n % 3], _START - timedelta(hours=31 * n, minutes=n)
            values = {"number": 9000 - 3 * n, "slug": _slug(n, headline), "at": at, "section": section, "key": _key(section)}
            values["code"] = f"c{n % 7}x{n * 7919 % 9973:04}km{n}o"
            found.append(GoldArticle(headline, paragraphs, at, section, self.address.format(**values)))
        return found


def _key(section: str) -> int:
    return 3 + list(SECTIONS).index(section)


def _slug(n: int, headline: str) -> str:
    """Words of the headline; one in nine is a single word, one in seven ends in a number."""
    words = headline.split()[: 1 if n % 9 == 4 else 6]
    return "-".join([*words, *(["2020"] if n % 7 == 3 else [])])


def shell(title: str, head: str, main: str, menu: str, charset: str = "utf-8") -> str:
    """A whole page."""
    head = f'<meta charset="{charset}"><title>{title} - {SITE}</title>{head}'
    footer = f"<footer><p>جميع الحقوق محفوظة ل{SITE}</p></footer>"
    body = f'<header><ul class="menu">{menu}</ul></header>{main}{footer}'
    return f'<!DOCTYPE html><html lang="ar" dir="rtl"><head>{head}</head><body>{body}</body></html>'


def _paragraphs(article: GoldArticle) -> str:
    return "".join(f"<p>{each}</p>" for each in article.paragraphs)


def _wordpress(article: GoldArticle, url: str, menu: str) -> str:
    head = (
        f'<meta property="og:type" content="article"><meta property="og:site_name" content="{SITE}">'
        f'<link rel="canonical" href="{encoded(url)}"><script src="/wp-content/x.js"></script>'
        f'<meta property="article:published_time" content="{article.published.isoformat()}">'
    )
    share = '<p class="share-line">تابعونا على تلغرام ليصلكم كل جديد</p>'
    main = (
        f'<article class="post-{article.published:%d%H} post hentry"><h1 class="entry-title">{article.headline}</h1>'
        f'<span class="cat-links"><a href="/category/{article.section}/">{SECTIONS[article.section]}</a></span>'
        f'<div class="the-story single-body">{_paragraphs(article)}{share}</div>'
        '<div class="tags"><a href="/tag/alpha/">ألفا</a></div><a href="/author/samer/">سامر</a></article>'
        '<div class="related"><h3>مقالات ذات صلة</h3></div>'
    )
    return shell(article.headline, head, main, menu)


def _laravel(article: GoldArticle, url: str, menu: str) -> str:
    head = f'<meta property="og:title" content="{article.headline}"><meta property="og:url" content="{encoded(url)}">'
    main = (
        f'<div class="row"><div class="col-md-8 details"><h1>{article.headline}</h1>'
        f'<span class="news-date">{article.published:%Y-%m-%d %H:%M}</span>'
        f'<div class="news-text">{"<br><br>".join(article.paragraphs)}</div></div></div>'
    )
    return shell(article.headline, head, main, menu)


def _table(article: GoldArticle, _url: str, menu: str) -> str:
    when = article.published
    day = f"{when.day} {LEVANTINE[when.month - 1]} {when.year}"
    main = (
        '<table width="100%"><tr><td width="20%" valign="top"><a href="/">الرئيسية</a></td><td width="80%" valign="top">'
        f'<table width="100%"><tr><td><font size="5"><b>{article.headline}</b></font></td></tr>'
        f'<tr><td><font size="2">{day}</font></td></tr>'
        f'<tr><td class="matn"><font size="3">{"<br><br>".join(article.paragraphs)}</font></td></tr></table></td></tr></table>'
    )
    return shell(article.headline, "", main, menu, "windows-1256")


def _linked(article: GoldArticle, url: str, menu: str) -> str:
    head = (
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"'
        f'{article.headline}","datePublished":"{article.published.isoformat()}","url":"{encoded(url)}"}}</script>'
    )
    main = f'<main id="content"><h1>{article.headline}</h1><div class="field-body">{_paragraphs(article)}</div></main>'
    return shell(article.headline, head, main, menu)


def _blogger(article: GoldArticle, _url: str, menu: str) -> str:
    main = (
        f'<div class="blog-posts"><div class="date-outer"><h3 class="post-title entry-title">{article.headline}</h3>'
        f'<abbr class="published" title="{article.published.isoformat()}">{article.published:%d/%m/%Y}</abbr>'
        f'<div class="post-body entry-content" id="post-body-{article.published:%Y%m%d%H%M}">{_paragraphs(article)}</div>'
        "</div></div>"
    )
    return shell(article.headline, "", main, menu)


_JOOMLA = "/index.php?option=com_content&view={}&id={}"
_SITEMAP = "Sitemap: https://{host}/sitemap.xml\n"
KINDS = {
    kind.name: kind
    for kind in (
        UnknownKind(
            "wordpress", "/{slug}/", "/category/{section}/", "/page/{page}/", _wordpress, frozenset({"feed", "posts"}),
            extra={"/about-us/": "من نحن"},
        ),
        UnknownKind(
            "wpdated", "/{at:%Y/%m/%d}/{slug}/", "/category/{section}/", "/page/{page}/", _wordpress, frozenset({"feed"}),
            extra={"/contact-with-us-now/": "اتصل بنا"},
        ),
        UnknownKind(
            "plainpermalinks", "/?p={number}", "/?cat={key}", "?paged={page}", _wordpress, frozenset({"feed"}),
            feed="/?feed=rss2",
        ),
        UnknownKind(
            "laravel", "/news/{number}/{slug}", "/section/{key}", "?page={page}", _laravel, frozenset({"sitemap_index"}),
            robots=f"User-agent: *\n{_SITEMAP}",
        ),
        UnknownKind("plain", "/articles/{number}.html", "/{section}.html", "?page={page}", _table, encoding="windows-1256"),
        UnknownKind(
            "blogger", "/{at:%Y/%m}/story-{number}-of-today.html", "/search/label/{section}", "?start={page}", _blogger,
            frozenset({"feed", "sitemap"}), feed="/feeds/posts/default", robots=f"User-agent: *\nDisallow: /search\n{_SITEMAP}",
        ),
        UnknownKind(
            "drupal", "/node/{number}", "/taxonomy/term/{key}", "?page={index}", _linked, frozenset({"feed"}), feed="/rss.xml",
        ),
        UnknownKind(
            "joomla", _JOOMLA.format("article", "{number}:{slug}&catid={key}"), _JOOMLA.format("category", "{key}"),
            "?page={page}", _linked,
        ),
        UnknownKind(
            "subfolder", "/ar/{slug}", "/ar/{section}", "/page/{page}", _linked, home="/ar", www=True, amp=True,
            extra={"/ar/about-the-organisation": "عن المؤسسة", "/en/home": "English"},
        ),
        UnknownKind("idslug", "/{number}-{slug}", "/{key}-{section}", "?page={page}", _laravel),
        UnknownKind(
            "sections", "/{section}/{slug}", "/{section}", "?page={page}", _linked, extra={"/privacy": "سياسة الخصوصية"},
        ),
        UnknownKind("offsets", "/{section}/{number}-{slug}", "/{section}", "?start={offset}", _linked),
        UnknownKind(
            "clickable", "/story/{number}", "/list/{key}", "?cursor=c{page}", _linked, only_next=True,
            card="""<div class="card" onclick="location.href='{path}'"><h3>{headline}</h3><p>{teaser}</p></div>""",
            pager='<link rel="next" href="{path}">',
        ),
        UnknownKind(
            "tiles", "/item/{number}/{slug}", "/group/{section}", "?page={index}", _laravel, only_next=True,
            card='<div class="tile" data-href="{path}"><b>{headline}</b> {teaser}</div>',
            pager='<svg><a xlink:href="{path}"><text>التالي</text></a></svg><a rel="next" href="{path}">›</a>',
        ),
        UnknownKind("language", "/ar/news/{number}?lang=ar", "/ar/sections/{key}", "?page={page}", _laravel, home="/ar"),
        UnknownKind(
            "arrows", "/view/{code}", "/list/{section}", "/{page}", _laravel, only_next=True,
            card='<div class="card"><h3>{headline}</h3><p>{teaser}</p><a href="{path}">اقرأ المزيد</a></div>',
            pager='<a class="next" href="{path}">التالي ›</a>',
        ),
        UnknownKind(
            "archived", "/ar/{slug}.html", "", "", _linked, home="/ar/index.html", archive="/ar/archive/",
            entrance='<meta http-equiv="refresh" content="0; url=/ar/index.html">',
        ),
        UnknownKind(
            "oldlinks", "/news/{number}/{slug}", "/section/{key}", "?page={page}", _laravel, frozenset({"sitemap"}), www=True,
            robots=f"User-agent: *\n{_SITEMAP}", links_to="http://oldlinks.example",
        ),
        UnknownKind("titled", "/read.php?title={slug}", "/list.php?cat={key}", "?page={page}", _laravel),
    )
}  # fmt: skip
