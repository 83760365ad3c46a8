"""The headline as printed: the heading of the page that says what the title, og:title or JSON-LD say, without the site's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors import boilerplate
from extractors.outlet import Outlet
from extractors.page.metadata import Metadata
from extractors.text import display, matching

_SEPARATOR = re.compile(r"\s+[-–—|•:»«]\s+|\s*\|\s*")
_HEADINGS = "h1, h2"
_LESSER = "[itemprop~=headline], h3, h4, .title, .entry-title, .post-title"
_SITE_FIRST = re.compile(r"\s*[:|»]\s+|\s+[-–—]\s+")


def claimed_headlines(metadata: Metadata, outlet: Outlet | None) -> list[tuple[str, str]]:
    """What the page's own data call it, best first, as (source, text): JSON-LD, og:title, twitter:title, <title>, without the
    site's name.
    """
    site = metadata.first("og:site_name")
    claims = (
        ("json-ld", metadata.linked.text("headline")),
        ("og:title", metadata.first("og:title", "twitter:title")),
        ("title", metadata.title),
    )
    found: dict[str, str] = {}
    for source, claim in claims:
        if claim and (bare := strip_site(display(claim), outlet, site)):
            found.setdefault(bare, source)
    return [(source, bare) for bare, source in found.items()]


def read_headings(tree: LexborHTMLParser, *, lesser: bool = False) -> list[tuple[str, LexborNode]]:
    """Every heading of the page that may be its headline, with its text. lesser: those that are so only where no other is."""
    headings = ((display(node.text()), node) for node in tree.css(_LESSER if lesser else _HEADINGS))
    return [(text, node) for text, node in headings if text]


def printed_headline(headings: list[tuple[str, LexborNode]], claims: list[str]) -> tuple[str, LexborNode] | None:
    """The heading that says what the claims say; without any claim, the only h1. None when no heading does."""
    best: tuple[float, tuple[str, LexborNode]] | None = None
    for text, node in headings:
        score = max((_likeness(text, claim) for claim in claims), default=0.0) + (0.05 if node.tag == "h1" else 0)
        if score > 0.6 and (best is None or score > best[0]):
            best = (score, (text, node))
    if best is not None:
        return best[1]
    first = [pair for pair in headings if pair[1].tag == "h1"]
    return first[0] if len(first) == 1 and len(first[0][0].split()) >= 3 and not claims else None


def strip_site(title: str, outlet: Outlet | None, site: str | None = None) -> str:
    """A title without what the site adds to every title: the outlet's own suffixes, the site name, a short last part after a
    bar.
    """
    if outlet is not None:
        title = boilerplate.without_suffix(title, outlet.catalogue)
    if site:
        title = re.sub(rf"\s*[-–—|:»]\s*{re.escape(site)}\s*$", "", title)
    return title.strip()


def without_sections(title: str) -> str:
    """A title of an unknown site up to its first separator that is followed by short parts only (« - أخبار - البيان»)."""
    named = [part for part in re.split(r"\s*\|\s*", title) if part]
    longest = max(named, key=len, default=title)
    if len(named) > 1 and len(longest.split()) >= 4 and all(len(part.split()) <= 4 for part in named if part is not longest):
        title = longest  # «موقع المثال | headline»
    parts = _SEPARATOR.split(title)
    return (
        parts[0] if len(parts) > 1 and len(parts[0].split()) >= 4 and all(len(part.split()) <= 5 for part in parts[1:]) else title
    )


def headline_candidates(
    heading: tuple[str, LexborNode] | None, claims: list[tuple[str, str]], line: str | None, *, known: bool
) -> Iterator[tuple[str, str]]:
    """As (source, text), best first. line: what stands as headline among the lines of the page; known: the site's own suffixes
    are gone from the claims.
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


def _likeness(text: str, claim: str) -> float:
    """1 when they say the same, less when one begins with the other, shared words otherwise."""
    one, two = matching(text), matching(claim)
    if not one or not two:
        return 0.0
    if one == two:
        return 1.0
    shorter, longer = sorted((one, two), key=len)
    if longer.startswith(shorter) and len(shorter) >= 12:
        return 0.9
    words, others = set(one.split()), set(two.split())
    return len(words & others) / len(words | others)
