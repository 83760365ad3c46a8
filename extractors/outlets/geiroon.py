"""Geiroon (جيرون): WordPress with a TieLabs theme, 2016-2019, on three domains that kept the same ids. Read from web archives
only.
"""

from __future__ import annotations

from extractors.outlet import Catalogue, Layout, Outlet, Route, wordpress_routes

CANONICAL = "/archives/{id}"

OUTLET = Outlet(
    slug="geiroon",
    name="Geiroon",
    name_ar="جيرون",
    hosts=("geiroon.net", "www.geiroon.net", "geiroon.com", "www.geiroon.com", "geroun.net", "www.geroun.net"),
    home="https://geiroon.net/",
    timezone="Asia/Damascus",
    alive=False,
    died="last content seen: September 2019",
    prefixes=("amp",),
    routes=wordpress_routes(
        CANONICAL,
        article=(
            Route("article", r"(?:/archives)?/0*(?P<id>[1-9][0-9]{0,9})(?:/[^/]+){0,2}", CANONICAL),
            # The permalinks of autumn 2019 are unknown; an Arabic slug of several words at the root can only be an article.
            Route("article", r"/[^/\u0600-\u06ff]*[\u0600-\u06ff][^/-]*-[^/][^/-]*-[^/]+"),
            Route("listing", r"/[^/]+"),
        ),
    ),
    layouts=(
        Layout(
            name="tielabs-jannah",
            body=(".entry-content.entry", "article .entry-content", ".entry-content"),
            drop=(".post-bottom-meta", ".post-tags", ".share-links", "#related-posts", ".about-author"),
            dates=(".single-post-meta .date", ".entry-header .date", ".post-meta .date", ".post-meta"),
            byline=(".single-post-meta .author-name", ".meta-author .author-name", ".post-meta .meta-author a"),
            section=(".entry-header .post-cat", ".post-cat-wrap a"),
            tags=(".post-bottom-meta .tagcloud a", ".post-tags a"),
        ),
        Layout(
            name="tielabs-sahifa",
            body=(".post-inner .entry", "#the-post .entry", ".post-listing .entry"),
            drop=(".share-post", ".post-tag", "#related_posts", "#author-box"),
            dates=(".post-meta .tie-date", ".post-meta"),
            byline=(".post-meta-author a",),
            section=(".post-cats a",),
            tags=(".post-tag a",),
        ),
    ),
    catalogue=Catalogue(
        furniture=(r"إغلاق", r"هذا الموقع يستخدم Akismet.*", r"لن يتم نشر عنوان بريدك الإلكتروني.*"),
        closing=(r"الوسوم", r"مقالات ذات صلة", r"اترك تعليق(?:اً|ًا|ا)?"),
        dateline=(r"(?P<agency>جيرون) ?[-–—ـ] ?(?P<place>[^()0-9.،]{2,30})",),
        title_suffix=(r" ?[-–—|] ?(?:شبكة )?جيرون(?: الإعلامية)? ?", r" ?[-–—|] ?(?:Geiroon|Geroun) ?"),
    ),
    ids=((118_008, "2018-05"),),
)
