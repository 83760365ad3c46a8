"""Baladi News (بلدي نيوز): Laravel; the <title> ends with the default of its SEO package. No HTML of it was seen, so text
rules lead.
"""

from __future__ import annotations

from extractors.outlet import Catalogue, Layout, Outlet, Route

OUTLET = Outlet(
    slug="baladi_news",
    name="Baladi News",
    name_ar="بلدي نيوز",
    hosts=("baladi-news.com", "www.baladi-news.com", "mail.baladi-news.com", "video.baladi-news.com"),
    home="https://baladi-news.com/ar",
    timezone="Asia/Damascus",
    prefixes=("public", "index.php"),
    routes=(
        # Only the number is stable: article 64610 was seen with two slugs.
        Route("article", r"(?:/ar)?/articles/0*(?P<id>[1-9][0-9]{0,9})(?:/.*)?", "/ar/articles/{id}"),
        # The address of before 2018; whether its number is that of today's is not known, so it is no key.
        Route("article", r"(?:/ar)?/news/details/[0-9]+(?:/.*)?"),
        Route("image", r".*\.(?:jpe?g|png|gif|webp|svg|bmp|ico)"),
        Route("feed", r".*/(?:feed|rss)|.*\.(?:xml|rss)(?:\.gz)?"),
        Route("home", r"(?:/ar)?", "/ar"),
        Route("search", r"(?:/ar)?/search(?:/.*)?"),
        Route("tag", r"(?:/ar)?/tags?(?:/.*)?"),
        Route("author", r"(?:/ar)?/(?:authors?|users?)/.+"),
        Route("video", r"(?:/ar)?/videos?/.+"),
        Route("gallery", r"(?:/ar)?/(?:gallery|galleries|albums?|photos?)/.+"),
        Route("other", r"/(?:en|tr|ku)(?:/.*)?|/storage/.*"),
        Route("listing", r"/ar/.+"),
    ),
    layouts=(
        Layout(
            name="laravel",
            body=(".article-content", ".article-body", ".article-text", ".article-details", ".news-content"),
            dates=(".article-date", ".article-info", ".publish-date"),
            section=(".article-category a", ".breadcrumb a"),
            tags=(".article-tags a",),
        ),
    ),
    catalogue=Catalogue(
        furniture=(r"//",),
        closing=(r"مقالات ذات صلة",),
        dateline=(r"(?P<agency>بلدي نيوز) ?(?:[-–—ـ] ?(?P<place>[^()\n]*?) ?)?(?:\( ?(?P<by>[^)\n]*?) ?\))? ?[-–—:]?",),
        title_suffix=(r" ?- ?It's Over 9000! ?", r" ?[-–—|] ?بلدي نيوز ?"),
    ),
    ids=(
        (10_180, "2016-06"),
        (28_512, "2018-03"),
        (44_397, "2019-06"),
        (56_779, "2020-02"),
        (64_610, "2020-09"),
        (75_959, "2021-07"),
        (87_213, "2022-09"),
        (99_111, "2023-11"),
    ),
)
