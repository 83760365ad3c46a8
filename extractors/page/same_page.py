"""Whether a node of linked data is about the page it stands on: its address or its headline is the page's own."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractors.text import display, matching

STRICT, LOOSE = 0.9, 0.5
_BEGINNING = 12  # letters; what is shorter begins too many headlines
_COMPARABLE = 3  # words; a shorter headline («مباشر») contradicts none
_DESCRIBING = 8  # words; what is shorter describes a site
_ARTICLE_NUMBER = re.compile(r"(?<!\S)(?!(?:19|20)\d{6}(?!\d))\d{5,}(?!\S)")  # a day such as 20251104 numbers no article
_NUMBER_ASKED = re.compile(r"(?:^|&)(?:p|\w{0,20}id)=(\d+)", re.IGNORECASE)
_NO_STORY = frozenset({"", "index html", "index php", "home", "ar"})


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """How a page names itself. addresses: its own URL, canonical, og:url; titles: title, og:title, every h1; descriptions."""

    addresses: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()

    def agreement(self, addresses: Iterable[str], headlines: Iterable[str], descriptions: Iterable[str]) -> int | None:
        """How much a node agrees with the page: 2 for a headline, 2 for an address, 1 for a similar headline or the same
        description; 0 when it states none of them or nothing to compare with is known; None when it is about another page.
        """
        base = self.addresses[0] if self.addresses else ""
        stated = {key for each in addresses if (key := _key(base, each)) is not None}
        own = {key for each in self.addresses if (key := _key(base, each)) is not None}
        address = bool(own & stated) or bool(_numbers(own) & _numbers(stated))
        elsewhere = bool(stated and own) and not address
        named = [text for text in headlines if text]
        likeness = max((titles_agree(one, other) for one in named for other in self.titles), default=0.0)
        if address or likeness >= STRICT:
            return 2 * address + 2 * (likeness >= STRICT)
        described = {matching(text) for text in self.descriptions if len(text.split()) >= _DESCRIBING}
        similar = likeness >= LOOSE or any(matching(text) in described for text in descriptions)
        if similar and not elsewhere:
            return 1
        comparable = self.titles and any(len(text.split()) >= _COMPARABLE for text in named)
        return None if elsewhere or comparable else 0

    def is_titled(self, headline: str) -> bool:
        """Whether a headline may be the page's: similar to one of its titles, or nothing to compare with is known."""
        return not self.titles or max(titles_agree(headline, own) for own in self.titles) >= LOOSE


def titles_of(tree: LexborHTMLParser) -> list[str]:
    """What <title> and og:title say."""
    titles = [node.text() for node in tree.css("title")[:1]]
    titles += [node.attributes.get("content") or "" for node in tree.css("meta[property='og:title']")[:1]]
    return [text for each in titles if (text := display(each))]


def titles_agree(one: str, other: str) -> float:
    """1 when two titles say the same, 0.95 when one begins or contains the other, else the share of the shorter one's words."""
    first, second = matching(html.unescape(one)), matching(html.unescape(other))
    if first == second:
        return 1.0 if first else 0.0
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) >= _BEGINNING and shorter in longer:
        return 0.95
    words = set(shorter.split())
    return 0.89 * len(words & set(longer.split())) / len(words) if len(words) >= 3 else 0.0


@lru_cache(maxsize=64)  # canonical, og:url and linked data mostly state one address
def _key(base: str, address: str) -> str | None:
    """Path and query of an address in one form, whatever scheme, host, escapes; None for a site's root and what is no address."""
    if not address.strip().partition("#")[0]:
        return None
    try:
        bare = address.strip().partition("#")[0]
        parts = urlsplit(bare if bare.startswith("http") else urljoin(base, bare))
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", ""}:
        return None
    segments = [part for part in unquote(parts.path).split("/") if part and part.lower() not in {"amp", "amp.html"}]
    path = matching(" ".join(segments))
    number = _NUMBER_ASKED.search(parts.query)
    return None if path in _NO_STORY and number is None else f"{path} {number[1] if number else ''}".strip()


def _numbers(keys: set[str]) -> set[str]:
    """The numbers that addresses give articles: «/archives/810000» and «/810000/slug» are one article."""
    return {number for key in keys for number in _ARTICLE_NUMBER.findall(key)}
