"""SMART News Agency (سمارت), 2013-2020, Gaziantep: a JavaScript front end that leaks icon names and an i18n key. Web archives
only.
"""

from __future__ import annotations

from extractors.outlet import Catalogue, Layout, Outlet, Route

# The number at the end of a slug is sometimes a counter and sometimes part of the headline: nothing is stripped.
DATED = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})-[^/]*"

OUTLET = Outlet(
    slug="smart",
    name="SMART News Agency",
    name_ar="سمارت",
    hosts=("smartnews-agency.com", "www.smartnews-agency.com"),
    home="https://smartnews-agency.com/ar",
    timezone="Asia/Damascus",
    alive=False,
    died="last page seen: 4 August 2020",
    routes=(
        Route("article", rf"/ar/(?:wires|reports)/{DATED}"),
        Route("video", rf"/ar/videos?/{DATED}"),
        Route("gallery", rf"/ar/(?:photos|gallery|albums|images)/{DATED}"),
        Route("home", r"(?:/ar)?"),
        Route("image", r".*\.(?:jpe?g|png|gif|webp|svg|bmp|ico)"),
        Route("feed", r".*/(?:feed|rss)|.*\.(?:xml|rss)(?:\.gz)?"),
        Route("tag", r"/ar/tags?(?:/.*)?"),
        Route("author", r"/ar/authors?(?:/.*)?"),
        Route("search", r"/ar/search(?:/.*)?"),
        Route("listing", r"/ar/[^/]+"),
    ),
    layouts=(
        Layout(
            name="smart-wires",
            body=(".wire-body", ".wire-content", ".news-body", ".report-body", ".article-body"),
            drop=(".breaking-news", ".ticker"),
            byline=(".editor", ".wire-editor"),
            dates=(".publish-date", ".wire-date", ".date"),
        ),
    ),
    catalogue=Catalogue(
        furniture=(
            r"ui\.[a-z]+\.[A-Za-z]+",
            r"pictogram-[a-z-]+",
            r"(?:access_time|schedule|person|share|print|play_arrow|arrow_(?:back|forward)|chevron_(?:left|right)|menu|search|close)",
            r"الأخبار العاجلة",
            r"الوصف المحلي",
        ),
        dateline=(
            # «محمد حسن الحمصي سمارت – حلب», as republished wires print it
            r"(?P<by>[^\s()0-9.،,\"–—ـ-][^()0-9.\"–—ـ-]{3,50}?) (?P<agency>سمارت) ?[-–—ـ] ?(?P<place>[^()0-9.،\"]{2,30})",
            r"(?P<agency>سمارت) ?[-–—ـ] ?(?P<place>[^()0-9.،\"]{2,30})",
            r"(?P<place>[^()0-9.،\"]{2,30}?) ?[-–—ـ] ?(?P<agency>سمارت)",
        ),
        title_suffix=(r" ?[-–—|] ?(?:وكالة )?سمارت(?: للأنباء)? ?", r" ?[-–—|] ?SMART News Agency ?"),
    ),
)
