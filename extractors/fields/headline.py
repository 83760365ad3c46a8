"""What a page tells machines to be its headline (JSON-LD, og:title, <title>), and the order in which it is believed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.outlet import Outlet
from extractors.page.metadata import Metadata
from extractors.text import display, matching

_SEPARATOR = re.compile(r" [-–—|•:»«] | ?\| ?")
_SHORT_PART = 3  # words; site names and sections in titles are no longer
_SITE_FIRST = re.compile(r" ?[:|»] | [-–—] ")


def claimed_headlines(metadata: Metadata, outlet: Outlet | None) -> list[tuple[str, str]]:
    """What the page tells machines, best first, as (source, text): JSON-LD, og:title, twitter:title, <title>, without the
    site's name; what is only that name is left out.
    """
    site = metadata.first("og:site_name")
    claims = (
        ("json-ld", metadata.linked.text("headline")),
        ("og:title", metadata.first("og:title", "twitter:title")),
        ("title", metadata.title),
    )
    names = site_names(metadata, outlet)
    found: dict[str, str] = {}
    for source, claim in claims:
        bare = strip_site(display(_unescaped(claim)), outlet, site) if claim else ""
        if bare and matching(bare) not in names:
            found.setdefault(bare, source)
    return [(source, bare) for bare, source in found.items()]


def names_of_site(metadata: Metadata, outlet: Outlet | None) -> frozenset[str]:
    """What site and section call themselves, in matching form: their names and the short parts beside a title's longest."""
    parts = [part for part in _SEPARATOR.split(metadata.title or "") if part]
    longest = max(parts, key=len, default="")
    short = [part for part in parts if part is not longest and len(part.split()) <= _SHORT_PART]
    sections = (*metadata.linked.texts("articleSection"), *metadata.every("article:section"))
    return site_names(metadata, outlet) | frozenset(matching(each) for each in (*short, *sections) if matching(each))


def site_names(metadata: Metadata, outlet: Outlet | None) -> frozenset[str]:
    """What the site calls itself, in matching form: the outlet's names, og:site_name, publishers of its linked data."""
    own = (outlet.name, outlet.name_ar) if outlet else ()
    stated = (*metadata.every("og:site_name", "application-name"), *metadata.linked.organisations)
    return frozenset(form for name in (*own, *stated) if (form := matching(name)))


def _unescaped(text: str) -> str:
    """A title without character references that were escaped again: «&quot;» printed as such."""
    return html.unescape(html.unescape(text)) if "&" in text else text


def strip_site(title: str, outlet: Outlet | None, site: str | None = None) -> str:
    """A title without what the site adds to every title: the outlet's own suffixes, the site name, a short last part after a
    bar.
    """
    if outlet is not None:
        title = boilerplate.without_suffix(title, outlet.catalogue)
    if site:
        title = re.sub(rf" ?[-–—|:»] ?{re.escape(site)} ?$", "", title)
    return title.strip()


def without_sections(title: str) -> str:
    """A title of an unknown site up to its first separator that is followed by short parts only (« - أخبار - البيان»)."""
    named = [part for part in re.split(r" ?\| ?", title) if part]
    longest = max(named, key=len, default=title)
    if len(named) > 1 and len(longest.split()) >= 4 and all(len(part.split()) <= 4 for part in named if part is not longest):
        title = longest  # «موقع المثال | headline»
    parts = _SEPARATOR.split(title)
    return (
        parts[0] if len(parts) > 1 and len(parts[0].split()) >= 4 and all(len(part.split()) <= 5 for part in parts[1:]) else title
    )


def headline_candidates(
    heading: tuple[str, LexborNode] | None,
    claims: list[tuple[str, str]],
    line: str | None,
    *,
    known: bool,
    other: str | None = None,
) -> Iterator[tuple[str, str]]:
    """As (source, text), best first. line: what stands as headline among the lines of the page; known: the site's own suffixes
    are gone from the claims; other: the headline of linked data that are about another page, noted where one is printed.
    """
    if heading:
        yield "page", heading[0]
    elif line and matching(line) in set(map(matching, parts_of([text for _, text in claims]))):
        yield "lines", line  # «جريدة كذا : …» is the title; the line on the page says which part is the headline
    elif line and any(_begins(claim, line) for _, claim in claims):
        yield "lines", line
    for source, claim in claims:
        yield source, claim if known else without_sections(claim)
    yield "lines", line or ""
    if heading and other:
        yield "json-ld", other


def parts_of(titles: list[str]) -> list[str]:
    """What follows the first and what precedes the last separator of each title, where that is long enough for a headline."""
    found: list[str] = []
    for title in titles:
        gaps = list(_SITE_FIRST.finditer(title))
        found += [title[gaps[0].end() :], title[: gaps[-1].start()]] if gaps else []
    return [part for part in found if len(part.split()) >= 4]


def _begins(claim: str, line: str) -> bool:
    """Whether a title is a line of the page and what sites add after a comma: «…, أخبــار»."""
    title, words = matching(claim), matching(line)
    return title.startswith(f"{words} ") and len(words.split()) >= 4 and len(title.split()) - len(words.split()) <= 2
