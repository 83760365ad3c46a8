"""What an article is about: description, keywords, sections, kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from extractors.article import Kind
from extractors.fields.printed_fields import Printed
from extractors.fields.transcript import has_marks, is_transcript
from extractors.outlet import Location
from extractors.page.metadata import Metadata
from extractors.page.stated_kind import media_kind
from extractors.text import display, matching

_OPINION_NAMES = (
    "رأي|آراء|الرأي|الآراء|مقالات رأي|مقالات الرأي|مقال رأي|مقال الرأي|رأي الكاتب|صفحة الرأي|قضايا وآراء|آراء ومقالات|"
    "مقالات وآراء|كتاب وآراء|أقلام وآراء|مقالات الكتاب|وجهة نظر|وجهات نظر|أعمدة|مدونات|مدونات الجزيرة|كلمة جيرون|"
    "افتتاحية|افتتاحيات|opinion|opinions|op ed|editorial|editorials|blogs"
)
_OPINION_SECTIONS = frozenset(map(matching, _OPINION_NAMES.split("|")))
_OPINION_PATHS = frozenset({"opinion", "opinions", "op-ed", "oped", "editorial", "editorials", "رأي", "آراء", "مقالات-رأي"})
# Of one piece («هذا المقال», «رأي كاتبه»); what all sites print below («المقالات المنشورة …») says nothing of a page.
_THIS_PIECE = (
    r"(?:(?:هذا|هذه|في|ضمن|بهذا) (?:ال)?(?:مقال|مقالة|مادة|تدوينة|مدونة)"
    r"|(?:رأي|آراء|وجهة نظر) (?:ال)?(?:كاتب|كاتبة|كاتبه|كاتبها|صاحبه|صاحبها))(?!\w)"
)
_SAYS_NOT = r"(?<!\w)و?لا (?:ت|ي)(?:عبر|عكس|مثل)(?!\w)"
_SAYS_IN = r"(?:هذا|هذه) (?:ال)?(?:مقالة?|مادة|تدوينة)"
_DISCLAIMER = re.compile(
    rf"{_THIS_PIECE}[^<>.]{{0,120}}{_SAYS_NOT}[^<>.]{{0,60}}بالضرورة|{_SAYS_NOT} بالضرورة[^<>.]{{0,60}}{_SAYS_IN}"
)
_DISCLAIMING = "بالضرورة"
_FIRST = 3  # paragraphs
_AROUND = 300  # characters before the word and after it in which the sentence stands
_NO_SECTION = frozenset(map(matching, ("الرئيسية", "الصفحة الرئيسية", "رئيسية", "صفحة البداية", "home", "main", "homepage")))


def descriptions(metadata: Metadata, standfirst: str | None, headline: str, body: str) -> Iterator[tuple[str, str]]:
    """The printed standfirst, then what the data say, without those that repeat the headline or tell of the site."""
    claims = (
        ("page", standfirst),
        ("json-ld", metadata.linked.text("description")),
        ("meta description", metadata.first("description")),
        ("og:description", metadata.first("og:description")),
    )
    # Most describe what the first paragraphs tell, which are less to go through than all of them.
    beginning = " ".join(body.split("\n\n", _FIRST)[:_FIRST])
    texts = (f"{headline} {beginning}", f"{headline} {body}")
    for source, claim in claims:
        if not claim:
            continue
        text = display(claim)
        words = matching(text).split()
        if len(words) < 4 or matching(text) == matching(headline):
            continue
        # What describes the site instead of the article shares few words with it.
        if source == "page" or any(_shares_words(words, each) for each in texts):
            yield source, text


def _shares_words(words: list[str], text: str) -> bool:
    """Whether a good third of these words, in matching form, stand in a text."""
    words_of_text = set(matching(text).split())
    return sum(word in words_of_text for word in words) > 0.35 * len(words)


def sections(
    metadata: Metadata, printed: Printed, site: frozenset[str] = frozenset(), headline: str = ""
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The printed section, then JSON-LD, then meta tags. A breadcrumb's first and last parts are none: the site (`site`: its
    names in matching form), the front page, the headline.
    """
    title = matching(headline)

    def named(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(text for text in texts if (form := matching(text)) and not _is_front_page(form, site) and form != title)

    yield "page", named(printed.sections)
    yield "json-ld", named(metadata.linked.texts("articleSection"))
    yield "article:section", named(metadata.every("article:section"))


def _is_front_page(form: str, site: frozenset[str]) -> bool:
    """Whether a section's name, in matching form, is the site's, long or short («الجزيرة» of «الجزيرة نت»)."""
    return form in _NO_SECTION or form in site or any(name.startswith(f"{form} ") for name in site)


def keywords(metadata: Metadata, printed: Printed, headline: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The printed tags, then meta tags, then JSON-LD keywords that no machine cut out of the headline."""
    yield "page", tuple(printed.tags)
    yield "article:tag", metadata.every("article:tag")
    words = [display(word) for text in metadata.linked.texts("keywords") for word in re.split(r" ?[,،] ?", text)]
    title = set(matching(headline).split())
    mechanical = len(words) >= 4 and all(matching(word) in title for word in words)
    yield "json-ld", () if mechanical else tuple(dict.fromkeys(word for word in words if word))


def kind_of(location: Location, metadata: Metadata, named: tuple[str, ...], paragraphs: list[str], source: str) -> Kind:
    """Transcript by address or by a transcriber's marks between turns; live blog by JSON-LD (one that has ended, others are
    refused); video and gallery where the page says so beside its text; opinion by address, JSON-LD, section or a disclaimer that
    speaks of this piece; else article. source: the page's markup.
    """
    if location.kind == "transcript" or (has_marks(paragraphs) and is_transcript(paragraphs)):
        return "transcript"
    if "LiveBlogPosting" in metadata.linked.types:
        return "liveblog"
    if (shown := media_kind(metadata)) is not None:
        return shown
    stated = (*named, *metadata.every("article:section", "pagesection"), *metadata.linked.texts("articleSection"))
    opinion = (
        location.kind == "opinion"
        or "OpinionNewsArticle" in metadata.linked.types
        or any(matching(name) in _OPINION_SECTIONS for name in stated)
        or not _OPINION_PATHS.isdisjoint(unquote(location.url).lower().split("/")[3:-1])
        or _disclaims(source)
    )
    return "opinion" if opinion else "article"


def _disclaims(source: str) -> bool:
    """Whether a page says of this piece that its opinions are not the newsroom's."""
    at = source.find(_DISCLAIMING)
    while at >= 0:
        if _DISCLAIMER.search(source, max(0, at - _AROUND), at + _AROUND):
            return True
        at = source.find(_DISCLAIMING, at + _AROUND)
    return False
