"""Enab Baladi (عنب بلدي): Syrian weekly, then daily; WordPress since 2012. Class names are those of scrapers of 2023-2025."""

from __future__ import annotations

from extractors.outlet import Catalogue, Layout, Outlet, Route, wordpress_routes

# /archives/<id> is the oldest permalink and the only form printed in every era (2012-2024); today's /<id>/<slug>/ carries the
# same ids
# and a slug that is cut and edited. WordPress redirects the old form to the new one.
CANONICAL = "/archives/{id}"

OUTLET = Outlet(
    slug="enab_baladi",
    name="Enab Baladi",
    name_ar="عنب بلدي",
    hosts=("www.enabbaladi.net", "enabbaladi.net", "m.enabbaladi.net", "www.enabbaladi.org", "enabbaladi.org"),
    home="https://www.enabbaladi.net/",
    timezone="Asia/Damascus",
    prefixes=("amp",),
    routes=wordpress_routes(
        CANONICAL,
        article=(
            # What follows the id is a slug, /amp, a page number, or the name of an attachment that shows its parent's whole text.
            Route("article", r"(?:/archives)?/0*(?P<id>[1-9][0-9]{0,9})(?:/[^/]+){0,2}", CANONICAL),
            Route("listing", r"/[^/0-9][^/]*"),
        ),
    ),
    layouts=(
        Layout(
            name="wordpress-2023",
            body=("div.content-article",),
            drop=(".camera-icon", ".font-size", ".tag-icon", ".donate", ".support-us", ".correction", ".report-error"),
            byline=(".author-name", ".article-author", ".content-author"),
            dates=(".article-date", ".post-date", ".one-post-date"),
            tags=(".article-tags a",),
        ),
        Layout(
            name="wordpress-amp",
            body=(".amp-wp-article-content", ".amp-article-content"),
            dates=(".amp-wp-meta", "ul.meta", "ul.post-meta"),
        ),
        Layout(
            name="wordpress-2012",
            body=(".entry-content", ".post-content", ".single-content"),
            dates=(".entry-date", ".post-meta", ".date"),
        ),
    ),
    catalogue=Catalogue(
        furniture=(
            r"camera icon.*",
            r"tag icon.*",
            r"no image",
            r"الإعلام الموجّه يشوه الحقيقة في بلادنا ويطيل أمد الحرب\.*",
            r"سوريا بحاجة للصحافة الحرة\.\. ونحن بحاجتك لنبقى مستقلين",
            r"ادعم عنب بلدي",
            r"دولار واحد شهري(?:ًا|اً|ا) يصنع الفرق",
            r"اضغط هنا للمساهمة",
            r"إذا كنت تعتقد/?\s?(?:تعتقدين)? أن المقال يحوي معلومات خاطئة.*",
        ),
        closing=(r"مقالات متعلقة",),
        dateline=(
            r"(?P<agency>عنب بلدي) ?[-–—ـ] ?(?P<place>[^\s()0-9][^()0-9.،]{1,30})",
            r"(?P<place>[^\s()0-9][^()0-9.،]{1,30}?) ?[-–—ـ] ?(?P<agency>عنب بلدي)",
            r"(?:جريدة )?(?P<agency>عنب بلدي) ?[-–—ـ:،]* ?(?:العدد|عدد) ?[0-9٠-٩]+.*",  # the weekly's issue line, 2012-2014
            r"(?P<agency>عنب بلدي)(?: (?:أون ?لاين|خاص))?",
        ),
        title_suffix=(r" ?[-–—|] ?(?:جريدة )?عنب بلدي ?", r" ?[-–—|] ?Enab ?Baladi ?"),
    ),
    ids=(
        (5_000, "2013-01"),
        (15_237, "2014-02"),
        (26_134, "2015-01"),
        (37_259, "2015-06"),
        (85_378, "2016-06"),
        (128_772, "2017-02"),
        (149_828, "2017-05"),
        (187_342, "2017-11"),
        (280_277, "2019-02"),
        (352_480, "2019-12"),
        (389_004, "2020-06"),
        (551_039, "2022-02"),
        (652_692, "2023-07"),
        (800_915, "2026-08"),
    ),
)
