"""Which page of a listing follows another: by what the page says (`rel=next`), or by the number in the addresses it links to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from crawler.discovery.documents.links import PageLinks
from extractors import Location

PAGE_NAMES: Final = frozenset({"page", "paged", "pg", "pageno", "pagenum", "page_no"})
"""Parameters that count pages, from 1 (`paged`: WordPress)."""
OFFSET_NAMES: Final = frozenset({"start", "limitstart", "offset", "skip"})
"""Parameters that count articles, from 0 (`start`, `limitstart`: Joomla, and `start` of Blogger's labels)."""
_NUMBERED: Final = re.compile(rf"(?:[?&](?:{'|'.join(sorted(PAGE_NAMES | OFFSET_NAMES))})=|/page/)\d{{1,7}}(?!\d)", re.IGNORECASE)


def is_numbered(url: str) -> bool:
    """Whether the address looks like one of a later page of some listing."""
    return _NUMBERED.search(url) is not None


def next_page(
    first: str, url: str, shown: PageLinks, number: int, locate: Callable[[str], Location | None] = lambda _: None
) -> str | None:
    """The page after `url` of the listing that begins at `first`; None where the page names none.

    shown: what the page links to; number: of the page that is looked for, 2 is the second; locate: what an address is to the
    outlet, None for strangers. What `rel=next` names counts if it is on the outlet's hosts, and no article (themes mark the next
    article so).
    """
    place = locate(shown.next) if shown.next is not None and shown.next != url else None
    if place is not None and not place.is_article:
        return shown.next
    return next_by_number(first, url, shown.links, number)


def next_by_number(first: str, url: str, links: Iterable[str], number: int) -> str | None:
    """Among links to the same listing, the one of page `number`, else of the least offset beyond that of `url`.

    Of several, the one whose query adds least to that of `first`: `/?page=2` and not `/?category=3&page=2` follows `/`.
    """
    listing = urlsplit(first)
    here = (_number_in(listing, url) or {}).get("offset", 0)
    pages: list[tuple[int, str]] = []
    further: list[tuple[int, int, str]] = []
    for link in links:
        if link == url or not is_numbered(link):
            continue
        found = _number_in(listing, link) or {}
        added = len(_constant(urlsplit(link).query))
        if found.get("page") == number:
            pages.append((added, link))
        elif found.get("offset", 0) > here:
            further.append((added, found["offset"], link))
    if pages:
        return min(pages, key=lambda each: each[0])[1]
    return min(further)[2] if further else None


def number_of(url: str, following: str | None, otherwise: int) -> int:
    """The number of a page, from its address. following: the template that it was made of, if any."""
    if following is not None:
        pattern = re.escape(following).replace(r"\{page\}", r"(?P<page>\d{1,7})").replace(r"\{index\}", r"(?P<index>\d{1,7})")
        made = re.fullmatch(pattern, url) if pattern.count("(?P<") == 1 else None
        return int(made[1]) + ("index" in made.groupdict()) if made is not None else otherwise
    return (_number_in(None, url) or {}).get("page", otherwise)


def _number_in(listing: SplitResult | None, url: str) -> dict[str, int] | None:
    """`page` or `offset` that an address states; None for one of another listing than this (None: of any)."""
    parts = urlsplit(url)
    path, page = _without_page(parts)
    numbers = {} if page is None else {"page": page}
    query = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in query:
        kind = "page" if name.lower() in PAGE_NAMES else "offset" if name.lower() in OFFSET_NAMES else None
        if kind is not None and _is_number(value):
            numbers[kind] = int(value)
    if listing is None:
        return numbers
    if (
        _host(parts) != _host(listing)
        or path != _without_page(listing)[0]
        or not _constant(listing.query) <= _constant(parts.query)
    ):
        return None
    return numbers


def _without_page(parts: SplitResult) -> tuple[str, int | None]:
    """The path without `/page/N` at its end, and N."""
    path = unquote(parts.path).rstrip("/")
    base, named, number = path.rpartition("/page/")
    return (base, int(number)) if named and _is_number(number) else (path, None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 7


def _host(parts: SplitResult) -> str:
    """Without `www.`: one site, as a rule; whether it may be asked is for others to say."""
    return parts.netloc.lower().removeprefix("www.")


def _constant(query: str) -> set[tuple[str, str]]:
    """The parameters that say which listing it is."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {(name, value) for name, value in pairs if name.lower() not in PAGE_NAMES | OFFSET_NAMES}
