"""Page → Article | NotAnArticle. Pure: the same page gives the same answer for ever."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors import refusal
from extractors.addresses import parse_address
from extractors.article import Article, Extractor, Kind, NotAnArticle, Page
from extractors.body import cut_out, from_container, from_page
from extractors.cleaning import Context, Story, clean
from extractors.dating import PUBLISHED, date_article, join_times, zone_of
from extractors.decoding import UndecodableError, decode
from extractors.headline import claimed_headlines, printed_headline, without_sections
from extractors.layouts import Match, match_layout
from extractors.linked_data import persons
from extractors.media import read_captions, read_embeds, read_images, read_links
from extractors.metadata import Metadata, read_metadata
from extractors.naming import is_editor_line, names_in, read_authors, read_dateline, read_editors, read_sources
from extractors.outlet import Catalogue, Location, Outlet
from extractors.outlets import outlet_of, outlets
from extractors.surroundings import Surroundings, look_around
from extractors.text import display, matching

NAME = "warraq"
VERSION = "1"
TRANSIENT = frozenset({"challenge", "empty", "cut"})
MIN_WORDS = 8
TRANSCRIPT_WORDS = 150  # a programme's page with less is a video with a blurb
OPINION_SECTIONS = frozenset(
    map(
        matching,
        [
            "رأي",
            "آراء",
            "الرأي",
            "مقالات رأي",
            "مقالات الرأي",
            "مقال رأي",
            "قضايا وآراء",
            "كلمة جيرون",
            "افتتاحية",
            "opinion",
        ],
    )
)
# What is known of a site nobody described: the title suffix that a widespread Laravel package ships as its default.
STRANGER = Catalogue(title_suffix=(r"\s*-\s*It's Over 9000!\s*",))


def read(page: Page, outlet: str | None = None) -> Article | NotAnArticle:
    """Read a page as one of an outlet's (a slug); None: the outlet of its host, or no outlet at all.

    Raises KeyError for a slug that is no outlet.
    """
    source_of_facts = outlets()[outlet] if outlet is not None else outlet_of(page.url)
    location = _locate(page.url, source_of_facts)
    if not location.is_article:
        return NotAnArticle(reason=location.kind, url=location.url)
    try:
        source = decode(page.body, page.content_type)
    except UndecodableError as error:
        return _refused(error.reason, location)
    return _Reading(page, source_of_facts, location, source).result()


def _locate(url: str, outlet: Outlet | None) -> Location:
    location = outlet.locate(url) if outlet else None
    if location is not None:
        return location
    address = parse_address(url)
    slug = outlet.slug if outlet else (address.host.replace(".", "_") if address else "unknown")
    return Location(slug, "article", address.url() if address else url, date=_date_in(url))


_URL_DATE = re.compile(r"/((?:19|20)\d\d)(?:/[a-z_]+)?[/-](\d{1,2})[/-](\d{1,2})(?![\d])")


def _date_in(url: str) -> str | None:
    """A whole date in the path of an unknown site."""
    found = _URL_DATE.search(url)
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def _refused(reason: str, location: Location, detail: str | None = None) -> NotAnArticle:
    return NotAnArticle(reason=reason, url=location.url, transient=reason in TRANSIENT, detail=detail)


def _stamps(node: LexborNode) -> list[str]:
    """The machine-readable times of an element that prints a date, which often prints less."""
    return [stamp for each in node.css("[datetime]") if (stamp := each.attributes.get("datetime"))]


def _common_root(container: LexborNode, heading: LexborNode) -> LexborNode | None:
    """The smallest element that holds headline and story: bylines and dates of other stories stay outside."""
    above: set[int] = set()
    node: LexborNode | None = container
    while node is not None:
        above.add(node.mem_id)
        node = node.parent
    node = heading
    while node is not None and node.mem_id not in above:
        node = node.parent
    return node


_SELECTED = ("standfirst", "byline", "dates", "section", "tags", "source")


@dataclass(slots=True)
class _Printed:
    """What the layout's own selectors found, as text."""

    standfirst: str | None
    bylines: list[str]
    editors: list[str]
    dates: list[str]
    sections: list[str]
    tags: list[str]
    sources: list[str]


