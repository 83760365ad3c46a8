"""Why a page is not an article, told by its address or by itself: challenges, soft 404s, listings, broken text."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractors.body.container import page_lines
from extractors.dates.moment import as_instant
from extractors.dates.printed import parse_machine
from extractors.page.linked_data import ARTICLE_TYPES, LISTING_TYPES
from extractors.page.metadata import Metadata
from extractors.page.stated_kind import named_page_type
from extractors.text import word_count

# In lower case. Plain strings: a pattern of so many alternatives takes 5 ms for 60 KB.
_CHALLENGE_MARKS = (
    "cf-browser-verification",
    "cf_chl_",
    "cf-chl",
    "challenge-platform/h/",
    "_incapsula_resource",
    "sucuri_cloudproxy_js",
    "ddos-guard",
    "g-recaptcha-response",
    "px-captcha",
    "aws-waf-token",
    *(f"id={quote}challenge-{name}" for quote in "\"'" for name in ("form", "running", "stage", "error")),
)
_CHALLENGE_TITLE = re.compile(
    r"just a moment|attention required|checking your browser|access denied|ddos protection|security check|"
    r"^\s*لحظة(?: من فضلك| واحدة)?\s*[.…]*\s*$|"
    r"التحقق من المتصفح|are you (?:a )?human|one more step",
    re.IGNORECASE,
)
_PARKED_MARKS = re.compile(
    r"sedoparking|parkingcrew|bodis\.com|hugedomains|afternic|parklogic|above\.com/marketplace|dan\.com/buy-domain|undeveloped\.com"
    r"|img\.sedo|sedo\.com/search|parked[ -]?(?:domain|free|page)|cashparking|domainmarket|namebright|uniregistry|domain-parking"
    r"|domain (?:name )?(?:is|may be|could be) (?:parked|for sale|available)|buy this domain|domain (?:has )?expired"
    r"|account (?:has been )?suspended|suspendedpage\.cgi|defaultwebpage\.cgi|welcome to nginx|apache2? [\w ]{0,20}default page"
    r"|future home of something|website coming soon|default (?:plesk|cpanel|web ?site) page|hostinger\.com/parking",
    re.IGNORECASE,
)
_PARKED_TITLE = re.compile(
    r"domain[^<>]{0,40}(?:for sale|expired|parked)|account suspended|"
    r"^\s*(?:index of /|welcome to nginx|it works!?|site not found|default (?:web )?page|domain parking|parked)",
    re.IGNORECASE,
)
# «نطاق» alone is a word of many headlines: «حملة واسعة النطاق تضبط أدوية منتهية الصلاحية».
_PARKED_TITLE_IN_ARABIC = re.compile(
    r"(?:(?:هذا|اسم) (?:ال)?|^\s*(?:ال)?)(?:نطاق|دومين)(?! واسع)[^<>]{0,40}(?:للبيع|معروض للبيع|منتهي)"
)
"""What the services say that hold domains nobody uses, hosters of sites that do not pay, and servers that nobody has set up."""

_ARABIC_WORD = re.compile(r"[\u0621-\u064a\u0671-\u06d3]{3,}")
_FEW_WORDS = 40
_LETTERS = 3  # no word has so many alefs on average
"""An outlet's page has hundreds of words of its language in its menus alone."""

_MIXED = re.compile(
    # An Arabic letter beside a Latin one with an accent; the two bytes of one Arabic letter; what could not be decoded.
    "[\u0621-\u064a][\u00c0-\u00ff]|[\u00c0-\u00ff][\u0621-\u064a]|[ÂÃØÙÚÛ][\u0080-\u00bf‚„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸƒ€Ž]|\ufffd|[\u0080-\u009f]"
)
_SUSPECT = re.compile("[\u0080-\u009f\u00c0-\u00ff\ufffd]")
_LISTING_CLASSES = {
    "archive": "listing",
    "category": "listing",
    "home": "home",
    "blog": "listing",
    "tag": "tag",
    "author": "author",
    "search": "search",
    "search-results": "search",
    "error404": "soft-404",
}
_LISTING_PATHS = {
    "author": "author",
    "authors": "author",
    "writer": "author",
    "writers": "author",
    "tag": "tag",
    "tags": "tag",
    "category": "listing",
}
# The whole path, or a language before it: «/category/politics/4711» may be an article.
_LISTING_PATH = re.compile(rf"^(?:/[a-z]{{2}})?/(?P<kind>{'|'.join(_LISTING_PATHS)})/[^/]+(?:/page/[0-9]+)?/?$", re.IGNORECASE)
_FEW_TEASERS = 3
_STORY = 80  # words; an excerpt is shorter
_HARDLY_LINKED = 0.3
_TEASERS = ("أكمل القراءة", "اقرأ المزيد »", "إقرأ المزيد »", "متابعة القراءة", "قراءة المزيد")


def is_challenge(source: str, metadata: Metadata) -> bool:
    """A page that asks for a proof of humanity instead of showing news. Only short documents: articles mention such words too."""
    titled = _CHALLENGE_TITLE.search(metadata.title or "") is not None
    if titled and len(source) < 30_000 and "og:title" not in metadata.metas:
        return True
    if len(source) >= (100_000 if titled else 30_000) or (not titled and metadata.metas.get("og:title")):
        return False
    lower = source.lower()
    return any(mark in lower for mark in _CHALLENGE_MARKS)


