"""Which printed heading is the headline: the h1 above the story, whatever the page tells machines, unless it is the site's."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.text import display, is_prose, matching

Heading = tuple[str, LexborNode]

_HEADINGS = "h1, h2"
_LESSER = "[itemprop~=headline], h3, h4, .title, .entry-title, .post-title"
_LIKE, _SAME = 0.6, 0.85  # likeness to what the page tells machines: enough for a headline; enough to outdo another h1
_BEGINNING = 12  # letters; a title cut shorter may be another's
_OWN_WORDS = 3  # an h1 that nothing else on the page says is a headline from this length on
_SECTION_WORDS = 4
_SITE_MARKS = ("logo", "site-title", "site-name", "sitename", "brand", "navbar")
_LEVELS = 4
# Lines above a headline, by the names that themes and newsrooms give them.
_KICKER = re.compile(
    r"kicker|over-?line|over-?title|super-?title|sur-?title|pre-?title|eyebrow|topper|top-?line|roof-?line|dachzeile|rubric|title__topic|"
    r"head-?label|headline-?prefix|(?:^|[\s_-])(?:label|category|section|badge|tag)(?:$|[\s_-])",
    re.IGNORECASE,
)
_KICKER_WORDS = 6
_LAST_ELEMENTS = 4
_AFTER_KICKER = " :|-–—•·/»"
_BLOCKS = frozenset({"div", "p", "br", "h2", "h3", "h4", "section", "header", "small"})
_WRAPPERS = frozenset({"a", "span", "div", "b", "strong", "font"})
_MENUS = "nav a, header a, [class*=menu] a, [class*=breadcrumb] a"


def read_headings(tree: LexborHTMLParser, *, lesser: bool = False) -> list[Heading]:
    """Every heading of the page that may be its headline, with its text. lesser: those that are so only where no other is."""
    headings = ((_text_of(node), node) for node in tree.css(_LESSER if lesser else _HEADINGS))
    return [(text, node) for text, node in headings if text]


def _text_of(node: LexborNode) -> str:
    """The text of a heading without its kicker; blocks and <br> in it part words."""
    parts = list(node.iter(include_text=False))
    if not parts:
        return display(node.text())
    if len(parts) == 1 and not _own_text(node):
        return _text_of(parts[0]) if parts[0].tag in _WRAPPERS else display(node.text())
    apart = any(part.tag in _BLOCKS for part in parts)
    text = display(node.text(separator=" " if apart else ""))
    kicker = _kicker_of(parts[0], text)
    return text.removeprefix(kicker).lstrip(_AFTER_KICKER) if kicker else text


def _kicker_of(first: LexborNode, text: str) -> str:
    """What the first element of a heading holds, if its class names it a kicker and a headline follows it; else nothing."""
    kicker = display(first.text(separator=" "))
    named = _KICKER.search(first.attributes.get("class") or "") is not None
    follows = text.startswith(kicker) and len(text.removeprefix(kicker).split()) >= _OWN_WORDS
    return kicker if named and follows and len(kicker.split()) <= _KICKER_WORDS else ""


def _own_text(node: LexborNode) -> str:
    return (node.text(deep=False) or "").strip()


def printed_headline(
    tree: LexborHTMLParser, headings: list[Heading], claims: list[str], site_names: frozenset[str] = frozenset()
) -> Heading | None:
    """The headline among the headings (h1, h2) of a page; None when none of them is.

    claims: what the page tells machines, without the site's name; site_names: names of site and sections in matching form.
    In order: the h1 or h2 that says the same as a claim, a lesser heading that does, the one h1 above the story.
    """
    found = _printed_headline(tree, headings, claims, site_names)
    return (_as_claimed(*found, claims), found[1]) if found else None


def _as_claimed(text: str, node: LexborNode, claims: list[str]) -> str:
    """A heading's text without what its first element holds, or its last ones («شارك», a date, «(3)» comments, of which every
    visit may find more), or once less escaped, if that is what the page tells machines.
    """
    claimed = [f"{matching(claim)} " for claim in claims]
    if any(claim.startswith(f"{matching(text)} ") for claim in claimed):
        return text
    candidates = [html.unescape(text), *_without_elements(text, list(node.iter(include_text=False)))]
    for each in candidates:
        form = matching(each)
        # A claim may have the site's name behind it.
        if form.count(" ") >= _OWN_WORDS - 1 and any(claim.startswith(f"{form} ") for claim in claimed):
            return each
    return text


def _without_elements(text: str, elements: list[LexborNode]) -> Iterator[str]:
    if elements:
        yield text.removeprefix(display(elements[0].text(separator=" "))).lstrip(_AFTER_KICKER)
    for element in elements[: -_LAST_ELEMENTS - 1 : -1]:
        last = display(element.text(separator=" "))
        if not text.endswith(last):
            return
        text = text.removesuffix(last).rstrip(_AFTER_KICKER)
        yield text


def _printed_headline(
    tree: LexborHTMLParser, headings: list[Heading], claims: list[str], site_names: frozenset[str]
) -> Heading | None:
    own = [each for each in headings if each[1].tag == "h1" and not _is_of_site(each, site_names)]
    alike = _most_alike(headings, claims)
    if alike is not None and (alike[1][1].tag == "h1" or alike[0] >= _SAME or not own):
        return alike[1]
    printed = _above_story(tree, own) if own else None
    if claims:
        lesser = _most_alike(read_headings(tree, lesser=True), claims)
        if lesser is not None and (lesser[0] >= _SAME or printed is None):
            return lesser[1]
    if printed is not None and _is_section(tree, printed[0]):
        printed = None
    return printed or (alike[1] if alike else None)


def likeness(text: str, claim: str) -> float:
    """1 when they say the same, less when one begins with the other, shared words otherwise."""
    one, two = matching(text), matching(claim)
    if not one or not two:
        return 0.0
    if one == two:
        return 1.0
    shorter, longer = sorted((one, two), key=len)
    if longer.startswith(shorter) and len(shorter) >= _BEGINNING:
        return 0.9
    words, others = set(one.split()), set(two.split())
    return len(words & others) / len(words | others)


def _most_alike(headings: list[Heading], claims: list[str]) -> tuple[float, Heading] | None:
    best: tuple[float, Heading] | None = None
    for text, node in headings:
        score = max((likeness(text, claim) for claim in claims), default=0.0) + (0.05 if node.tag == "h1" else 0)
        if score > _LIKE and (best is None or score > best[0]):
            best = (score, (text, node))
    return best


def _above_story(tree: LexborHTMLParser, candidates: list[Heading]) -> Heading | None:
    """The last of these h1 before the first paragraph of prose; without such a paragraph, the only one."""
    long_enough = {node.mem_id: (text, node) for text, node in candidates if len(text.split()) >= _OWN_WORDS}
    last: Heading | None = None
    for node in tree.css("h1, p"):
        if node.tag == "p" and last is not None and is_prose(display(node.text(separator=" "))):
            return last
        last = long_enough.get(node.mem_id, last)
    return last if len(long_enough) == 1 else None


def _is_of_site(heading: Heading, site_names: frozenset[str]) -> bool:
    """Whether an h1 is the site's: its name, once or repeated, or its logo."""
    text, node = heading
    form = matching(text)
    if form in site_names or any(name and not form.replace(name, "").strip() for name in site_names):
        return True
    at: LexborNode | None = node
    for _ in range(_LEVELS):
        if at is None or at.tag in {"body", "article", "main"}:
            break
        attributes = at.attributes
        named = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
        if any(mark in named for mark in _SITE_MARKS) or attributes.get("role") == "banner":
            return True
        at = at.parent
    link = node.css_first("a[href]")
    return link is not None and _is_root(link.attributes.get("href") or "")


def _is_root(href: str) -> bool:
    """Whether a link leads to the front page: «/», «https://host/»."""
    return href.strip().partition("#")[0].rstrip("/").count("/") in {0, 2} and ("//" in href or href.strip() in {"/", "./"})


def _is_section(tree: LexborHTMLParser, text: str) -> bool:
    """Whether a short h1 is printed as a link too, as the menu prints sections."""
    if len(text.split()) > _SECTION_WORDS:
        return False
    form = matching(text)
    return any(matching(display(node.text())) == form for node in tree.css(_MENUS))
