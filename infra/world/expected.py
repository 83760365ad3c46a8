"""What a first full crawl of a world must find: the articles word for word, and the fate of every address offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from crawler.demo.history import captures, mementos
from crawler.demo.sites import geiroon, smart
from crawler.demo.sites.site import Offer, Site, fate_of
from crawler.demo.story import DemoStory, OfferedLink
from extractors import locate


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedArticle:
    """An article that the crawl must have discovered and read.

    url: canonical, as `extractors.locate` says. body: its paragraphs, a list item each one. date_published: RFC 3339, None
    where no page states it (compare as instants; a `day` precision is the local midnight). dateline: the line as printed.
    duplicate_of: the canonical URL of the page that holds the same text; which of the two is kept depends on which is read
    first. mementos: timestamps of the captures that hold the whole page, for the dead outlets. offered: the discovery
    documents that name it.
    """

    outlet: str
    url: str
    headline: str
    body: tuple[str, ...]
    fate: str
    kind: str
    date_published: str | None
    date_modified: str | None
    authors: tuple[str, ...]
    editors: tuple[str, ...]
    dateline: str | None
    sources: tuple[str, ...]
    keywords: tuple[str, ...]
    captions: tuple[str, ...]
    duplicate_of: str | None
    mementos: tuple[str, ...]
    offered: frozenset[str]


def canonical(url: str) -> str:
    """The address under which the archive knows a page; of a host that is no outlet's, the address itself."""
    location = locate(url)
    return location.url if location else url


def articles(stories: list[DemoStory], sites: Iterable[Site]) -> list[ExpectedArticle]:
    """One for every story that is kept or a duplicate."""
    addresses = _addresses(stories, sites)
    by_name = {f"{story.outlet}:{story.id}": address for story, address in zip(stories, addresses, strict=True)}
    return [
        _expected(story, address, stories, by_name)
        for story, address in zip(stories, addresses, strict=True)
        if fate_of(story) in {"kept", "duplicate"}
    ]


def fates(offers: Iterable[Offer], without: frozenset[str] = frozenset()) -> dict[str, dict[str, int]]:
    """Fates per outlet, each canonical address counted once; `without`: discovery sources that the crawl leaves out."""
    counted: dict[str, Counter[str]] = {}
    seen: set[str] = set()
    for offer in offers:
        url = canonical(offer.url)
        if offer.fate is None or offer.source in without or url in seen:
            continue
        seen.add(url)
        counted.setdefault(offer.outlet, Counter())[offer.fate] += 1
    return {outlet: dict(counts) for outlet, counts in counted.items()}


def archived_offers(stories: Iterable[DemoStory], links: Iterable[OfferedLink]) -> list[Offer]:
    """What the CDX index names with status 200 and type text/html: articles under all their addresses, and other pages."""
    dead = {"smart", "geiroon"}
    found = []
    for capture in captures(stories, [link for link in links if link.outlet in dead]):
        location = locate(capture.original)
        if location is None or capture.status != 200 or capture.mimetype != "text/html":
            continue
        found.append(Offer(location.outlet, "cdx", capture.original, "kept" if location.is_article else "not_an_article"))
    return found


def address(story: DemoStory, sites: Iterable[Site]) -> str:
    """The canonical address of a story."""
    return _addresses([story], sites)[0]


def _addresses(stories: Iterable[DemoStory], sites: Iterable[Site]) -> list[str]:
    living = {site.outlet: site for site in sites}
    dead = {"smart": smart.url, "geiroon": geiroon.url}
    return [canonical((dead.get(story.outlet) or living[story.outlet].url)(story)) for story in stories]


def _expected(story: DemoStory, url: str, stories: list[DemoStory], by_name: dict[str, str]) -> ExpectedArticle:
    captions = (
        *((story.caption,) if story.caption else ()),
        *(line for b in story.blocks if b.kind == "picture" for line in b.lines),
    )
    return ExpectedArticle(
        outlet=story.outlet,
        url=url,
        headline=story.headline,
        body=story.paragraphs,
        fate=fate_of(story),
        kind=story.kind,
        date_published=story.published.isoformat() if story.dated else None,
        date_modified=story.modified.isoformat() if story.modified else None,
        authors=story.authors,
        editors=story.editors,
        dateline=story.dateline,
        sources=story.sources,
        keywords=story.keywords,
        captions=captions,
        duplicate_of=by_name[story.duplicate_of] if story.duplicate_of else None,
        mementos=tuple(mementos(story, stories)),
        offered=story.offered,
    )
