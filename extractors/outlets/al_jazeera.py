"""Al Jazeera Arabic (الجزيرة نت). Class names are those of scrapers of 2023-2026; older eras are guessed, so text rules stand
behind.
"""

from __future__ import annotations

from extractors.outlet import Catalogue, Layout, Outlet, Route

DATED = r"(?P<year>(?:19|20)[0-9]{2})/(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/[^/]+"
GUID = r"\{?(?P<id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?"

OUTLET = Outlet(
    slug="al_jazeera",
    name="Al Jazeera Arabic",
    name_ar="الجزيرة نت",
    hosts=("www.aljazeera.net", "aljazeera.net", "www.ajnet.me", "ajnet.me", "m.aljazeera.net"),
    home="https://www.aljazeera.net/",
    timezone="Asia/Qatar",  # printed «بتوقيت مكة المكرمة», +03:00 all year like Doha
    prefixes=("amp",),
    routes=(
        Route("home", r""),
        Route("image", r".*\.(?:jpe?g|png|gif|webp|svg|bmp|ico)|/services/fullimagearticle/.*"),
        Route("feed", r"/aljazeerarss/.*|/rss(?:/.*)?|/xml/.*|.*\.(?:xml|rss)(?:\.gz)?"),
        Route("liveblog", rf"(?:/[^/]+)*/liveblog/{DATED}"),
        Route("video", r"/videos?(?:/.*)?|/podcasts?/.*|/(?:[^/]+/)?videos?/.*"),
        Route("gallery", r"/gallery(?:/.*)?|/(?:photos|pictures|infographics?)(?:/.*)?"),
        Route("print", r"/home/print/.*|.*/print"),
        Route("tag", r"/tags?(?:/.*)?"),
        Route("author", r"/author(?:/.*)?"),
        Route("search", r"/search(?:/.*)?"),
        Route("transcript", rf"/programs(?:/[^/]+){{1,2}}/{DATED}"),
        Route("transcript", rf"/programs(?:/[^/]+){{0,2}}/pages/{GUID}"),
        Route("opinion", rf"(?:/[^/]+)?/(?:opinions?|blogs)(?:/[^/]+)?/{DATED}"),
        Route("opinion", rf"(?:/[^/]+)?/(?:opinions?|blogs)(?:/[^/]+)?/pages/{GUID}"),
        Route("article", rf"(?:/[^/]+){{1,3}}/{DATED}"),
        Route("article", rf"/NR/exeres/{GUID}\.html?"),
        Route("article", rf"(?:/[^/]+){{1,3}}/pages/{GUID}"),
        Route("listing", r"(?:/[^/]+){1,4}"),
    ),
    layouts=(
        Layout(
            name="archipelago",
            body=("div.wysiwyg--all-content", "div.wysiwyg"),
            drop=(
                ".more-on",
                ".article-source",
                ".article__subhead",
                ".related-content",
                ".article-ssc",
                ".u-hide",
                ".ad-container",
            ),
            standfirst=("p.article__subhead", ".article__subhead em", ".article-header__subhead"),
            byline=(
                ".contributors-list--byline a",
                ".article-author-name-item a",
                ".article-author__name",
                ".author a",
                ".author",
            ),
            dates=(".date-simple", ".article-dates", ".article__date"),
            section=(".breadcrumbs a", ".breadcrumb a", ".topics a"),
            tags=(".article__tags a",),
            source=(".article-source", ".article__source"),
        ),
        Layout(
            name="sharepoint",
            body=("#DynamicContentContainer", "#article-body", ".article-body", ".articleBody", ".DetailedText"),
            standfirst=("#ctl00_cphBody_dvSummary", ".article-summary"),
            dates=("#ctl00_cphBody_lblDate", ".article-date", ".DetaildDate"),
            source=(".article-source", "#dvArticleSource"),
        ),
    ),
    catalogue=Catalogue(
        furniture=(
            r"(?:حفظ)? ?شار[ِ]?ك[ْ]? ?(?:whatsapp-stroke)? ?(?:copylink)?",
            r"حفظ ?شار[ِ]?ك[ْ]? ?whatsapp-stroke ?copylink",
            r"حفظ|whatsapp-stroke|copylink|share2?|إعلان|تسجيل|البث الحي|تخطي الروابط|تدفق المحتوى|الجديد من الكاتب",
            r"انقر هنا للمشاركة على وسائل التواصل الاجتماعي",
            r"list \d+ of \d+.*|end of list",
            r"مدة الفيديو .*",
            r"هذا الفيديو مفرغ آليا",
            r"قد يحتوي هذا الفيديو أنماطا ضوئية أو صورا.*",
            r"(?:إن )?الآراء الواردة في (?:هذا )?المقال لا تعكس بالضرورة الموقف التحريري لشبكة الجزيرة.{0,20}",
            r"!\[\]\(?\)? ?\|?",
        ),
        closing=(r"حول هذه القصة", r"المزيد من .{3,20}"),
        title_suffix=(
            r" ?[|] ?(?:[^|]{2,25} ?[|] ?)?(?:الجزيرة نت|موقع الجزيرة نت) ?",
            r" ?[-–—|] ?(?:الجزيرة(?: نت)?|Al ?Jazeera(?: Net)?) ?",
        ),
    ),
)
