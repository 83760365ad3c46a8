"""Pages that show something else in the article's place: a missing page that answers 200, a login, a cookie or script wall."""

from __future__ import annotations

import re

from extractors.page.metadata import Metadata
from extractors.page.stated_kind import is_dated_article, media_kind
from extractors.text import word_count

BLURB = 40  # words; what stands beside a film or an album is shorter
SHORT = 80  # words; a page that holds more tells a story, whatever else it says
_MISSING = re.compile(
    r"^ ?(?:خطأ ?)?404 ?(?:$|[-–—|:!.،]|صفحة|الصفحة|error|page|not)|error 404|page not found|404 not found|"
    r"(?:الصفحة|الصفحه|هذا المقال|هذا الخبر|المقال المطلوب|الخبر المطلوب|هذا المحتوى) (?:التي .{0,30}|المطلوبة )?"
    r"(?:غير (?:موجود|متوفر|متاح)ة?|لم يتم العثور)|"
    r"لم (?:يتم|نتمكن من) العثور على (?:الصفحة|المقال|الخبر|ما|أي)|"
    r"(?:^|[-–—|»] ?)(?:عذر|عفو)(?:ا|اً|ًا) ?[!،]? (?:هذه |لا |لم )|"
    r"تم حذف هذا (?:المقال|الخبر)|الصفحة المطلوبة",
    re.IGNORECASE,
)
# So said in a title no story follows, however much other text the page shows.
_ABSENT = re.compile(
    r" ?(?:(?:عذر|عفو)(?:ا|اً|ًا) ?[!،,.]? ?)?"
    r"(?:(?:هذه |هذا )?(?:الصفحة|الصفحه|المقال|الخبر|المحتوى|الموضوع) (?:التي .{0,30}|الذي .{0,30}|المطلوبة? )?"
    r"(?:غير (?:موجود|متوفر|متاح)ة?|لم (?:تعد|يعد) (?:متاح|موجود)ة?|محذوف)"
    r"|لم (?:يتم |نتمكن من )?(?:العثور|نعثر) على (?:ما تبحث|الصفحة|المقال المطلوب)"
    r"|غير موجودة?)(?: عنه| المطلوبة?| حاليا| على (?:هذا )?الموقع)? ?[.!…]* ?(?:$|[-–—|(:])"
)
_LOGIN = re.compile(r" ?(?:تسجيل الدخول|سجل الدخول|دخول الأعضاء|log ?in|sign ?in)\b", re.IGNORECASE)
_LOGIN_ASKED = re.compile(
    r"(?:يجب|يرجى|عليك) (?:عليك )?تسجيل الدخول|(?:سجل|سجّل) الدخول (?:ل|أو)|اشترك (?:الآن )?(?:لقراءة|لمتابعة القراءة)"
)
_ABOUT_COOKIES = re.compile(
    r"ملفات (?:تعريف )?(?:الارتباط|الكوكيز).{0,200}(?:توافق|موافق|الخصوصية|تجربت)|we use cookies", re.IGNORECASE
)
_WANTS_SCRIPT = re.compile(
    r"(?:تفعيل|تشغيل|تمكين).{0,20}(?:جافا ?سكر[يب]+ت|java ?script)|enable (?:java ?script|cookies)|requires? java ?script",
    re.IGNORECASE,
)


def wall_kind(titles: list[str], metadata: Metadata, body: list[str]) -> str | None:
    """`soft-404`, `login`, `cookie-wall`, `video`, `gallery` or `no-body`; None for what may be an article.

    titles: headline, h1s, <title>; those of an article that states its day may say whatever they like.
    """
    words = sum(map(word_count, body))
    titles = [] if is_dated_article(metadata) else titles
    if any(_ABSENT.match(text) and word_count(text) <= 14 for text in titles):
        return "soft-404"
    if words >= SHORT:
        return None
    lead = body[:2]
    shown = metadata.linked.types if words < BLURB and not metadata.linked.article else frozenset()
    media = media_kind(metadata) if words < BLURB else None
    rules = (
        ("soft-404", any(map(_MISSING.search, titles)) or (words < SHORT / 2 and any(map(_MISSING.search, lead)))),
        ("login", any(map(_LOGIN.match, titles)) or any(map(_LOGIN_ASKED.search, lead))),
        ("cookie-wall", not metadata.linked.article and _ABOUT_COOKIES.search(" ".join(body)) is not None),
        ("video", "VideoObject" in shown or media == "video"),
        ("gallery", not shown.isdisjoint(("ImageGallery", "MediaGallery")) or media == "gallery"),
        ("no-body", any(map(_WANTS_SCRIPT.search, lead))),
    )
    return next((kind for kind, applies in rules if applies), None)