class _Reading:
    """One page on its way through the reader: parsed once, fields first, then the body (which takes the tree apart)."""

    def __init__(self, page: Page, outlet: Outlet | None, location: Location, source: str) -> None:
        self.page, self.outlet, self.location, self.source = page, outlet, location, source
        self.catalogue = outlet.catalogue if outlet else STRANGER
        self.tree = LexborHTMLParser(source)
        self.metadata: Metadata = read_metadata(self.tree)

    def result(self) -> Article | NotAnArticle:
        if refusal.is_challenge(self.source, self.metadata):
            return _refused("challenge", self.location)
        listing = refusal.listing_kind(self.source, self.metadata)
        if listing is not None:
            return _refused(listing, self.location)
        claims = claimed_headlines(self.metadata, self.outlet)
        heading = printed_headline(self.tree, claims)
        match = match_layout(self.tree, self.outlet)
        printed = self._printed(match, heading[1] if heading else None)
        container = match.container if match else self.tree.body
        article = self._fields(container if match else None)
        context = Context(
            catalogue=self.catalogue,
            trusted=match is not None,
            headlines=frozenset(matching(text) for text in (*claims, *((heading[0],) if heading else ()))),
            captions=read_captions(container) if container is not None else frozenset(),
        )
        story, layout = self._story(match, context)
        headline = (heading[0] if heading else None) or self._claimed(claims) or story.headline
        problem = self._problem(story, headline, match)
        if problem is not None:
            return problem
        assert headline is not None
        return self._article(headline, story, printed, layout, article)

    def _claimed(self, claims: list[str]) -> str | None:
        return (claims[0] if self.outlet else without_sections(claims[0])) if claims else None

    def _story(self, match: Match | None, context: Context) -> tuple[Story, str]:
        if match is not None:
            tree = cut_out(match.container, match.layout.drop)
            story = clean(from_container(tree), context) if tree is not None else Story()
            if story.kept:
                return story, match.layout.name
            self.tree = LexborHTMLParser(self.source)
        blocks = from_page(self.tree)
        return clean(blocks, Context(context.catalogue, False, context.headlines, context.captions)), "generic"

    def _problem(self, story: Story, headline: str | None, match: Match | None) -> NotAnArticle | None:
        words = sum(len(text.split()) for text in story.paragraphs)
        if refusal.is_missing(headline, self.metadata, story.paragraphs):
            return _refused("soft-404", self.location)
        if refusal.is_cut(self.source, match.container if match else None, story):
            return _refused("cut", self.location)
        if self.location.kind == "transcript" and words < TRANSCRIPT_WORDS:
            return _refused("video", self.location)
        if words < MIN_WORDS:
            return _refused("empty" if len(self.source) < 512 else "no-body", self.location)
        return None if headline else _refused("no-headline", self.location)

    def _printed(self, match: Match | None, heading: LexborNode | None) -> _Printed:
        root = _common_root(match.container, heading) if match and heading is not None else self.tree.root

        def texts(selectors: tuple[str, ...], separator: str) -> list[str]:
            for selector in selectors:
                nodes = root.css(selector) if root else []
                found = [display(node.text(separator=separator)) for node in nodes]
                if separator:
                    found += [stamp for node in nodes for stamp in _stamps(node)]
                found = [text for text in dict.fromkeys(found) if text]
                if found:
                    return found
            return []

        each = {name: texts(getattr(match.layout, name), " " if name == "dates" else "") if match else [] for name in _SELECTED}
        around = look_around(heading) if not (each["dates"] and each["byline"]) and self._wants_printed() else Surroundings()
        dates = each["dates"] or list(around.dates)
        editors = [line for line in each["byline"] if is_editor_line(line)]
        bylines = [line for line in each["byline"] if line not in editors] or names_in(list(around.bylines))
        return _Printed(
            next(iter(each["standfirst"]), None),
            bylines,
            editors or list(around.editors),
            dates,
            each["section"],
            each["tags"],
            each["source"],
        )

    def _wants_printed(self) -> bool:
        """Whether printed lines can tell more than the data: no author, no date, or a date in UTC, whose Z may be false."""
        dates = (self.metadata.linked.text("datePublished"), *self.metadata.every(*PUBLISHED))
        date = next((text for text in dates if text), None)
        return date is None or date.endswith(("Z", "+00:00", "+0000")) or not persons(self.metadata.linked)

    def _fields(self, container: LexborNode | None) -> dict[str, object]:
        base = self.page.url
        return {
            "images": read_images(container, self.metadata.first("og:image", "twitter:image"), base),
            "embeds": read_embeds(container, base) if container is not None else (),
            "links": read_links(container, base) if container is not None else (),
        }

    def _article(self, headline: str, story: Story, printed: _Printed, layout: str, fields: dict[str, object]) -> Article:
        zone = zone_of(
            self.outlet.timezone if self.outlet else None, self.location.url.split("/")[2] if "//" in self.location.url else ""
        )
        dateline, reporters = read_dateline(story.lines("dateline"), story.paragraphs[0], self.catalogue)
        lines = join_times([*printed.dates, *story.lines("date")])
        dated = date_article(self.metadata, lines, self.location.date, zone, self.page.memento_at or self.page.fetched_at)
        section = (
            tuple(printed.sections) or self.metadata.linked.texts("articleSection") or self.metadata.every("article:section")
        )
        location = self.location
        native = location.native_id or hashlib.sha256(location.url.encode()).hexdigest()[:16]
        return Article(
            id=f"{location.outlet}:{native}",
            outlet=location.outlet,
            kind=self._kind(section),
            language=(self.outlet.language if self.outlet else (self.metadata.language or "ar").split("-")[0].lower()),
            url=location.url,
            fetched_url=self.page.fetched_url or self.page.url,
            headline=display(headline),
            body="\n\n".join(story.paragraphs),
            extractor=Extractor(NAME, VERSION, layout),
            description=self._description(printed.standfirst, headline, " ".join(story.paragraphs)),
            dateline=dateline,
            authors=read_authors(self.metadata, printed.bylines, story.lines("byline"), self.outlet) or reporters,
            editors=read_editors([*printed.editors, *story.lines("editor")]),
            section=section,
            keywords=tuple(printed.tags) or self.metadata.every("article:tag") or self._linked_keywords(headline),
            sources=read_sources([*printed.sources, *story.lines("source")]),
            date_published=dated.published,
            date_modified=dated.modified,
            date_published_raw=dated.raw,
            date_published_precision=dated.precision,
            date_published_source=dated.source,
            **fields,  # type: ignore[arg-type]
        )

    def _description(self, standfirst: str | None, headline: str, body: str) -> str | None:
        """The printed standfirst, else what the data say, unless that is the headline again or too short to say anything."""
        claims = (
            standfirst,
            self.metadata.linked.text("description"),
            self.metadata.first("description"),
            self.metadata.first("og:description"),
        )
        told = (display(claim) for claim in claims if claim)
        said = set(matching(f"{headline} {body}").split())
        for text in told:
            words = matching(text).split()
            # What describes the site instead of the article shares few words with it.
            if (
                len(words) >= 4
                and matching(text) != matching(headline)
                and (text == standfirst or sum(w in said for w in words) > 0.35 * len(words))
            ):
                return text
        return None

    def _linked_keywords(self, headline: str) -> tuple[str, ...]:
        """JSON-LD keywords, a list or one text with commas; not those that a machine made by cutting the headline into words."""
        words = [display(word) for text in self.metadata.linked.texts("keywords") for word in re.split(r"\s*[,،]\s*", text)]
        title = set(matching(headline).split())
        mechanical = len(words) >= 4 and all(matching(word) in title for word in words)
        return () if mechanical else tuple(dict.fromkeys(word for word in words if word))

    def _kind(self, sections: tuple[str, ...]) -> Kind:
        if self.location.kind in {"opinion", "transcript"}:
            return self.location.kind  # type: ignore[return-value]
        opinion = "OpinionNewsArticle" in self.metadata.linked.types or any(
            matching(name) in OPINION_SECTIONS for name in sections
        )
        return "opinion" if opinion else "article"
