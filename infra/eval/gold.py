"""What a page should give: the value, and the repository's own gold (recorded pages, the demo's world).

Own gold says what the article is; everything else that the page prints is furniture, and must not be in the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

from crawler.demo.answer import Answer, SiteRequest, encoded
from crawler.demo.history import captures
from crawler.demo.router import Router
from extractors import Article, Page, outlets
from extractors.fixture import page_from_fixture
from extractors.measures import phrase
from extractors.page.decoding import UndecodableError, decode
from infra.world.expected import ExpectedArticle, canonical
from infra.world.worlds import World

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "pages"
# The demo's world is read as if just fetched: a fixed day, so that nothing depends on the clock.
FETCHED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A page and what a careful reader takes from it.

    group: recorded, demo, seeds, sites, layouts, layouts-arabic or cases. site: the outlet's slug, or the host.
    outlet: the slug to read it as, None for a stranger. refusal: the reason why it is no article; the fields below say nothing
    then.
    boilerplate_lines: texts of the page that must not stand in the body. date: RFC 3339 or a day; None = the page states none.
    dateline: text, agency, place; agency and place are None where gold does not part them (`parted` False).
    figures: what is measured on this page (None: everything); free: paragraphs neither wanted nor punished in the body;
    expected: what a case must give, see `cases.py`; only `holds` is measured then.
    """

    group: str
    site: str
    name: str
    page: Page
    outlet: str | None
    refusal: str | None = None
    headline: str = ""
    body: tuple[str, ...] = ()
    boilerplate_lines: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    dateline: tuple[str, str | None, str | None] | None = None
    parted: bool = True
    date: str | None = None
    precision: str | None = None
    figures: frozenset[str] | None = None
    free: tuple[str, ...] = ()
    expected: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name in tables and complaints."""
        return f"{self.group}/{self.site}/{self.name}"


def recorded() -> Iterator[Gold]:
    """tests/pages: what is written beside each page."""
    known = outlets()
    for path in sorted(PAGES.glob("*/*.html")):
        page, expected = page_from_fixture(path)
        site = path.parent.name
        outlet = site if site in known else None
        if isinstance(expected, Article):
            yield _of_article(site, path.stem, page, outlet, expected)
        else:
            yield Gold(group="recorded", site=site, name=path.stem, page=page, outlet=outlet, refusal=expected)


def _of_article(site: str, name: str, page: Page, outlet: str | None, article: Article) -> Gold:
    body = tuple(article.body.split("\n\n"))
    line = article.dateline
    return Gold(
        group="recorded",
        site=site,
        name=name,
        page=page,
        outlet=outlet,
        headline=article.headline,
        body=body,
        boilerplate_lines=other_texts(page, body),
        authors=article.authors,
        editors=article.editors,
        sources=article.sources,
        dateline=(line.text, line.agency, line.place) if line else None,
        date=article.date_published,
        precision=article.date_published_precision,
    )


def demo() -> Iterator[Gold]:
    """The miniature world of `warraq demo`: its articles as its servers answer them, and its pages that are none."""
    world = World.miniature()
    router = Router(world)
    archived = {(canonical(each.original), each.timestamp): each for each in captures(world.stories, world.links)}
    for outlet, articles in world.expected.items():
        for article in articles:
            if article.mementos:
                capture = archived[(article.url, article.mementos[0])]
                page = Page(url=capture.original, body=capture.body, fetched_at=FETCHED, via="wayback", memento_at=capture.moment)
            else:
                page = _served(router, article.url)
            yield _of_story(outlet, page, article)
    for offer in sorted({(offer.outlet, offer.url) for offer in world.offers if offer.fate == "not_an_article"}):
        outlet, url = offer
        if router.knows(urlsplit(url).hostname or ""):
            yield Gold(group="demo", site=outlet, name=_name(url), page=_served(router, url), outlet=outlet, refusal="any")


def _served(router: Router, url: str) -> Page:
    """The page of the world at an address, redirects followed."""
    answer = Answer(status=599)
    for _ in range(5):
        parts = urlsplit(encoded(url))
        target = parts._replace(scheme="", netloc="").geturl()
        answer = router.answer(SiteRequest("GET", parts.scheme, parts.hostname or "", target))
        location = dict(answer.headers).get("Location")
        if location is None:
            break
        url = location
    return Page(url=url, body=answer.body, content_type=answer.content_type, status=answer.status, fetched_at=FETCHED)


def _of_story(outlet: str, page: Page, story: ExpectedArticle) -> Gold:
    published = story.date_published
    midnight = published is not None and datetime.fromisoformat(published).strftime("%T") == "00:00:00"
    return Gold(
        group="demo",
        site=outlet,
        name=_name(story.url),
        page=page,
        outlet=outlet,
        headline=story.headline,
        body=story.body,
        boilerplate_lines=tuple(dict.fromkeys((*story.captions, *other_texts(page, story.body)))),
        authors=story.authors,
        editors=story.editors,
        sources=story.sources,
        dateline=(story.dateline, None, None) if story.dateline else None,
        parted=False,
        date=published,
        precision="day" if midnight else "minute",
    )


def _name(url: str) -> str:
    """The end of an address, short enough for a table."""
    return (urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1] or "home")[-24:].replace("%", "-")


def other_texts(page: Page, body: tuple[str, ...]) -> tuple[str, ...]:
    """Every text of the page that is not part of the body, in page order: what a reader must leave out."""
    try:
        root = html.document_fromstring(decode(page.body, page.content_type).encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (UndecodableError, etree.ParserError):
        return ()
    story = phrase(" ".join(body))
    found: dict[str, None] = {}
    for element in root.xpath("//body//*[not(self::script or self::style or self::noscript or self::template)] | //body"):
        for text in (element.text or "", *(child.tail or "" for child in element)):
            line = " ".join(text.split()) if isinstance(element.tag, str) else ""
            if (words := phrase(line)).strip() and words not in story:
                found[line] = None
    return tuple(found)
