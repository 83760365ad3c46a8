"""From what was seen of a site to the facts of an outlet, each with how it was found, and a list of what is not sure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crawler.discovery.documents.dates import instant
from crawler.survey.article_routes import RouteDraft
from crawler.survey.evidence import SeenAddress
from crawler.survey.grammar import Grammar
from crawler.survey.layout import UNKNOWN_ZONE, RepeatedLines, SeenLayout, zone_of_difference, zone_of_offsets
from crawler.survey.site import Survey
from crawler.survey.sources import SourceDraft, sources_of
from extractors.article import Article
from extractors.dates.printed import parse_printed
from extractors.dates.zones import ZONES


@dataclass(frozen=True, slots=True)
class Stated:
    """A value of the file, and how it was found."""

    value: Any
    why: str


@dataclass(slots=True)
class Draft:
    """The file before it is written. about: its first line; doubts: sentences; every value by the name of its key."""

    about: str
    top: dict[str, Stated] = field(default_factory=dict)
    routes: list[RouteDraft] = field(default_factory=list)
    layout: dict[str, Stated] = field(default_factory=dict)
    catalogue: dict[str, Stated] = field(default_factory=dict)
    sources: list[SourceDraft] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def draft_of(survey: Survey, slug: str, grammar: Grammar, layout: SeenLayout, today: date) -> Draft:
    """The draft of a site on which articles were found."""
    pages = len(survey.articles)
    draft = Draft(
        f"Drafted by `warraq outlet add` on {today.isoformat()}: {survey.requests} requests, {pages} articles read. "
        "A person has to look at it: text after # says how each fact was found."
    )
    draft.doubts += grammar.doubts
    _names(draft, survey, slug, layout)
    _places(draft, survey)
    draft.routes = grammar.routes
    if grammar.prefixes:
        draft.top["prefixes"] = Stated(grammar.prefixes, "the same articles stand below these")
    _layout(draft, layout)
    _suffix(draft, layout.title_suffix)
    state_lines(draft, layout.lines)
    draft.sources = sources_of(survey, [each.route for each in grammar.routes])
    if not draft.sources:
        draft.doubts.append("no source names articles")
    if pages < 5:
        draft.doubts.append(f"only {pages} articles were read: look at more of them with warraq read --explain URL")
    return draft


def _names(draft: Draft, survey: Survey, slug: str, layout: SeenLayout) -> None:
    suffix = re.sub(r"^[\s\W]+|[\s\W]+$", "", layout.title_suffix)
    found = (
        (survey.wordpress.name if survey.wordpress else "", "as WordPress calls the site"),
        (survey.home.site_name, "og:site_name of the home page"),
        (layout.lines.agency, "what datelines begin with"),
        (suffix, "what titles end in"),
        (survey.home.title if survey.has_home else "", "title of the home page"),
        (slug, "nothing names it"),
    )
    named = [(" ".join(name.split())[:80], why) for name, why in found if name.strip()]
    name, why = next((each for each in named if re.search(r"[\u0621-\u064a]", each[0])), named[0])
    draft.top["name"] = Stated(slug.replace("_", " ").replace("-", " ").title(), "from the host: write it as it should be shown")
    draft.top["name_ar"] = Stated(name, why)


def _places(draft: Draft, survey: Survey) -> None:
    draft.top["hosts"] = Stated(
        list(survey.hosts),
        "the host that answered, the same with or without www, and others of its domain that have the same articles",
    )
    home = survey.home.page.url if survey.has_home else f"https://{survey.hosts[0]}/"
    draft.top["home"] = Stated(home, "")
    if home.startswith("http:"):
        draft.doubts.append(
            "whether the site answers at https:// too: write home so then; a crawl asks for articles at the scheme of home"
        )
    if survey.last_capture is not None:
        draft.top["alive"] = Stated(False, "nobody answered; what stands here was read in the Wayback Machine")
        draft.top["died"] = Stated(f"last capture: {survey.last_capture.isoformat()}", "")
        draft.doubts.append("whether the site had other hosts, before or after: add them to hosts")
    zone, why, sure = _zone(survey)
    draft.top["timezone"] = Stated(zone, why)
    if not sure:
        draft.doubts.append(f"the time zone {zone} ({why}): compare a printed hour with the clock of the outlet's country")
    language = _language(survey)
    draft.top["language"] = Stated(language, "of the letters of its articles")


def _language(survey: Survey) -> str:
    text = "".join(look.result.body for look in survey.articles if isinstance(look.result, Article))
    arabic = sum("\u0600" <= letter <= "\u06ff" for letter in text)
    letters = sum(letter.isalpha() for letter in text)
    stated = next((look.language for look in survey.articles if re.fullmatch(r"[a-z]{2,3}", look.language)), "ar")
    if letters and arabic > letters / 2:
        return stated if stated in {"fa", "ur", "ku", "ckb", "ps"} else "ar"
    return stated


def _zone(survey: Survey) -> tuple[str, str, bool]:
    """(IANA name, how it was found, whether that is sure)."""
    if survey.wordpress is not None and "/" in survey.wordpress.zone:
        return survey.wordpress.zone, "as WordPress states it", True
    articles = [(look, look.result) for look in survey.articles if isinstance(look.result, Article)]
    stated = [
        each.date_published for _, each in articles if each.date_published_source in {"json-ld", "meta"} and each.date_published
    ]
    host = ZONES.get(survey.hosts[0].rpartition(".")[2])
    zone = zone_of_offsets([each for each in stated if "T" in each])
    if zone is not None and host is not None and zone_of_offsets([each for each in stated if "T" in each]) == host:
        return host, "of the country's domain; dates in pages have its offsets", True
    if host is not None:
        return host, "of the country's domain", True
    pairs = [
        (wall, moment)
        for look, article in articles
        if (wall := _printed_hour(article)) and (moment := _published(survey.evidence.get(look.page.url)))
    ]
    difference = zone_of_difference(pairs)
    if difference is not None:
        return (
            difference,
            f"the first known zone that explains printed hours beside those of the feed, on {len(pairs)} pages",
            False,
        )
    if zone is not None:
        return zone, "the first known zone that has the offsets of dates in pages", False
    needed = any(_printed_hour(article) is not None for _, article in articles)  # hours without an offset
    return UNKNOWN_ZONE, "nothing tells; dates that state no offset are read in it", not needed


def _printed_hour(article: Article) -> str | None:
    """The date that the page prints (ISO 8601), if it has an hour and no offset."""
    moment = parse_printed(article.date_published_raw or "").published
    return moment.wall.isoformat() if moment is not None and moment.precision == "minute" and moment.offset is None else None


def _published(seen: SeenAddress | None) -> str | None:
    """The moment that a source states for an address, with its offset."""
    moment = instant(seen.published) if seen is not None and seen.published else None
    return moment.at(None) if moment is not None else None


def _layout(draft: Draft, layout: SeenLayout) -> None:
    if layout.body is None:
        draft.doubts.append("no selector holds the story on most pages: it is found by its structure, page by page")
        return
    body = layout.body
    draft.layout["name"] = Stated("drafted", "")
    draft.layout["body"] = Stated([body.selector], f"holds the story, and little else, on {body.pages} of {body.of} pages")
    if layout.dates is not None:
        draft.layout["dates"] = Stated(
            [layout.dates.selector], f"the printed date, on {layout.dates.pages} of {layout.dates.of} pages"
        )
    if body.pages < body.of:
        draft.doubts.append(f"{body.of - body.pages} of {body.of} pages have another layout than {body.selector}")


def _suffix(draft: Draft, title_suffix: str) -> None:
    found = re.fullmatch(r"\s*(\S)\s*(.*?)\s*", title_suffix, re.DOTALL)
    if found is None:
        return
    # A hyphen stands last in a class; other dashes are used for one another.
    separators = "–—|-" if found[1] in "-–—|" else re.escape(found[1])
    suffix = rf"\s*[{separators}]\s*{_expression(found[2])}\s*"
    draft.catalogue["title_suffix"] = Stated([suffix], "what the titles of all pages end in")


def state_lines(draft: Draft, lines: RepeatedLines) -> bool:
    """Puts lines that stand in many stories into the draft; whether there are any that it has not."""
    before = dict(draft.catalogue)
    if lines.furniture:
        expressions = [_expression(line) for line, _ in lines.furniture]
        why = f"lines that stand in at least {min(times for _, times in lines.furniture)} of {lines.stories} stories"
        draft.catalogue["furniture"] = Stated(expressions, why)
        draft.doubts.append("lines taken for furniture because they repeat: see [catalogue]")
    if lines.agency:
        agency = _expression(lines.agency)
        line = rf"(?P<agency>{agency}) ?(?:[–—ـ-] ?(?P<place>[^()]*?) ?)?(?:\( ?(?P<by>[^()]*?) ?\))? ?[:–—-]?"
        draft.catalogue["dateline"] = Stated([line], "first lines of stories begin so; place and reporter follow")
    return draft.catalogue != before


def _expression(line: str) -> str:
    """A regular expression of exactly this line; blanks may be of any kind."""
    return re.sub(r"(?:\\?\s)+", " ", re.escape(line).replace("\\-", "-"))