def is_parked(source: str, title: str | None) -> bool:
    """Whether a page says that its domain is for sale or unused, its hosting account closed, or its server not set up.

    A page with dozens of Arabic words is none: an outlet may write about such things.
    """
    if _PARKED_TITLE.search(title or ""):
        return True
    if _has_many_letters(source):  # the words need not be counted: ten times as slow
        return False
    if _PARKED_TITLE_IN_ARABIC.search(title or ""):
        return True
    words = sum(1 for _ in islice(_ARABIC_WORD.finditer(source), _FEW_WORDS))
    return words < _FEW_WORDS and _PARKED_MARKS.search(source) is not None


def _has_many_letters(source: str) -> bool:
    """Whether alef stands in a document more often than in a few dozen words; counts quarter by quarter until it is enough, the
    last one first: at the beginning stand scripts and styles.
    """
    size, letters = len(source) // 4 + 1, 0
    for at in reversed(range(0, len(source), size)):
        letters += source.count("ا", at, at + size)
        if letters > _LETTERS * _FEW_WORDS:
            return True
    return False


def is_of_another_site(text: str, language: str) -> bool:
    """Whether a story has no word of its outlet's language (BCP 47): a later owner of the domain wrote it."""
    return language == "ar" and _ARABIC_WORD.search(text) is None


def listing_kind(source: str, metadata: Metadata, url: str, captured: datetime) -> str | None:
    """What kind of list (or film, or gallery) a page says it is; None for an article or in doubt.

    captured: when the page was fetched or archived. A live blog that had ended by then is an article: its text is final.
    """
    single = _is_single(metadata) or _is_declared_article(metadata)
    kind = _by_body_class(metadata, single=single) or _by_its_data(metadata)
    if kind == "liveblog" and _has_ended(metadata, captured):
        return None
    if kind is not None or single or metadata.linked.types & ARTICLE_TYPES:
        return kind
    named = _LISTING_PATH.search(urlsplit(url).path)
    if named and not metadata.every("article:published_time"):
        return _LISTING_PATHS[named["kind"].lower()]
    return "listing" if _is_list_of_teasers(source) else None


def _is_list_of_teasers(source: str) -> bool:
    """Whether «read on» stands on a page three times or more, and no story between two of them: a sidebar may say it too."""
    teaser = max(_TEASERS, key=source.count)
    if source.count(teaser) < _FEW_TEASERS:
        return False
    return not any(_words_of_story(part) >= _STORY for part in source.split(teaser))


def _words_of_story(markup: str) -> int:
    lines = page_lines(LexborHTMLParser(markup))
    return sum(word_count(line.text) for line in lines if line.linked < _HARDLY_LINKED and line.is_prose)


def _is_single(metadata: Metadata) -> bool:
    classes = metadata.body_class
    return bool(classes & {"single", "single-post", "postid"}) or any(name.startswith("postid-") for name in classes)


def _is_declared_article(metadata: Metadata) -> bool:
    """Whether a page says in two ways that it is an article: a class of <body> knows no better.

    Linked data and Open Graph both do, or one of them with a day of publication. One alone is no proof: a home page may say
    `og:type` article.
    """
    by_graph = (metadata.first("og:type") or "").lower() == "article"
    by_data = bool(metadata.linked.types & ARTICLE_TYPES)
    dated = bool(metadata.first("article:published_time")) if by_graph else metadata.linked.text("datePublished") is not None
    return (by_graph and by_data) or (dated and (by_graph or by_data))


def _by_body_class(metadata: Metadata, *, single: bool) -> str | None:
    """WordPress says in the class of <body> what it shows."""
    if "error404" in metadata.body_class:
        return "soft-404"
    return None if single else next((kind for name, kind in _LISTING_CLASSES.items() if name in metadata.body_class), None)


def _by_its_data(metadata: Metadata) -> str | None:
    named = named_page_type(metadata)
    types = metadata.linked.types
    if named not in {None, "video", "gallery"} or "LiveBlogPosting" in types:
        return named or "liveblog"
    return "listing" if types & LISTING_TYPES and types.isdisjoint({*ARTICLE_TYPES, "ItemList"}) else None


def _has_ended(metadata: Metadata, captured: datetime) -> bool:
    """Whether a live blog states an end of its coverage (schema.org `coverageEndTime`) that was past at the capture."""
    end = parse_machine(metadata.linked.text("coverageEndTime") or "")
    return end is not None and as_instant(end, None) <= captured


def is_garbled(paragraphs: list[str]) -> bool:
    """Whether the letters are no language's: scripts mixed inside words, signs in place of letters, bytes nobody could decode.

    So reads a page that was decoded wrongly, here or where it was made.
    """
    if not any(map(_SUSPECT.search, paragraphs)):
        return False
    words = [word for text in paragraphs for word in text.split()]
    strange = sum(1 for word in words if _MIXED.search(word))
    return 5 * strange > len(words)
