"""Page → Article | NotAnArticle. Pure: the same page gives the same answer for ever.

One file, though long: the order in which a page is read, top to bottom.
"""

from __future__ import annotations

import hashlib

from selectolax.lexbor import LexborHTMLParser

from extractors import refusal
from extractors.addresses import date_in, parse_address
from extractors.article import NEXT_PART, Article, Disagreement, Extractor, NotAnArticle, Page
from extractors.body.container import page_lines
from extractors.body.finding import Body, PageSource, find_body
from extractors.body.learned_lines import hashes_of
from extractors.body.second_opinion import READER
from extractors.body.story import Context, Story
from extractors.body.structure import text_blocks
from extractors.dates.choose import DateContext, date_article, join_times
from extractors.dates.zones import zone_of
from extractors.explanation import Explanation
from extractors.fields.headings import Heading, printed_headline, read_headings
from extractors.fields.headline import claimed_headlines, headline_candidates, names_of_site, parts_of, site_names
from extractors.fields.media import Beside
from extractors.fields.pictures import read_captions, with_printed_caption
from extractors.fields.printed_fields import Printed, read_printed
from extractors.fields.topics import descriptions, keywords, kind_of, sections
from extractors.fields.transcript import is_transcript
from extractors.names.bylines import author_candidates, names_of_newsroom, read_editors, source_candidates
from extractors.names.datelines import read_dateline
from extractors.outlet import Catalogue, Location, Outlet
from extractors.outlets import outlet_of, outlets
from extractors.page.decoding import UndecodableError, as_markup, decode, decode_document
from extractors.page.layouts import Match, match_layout
from extractors.page.linked_data import ARTICLE_TYPES
from extractors.page.metadata import Metadata, read_metadata
from extractors.page.nesting import parsed
from extractors.page.next_stories import remove_next_stories
from extractors.page.page_data import data_scripts
from extractors.page.pagination import next_part_url
from extractors.page.streamed import in_place
from extractors.page.templates import open_shadow_roots, open_templates
from extractors.text import display, forget, matching, word_count
from extractors.trace import Trace, same_headline, same_names, share_names
from extractors.truncation import is_truncated
from extractors.walls import wall_kind

NAME = "warraq"
VERSION = "4"
TRANSIENT = frozenset({"challenge", "empty", "cut"})
MIN_WORDS = 8
LONG_PAGE = 400_000  # bytes; the lines of such a page are not kept for the next one
TRANSCRIPT_WORDS = 150  # a programme's page with less and without speakers' turns is a video with a blurb
# What is known of a site nobody described: the title suffix that a widespread Laravel package ships as its default.
STRANGER = Catalogue(title_suffix=(r" ?- ?It's Over 9000! ?",))


def read(page: Page, outlet: str | None = None, boilerplate_lines: frozenset[str] = frozenset()) -> Article | NotAnArticle:
    """Read a page as one of an outlet's (a slug); None: the outlet of its host, or no outlet at all.

    boilerplate_lines: hashes of lines that stand on many pages of the outlet (`block_hashes`, learned elsewhere); no story.
    Raises KeyError for a slug that is no outlet.
    """
    result = _read(page, outlet, boilerplate_lines, Trace(awake=False))
    _forget_long(page)
    return result


def explain(page: Page, outlet: str | None = None, boilerplate_lines: frozenset[str] = frozenset()) -> Explanation:
    """The same reading, told: where each field came from, the container, every line that is not body and why."""
    trace = Trace(awake=True)
    return trace.explanation(_read(page, outlet, boilerplate_lines, trace))


def block_hashes(page: Page) -> frozenset[str]:
    """The lines of a page as 16 hex digits each, for learning which of them stand on every page. Empty for what is no text."""
    try:
        source = as_markup(decode(page.body, page.content_type))
    except UndecodableError:
        return frozenset()
    hashes = hashes_of(page_lines(LexborHTMLParser(source)))
    _forget_long(page)
    return hashes


def _forget_long(page: Page) -> None:
    if len(page.body) > LONG_PAGE:
        forget()


def _read(page: Page, outlet: str | None, boilerplate_lines: frozenset[str], trace: Trace) -> Article | NotAnArticle:
    source_of_facts = outlets()[outlet] if outlet is not None else outlet_of(page.url)
    location = _locate(page.url, source_of_facts)
    if not location.is_article:
        return NotAnArticle(reason=location.kind, url=location.url)
    try:
        text, octets = decode_document(page.body, page.content_type)
    except UndecodableError as error:
        return _refused(error.reason, location)
    markup = as_markup(text)
    source, tree = parsed(markup, octets if markup is text else markup)
    # Lexbor tells that there is no template in a quarter of the time that a look through the text takes, if no tag was cut out.
    may_open = source is not markup or tree.css_first("template") is not None
    if may_open and (opened := in_place(open_shadow_roots(markup))) is not markup:
        source, tree = parsed(opened, opened)
    if removed := remove_next_stories(tree):
        for story in removed if trace.awake else ():
            trace.see_next(block.text for block in page_lines(LexborHTMLParser(story)))
        source, tree = parsed(tree.html or source, tree.html or source)
    result = _PageReading(page, source_of_facts, location, source, tree, boilerplate_lines, trace).result()
    if isinstance(result, Article) or result.reason != "no-body" or (opened := open_templates(source)) == source:
        return result
    # A script puts the story in place from a template.
    shown = _PageReading(page, source_of_facts, location, opened, LexborHTMLParser(opened), boilerplate_lines, trace).result()
    return shown if isinstance(shown, Article) else result


def _locate(url: str, outlet: Outlet | None) -> Location:
    location = outlet.locate(url) if outlet else None
    if location is not None:
        return location
    address = parse_address(url)
    slug = outlet.slug if outlet else (address.host.replace(".", "_") if address else "unknown")
    return Location(slug, "article", address.url() if address else url, date=date_in(url))


def _printed_forms(heading: Heading) -> tuple[str, str]:
    """A headline as it is kept, and as it stands among the lines of the page: with its kicker."""
    return heading[0], display(heading[1].text(separator=" "))


def _refused(reason: str, location: Location, detail: str | None = None) -> NotAnArticle:
    return NotAnArticle(reason=reason, url=location.url, transient=reason in TRANSIENT, detail=detail)


class _PageReading:
    """One page on its way through the reader: parsed once, fields first, then the body (which takes the tree apart)."""

    def __init__(
        self,
        page: Page,
        outlet: Outlet | None,
        location: Location,
        source: str,
        tree: LexborHTMLParser,
        boilerplate_lines: frozenset[str],
        trace: Trace,
    ) -> None:
        self.page, self.outlet, self.location, self.source = page, outlet, location, source
        self.boilerplate_lines, self.trace = boilerplate_lines, trace
        self.catalogue = outlet.catalogue if outlet else STRANGER
        self.tree = tree
        self.captured = page.memento_at or page.fetched_at
        self.shown: list[str] = []
        self.metadata: Metadata = read_metadata(self.tree, location.url)
        if trace.awake:
            trace.see([block.text for block in page_lines(self.tree)])

    def result(self) -> Article | NotAnArticle:
        if refusal.is_challenge(self.source, self.metadata):
            return _refused("challenge", self.location)
        if refusal.is_parked(self.source, self.metadata.title):
            return _refused("parked", self.location)
        listing = refusal.listing_kind(self.source, self.metadata, self.location.url, self.captured)
        if listing is not None:
            return _refused(listing, self.location)
        claims = claimed_headlines(self.metadata, self.outlet)
        claimed = [text for _, text in claims]
        headings = read_headings(self.tree)
        self.shown = [text for text, node in headings if node.tag == "h1"]
        heading = printed_headline(self.tree, headings, claimed, names_of_site(self.metadata, self.outlet))
        following = next_part_url(self.tree, self.page.url, self.location.part_number)
        match = match_layout(self.tree, self.outlet, self.page.url)
        printed = read_printed(self.tree, match, heading[1] if heading else None, self.metadata)
        container = match.container if match else self.tree.body
        beside = Beside(self.page.url, self.metadata, match, heading[1] if heading else None)
        context = Context(
            catalogue=self.catalogue,
            trusted=match is not None,
            headlines=frozenset(map(matching, (*claimed, *(_printed_forms(heading) if heading else parts_of(claimed))))),
            captions=read_captions(container) if container is not None else frozenset(),
            boilerplate_lines=self.boilerplate_lines,
            newsroom_names=names_of_newsroom(self.metadata, self.outlet),
        )
        body = find_body(self._source(match), context, self.trace)
        story = body.story
        if following is not None and story.kept:
            note = f"the story goes on there; this is part {self.location.part_number}"
            self.trace.disagree(Disagreement("body", "page", NEXT_PART, following, note))
        other = self.metadata.linked.other_headline
        candidates = headline_candidates(heading, claims, story.headline, known=self.outlet is not None, other=other)
        headline = self.trace.choose("headline", candidates, same=same_headline)
        problem = self._problem(story, headline, match)
        if problem is not None:
            return problem
        assert headline is not None
        if body.layout in {"generic", READER}:
            beside.find(LexborHTMLParser(self.source), story.paragraphs)
        return self._article(headline, body, printed, beside)

    def _source(self, match: Match | None) -> PageSource:
        linked = self.metadata.linked
        return PageSource(
            markup=self.source,
            tree=self.tree,
            match=match,
            own_layout=match is not None and self.outlet is not None and match.layout in self.outlet.layouts,
            stated_body=linked.text("articleBody") or "",
            data_scripts=data_scripts(self.tree),
            titles=tuple(text for text in (self.metadata.title, self.metadata.first("og:title"), *self.shown) if text),
            declared=bool(linked.types & ARTICLE_TYPES) or self.metadata.first("og:type") == "article",
            latest=self.captured.date(),
        )

    def _problem(self, story: Story, headline: str | None, match: Match | None) -> NotAnArticle | None:
        words = sum(map(word_count, story.paragraphs))
        titles = [text for text in (headline, self.metadata.title, *self.shown) if text]
        wall = wall_kind(titles, self.metadata, story.paragraphs)
        if wall is not None:
            return _refused(wall, self.location)
        truncated = is_truncated(self.source, match.container if match else None, story)
        if truncated or refusal.is_garbled(story.paragraphs):
            return _refused("cut" if truncated else "garbled", self.location)
        if self.location.kind == "transcript" and words < TRANSCRIPT_WORDS and not is_transcript(story.paragraphs):
            return _refused("video", self.location)
        if words < MIN_WORDS:
            return _refused("empty" if len(self.source) < 512 else "no-body", self.location)
        foreign = self.outlet is not None and refusal.is_of_another_site(" ".join(story.paragraphs), self.outlet.language)
        if headline and not foreign:
            return None
        return _refused("other-site" if foreign else "no-headline", self.location)

    def _article(self, headline: str, found: Body, printed: Printed, beside: Beside) -> Article:
        story = found.story
        location, metadata, choose = self.location, self.metadata, self.trace.choose
        dateline, reporters = read_dateline(
            [*printed.signed, *story.lines("dateline", "signed")],
            story.paragraphs[0],
            self.catalogue,
            names_of_newsroom(metadata, self.outlet),
        )
        editors = choose("editors", [("page", read_editors([*printed.editors, *story.lines("editor")]))]) or ()
        reporters = tuple(name for name in reporters if name not in editors)
        bylines = [line for line in printed.bylines if line not in editors]
        authors = author_candidates(metadata, bylines, story.lines("byline", "editor"), reporters, self.outlet)
        dated = date_article(
            metadata, join_times([*printed.dates, *story.lines("date", "relative-date", "dateline")]), self._context(), self.trace
        )
        site = site_names(metadata, self.outlet)
        named = choose("section", sections(metadata, printed, site, headline), same=share_names) or ()
        native = location.native_id or hashlib.sha256(location.url.encode()).hexdigest()[:16]
        body = "\n\n".join(story.paragraphs)
        standfirst = printed.standfirst or next(iter(story.lines("standfirst")), None)
        return Article(
            id=f"{location.outlet}:{native}",
            outlet=location.outlet,
            kind=kind_of(location, metadata, named, story.paragraphs, self.source),
            language=(self.outlet.language if self.outlet else (metadata.language or "ar").split("-")[0].lower()),
            url=location.url,
            fetched_url=self.page.fetched_url or self.page.url,
            headline=display(headline),
            body=body,
            extractor=Extractor(NAME, VERSION, found.layout),
            description=choose("description", descriptions(metadata, standfirst, headline, body)),
            dateline=choose("dateline", [("page", dateline)]) if dateline else None,
            authors=choose("authors", authors, same=same_names) or (),
            editors=editors,
            section=named,
            keywords=choose("keywords", keywords(metadata, printed, headline)) or (),
            sources=choose("sources", source_candidates([*printed.sources, *story.lines("source")], story.lines("credit"))) or (),
            date_published=dated.published,
            date_modified=dated.modified,
            date_published_raw=dated.raw,
            date_published_precision=dated.precision,
            date_published_source=dated.source,
            date_published_relative=dated.relative,
            images=with_printed_caption(beside.images, story.lines("caption")),
            embeds=beside.embeds,
            links=beside.links,
            disagreements=tuple(self.trace.disagreements),
            blocks=text_blocks(story.kept),
            reading=found.reading,
        )

    def _context(self) -> DateContext:
        location, outlet = self.location, self.outlet
        host = location.url.split("/")[2] if "//" in location.url else ""
        zone = zone_of(outlet.timezone if outlet else None, host)
        period = outlet.period(location.native_id) if outlet else (None, None)
        return DateContext(zone, self.captured, location.date, period)
