"""An outlet as facts: where it lives, how its addresses read, how its pages are laid out, what its furniture says.

The files in `outlets/` state these facts and nothing else; the work is done here and in the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, cached_property

from extractors.addresses import Address, parse_address, parse_part

_SLACK = timedelta(days=550)
ARTICLE_KINDS = frozenset({"article", "opinion", "transcript"})


@dataclass(frozen=True, slots=True)
class Location:
    """What an address says about its page before anybody fetched it.

    kind: article, opinion, transcript; listing, tag, author, search, home, video, gallery, liveblog, print, image, feed or other.
    url: canonical (https, one host, no tracking, no fragment); native_id: the outlet's own number; date: YYYY-MM-DD in the URL.
    part_number: of a story on several pages, from 1. Each is an article of its own, with the id of the first and `-2`.
    """

    outlet: str
    kind: str
    url: str
    native_id: str | None = None
    date: str | None = None
    part_number: int = 1

    @property
    def is_article(self) -> bool:
        """Whether the page, when it keeps its promise, is text to be archived."""
        return self.kind in ARTICLE_KINDS


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """`re` keeps patterns too, but takes longer to find one than to match an address with it."""
    return re.compile(pattern, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Route:
    """One line of a URL grammar: a pattern over the decoded path (no slash at the end, "" is the home page).

    Named groups id, year, month and day become native id and date. canonical: the path template; None keeps the path, and the
    part of the query that `query` asks for: a pattern that some part of it must match too, such as `p=(?P<id>[0-9]+)`.
    """

    kind: str
    path: str
    canonical: str | None = None
    query: str | None = None

    def match(self, path: str, query: str) -> dict[str, str] | None:
        """The named groups if this line applies, else None."""
        found = _compiled(self.path).fullmatch(path)
        if found is None:
            return None
        groups = found.groupdict()
        if self.query is not None:
            asked = _compiled(rf"(?:^|&){self.query}(?:&|$)").search(query)
            if asked is None:
                return None
            groups |= asked.groupdict()
        return {name: value for name, value in groups.items() if value}

    def matched_query(self, query: str) -> str:
        """What `query` matches of a query; empty where the route asks for nothing."""
        found = _compiled(rf"(?:^|&)({self.query})(?:&|$)").search(query) if self.query is not None else None
        return found[1] if found is not None else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand on the pages of one era: CSS selectors, the first that finds text speaks.

    body: the container of the story; drop: what inside it is not story (besides what is never story, see `layouts.DROP`).
    """

    name: str
    body: tuple[str, ...]
    drop: tuple[str, ...] = ()
    standfirst: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the furniture of an outlet says, as regular expressions over one whole line of text.

    furniture: lines dropped wherever they stand (only wording no reporter writes); closing: headings after which no story comes;
    aside: headings of boxes inside the story («اقرأ أيضًا»); dateline: groups agency, place, by; title_suffix: what the
    <title> adds.
    """

    furniture: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    dateline: tuple[str, ...] = ()
    title_suffix: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outlet:
    """One news outlet.

    hosts: every host its articles were ever served from, canonical first. prefixes: leading path segments that change nothing.
    timezone: of dates printed without an offset (IANA name). died: what is known of its end, as text.
    ids: known points (native id, "YYYY-MM") of the curve on which ids rise with time, lowest first.
    """

    slug: str
    name: str
    name_ar: str
    hosts: tuple[str, ...]
    home: str
    timezone: str
    routes: tuple[Route, ...]
    alive: bool = True
    died: str | None = None
    prefixes: tuple[str, ...] = ()
    language: str = "ar"
    layouts: tuple[Layout, ...] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    ids: tuple[tuple[int, str], ...] = ()

    @cached_property
    def _hosts(self) -> frozenset[str]:
        return frozenset(self.hosts)

    @cached_property
    def scheme(self) -> str:
        """At which it is asked for pages: that of its home page. Canonical addresses are `https` whatever answers."""
        return self.home.partition(":")[0].lower()

    def locate(self, url: str) -> Location | None:
        """Read an address; None when it is not on one of this outlet's hosts."""
        address = parse_address(url)
        if address is None or address.host not in self._hosts:
            return None
        segments = address.segments
        while segments and segments[0] in self.prefixes:
            segments = segments[1:]
        return self._of_part(Address("https", self.hosts[0], segments, address.query))

    def period(self, native_id: str | None) -> tuple[date | None, date | None]:
        """The earliest and latest day on which an article with this id can have appeared; None where nothing is known.

        A year and a half is allowed round the known points: ids are given to drafts, and some points are known to the year only.
        """
        if not self.ids or native_id is None or not native_id.isdecimal():
            return None, None
        number = int(native_id)
        before = [when for each, when in self.ids if each <= number]
        after = [when for each, when in self.ids if each >= number]
        first = date.fromisoformat(f"{before[-1]}-01") - _SLACK if before else None
        return first, date.fromisoformat(f"{after[0]}-28") + _SLACK if after else None

    def _of_part(self, address: Address) -> Location:
        """The place of an address, which may be that of a further part of an article: one that the grammar takes for the article
        itself, or does not know.
        """
        place = self._place(address)
        part = parse_part(address) if place.is_article or place.kind == "other" else None
        if part is None or (place.kind == "other" and part.suffix.startswith("/page/")):  # so lists are numbered
            return place
        whole = self._place(part.whole)
        if not whole.is_article or (place.is_article and place.url != whole.url):
            return place
        path, mark, query = whole.url.partition("?")
        native = f"{whole.native_id}-{part.number}" if whole.native_id else None
        return replace(whole, url=f"{path}{part.suffix}{mark}{query}", native_id=native, part_number=part.number)

    def _place(self, address: Address) -> Location:
        path = "".join("/" + segment.replace("/", "%2F") for segment in address.segments)
        for route in self.routes:
            groups = route.match(path, address.query)
            if groups is not None:
                return self._location(route, groups, address)
        return Location(self.slug, "other", address.url())

    def _location(self, route: Route, groups: dict[str, str], address: Address) -> Location:
        if route.canonical is not None:
            url = f"https://{self.hosts[0]}{route.canonical.format_map(groups)}"
        else:
            url = address.url()
            if route.kind in ARTICLE_KINDS or route.kind in {"liveblog", "video", "gallery"}:
                matched = route.matched_query(address.query)
                url = url.partition("?")[0] + (f"?{matched}" if matched else "")
        native = groups.get("id")
        return Location(self.slug, route.kind, url, native.lower() if native else None, _url_date(groups))


def _url_date(groups: dict[str, str]) -> str | None:
    try:
        return date(int(groups["year"]), int(groups["month"]), int(groups["day"])).isoformat()
    except (KeyError, ValueError):
        return None


def wordpress_routes(canonical: str, *, article: tuple[Route, ...]) -> tuple[Route, ...]:
    """The addresses every WordPress site has, with the outlet's own article routes in their place."""
    return (
        Route("search", r".*", query=r"s=[^&]*"),
        Route("article", r"", canonical, query=r"p=0*(?P<id>[1-9][0-9]{0,9})"),
        Route("listing", r"", query=r"(?:cat|m|paged|page_id|post_type)=[^&]*"),
        Route("feed", r".*/(?:feed|rss)(?:/[a-z0-9]+)?|.*\.(?:xml|rss)(?:\.gz)?"),
        Route("image", r".*\.(?:jpe?g|png|gif|webp|svg|bmp|ico)"),
        Route("home", r""),
        Route("tag", r"(?:/archives)?/tag/.+"),
        Route("author", r"(?:/archives)?/author/.+"),
        Route("search", r"/search(?:/.*)?"),
        Route("listing", r"(?:/archives)?/(?:category|date|page)(?:/.*)?|/archives"),
        Route("other", r"/wp-(?:json|content|admin|includes|login\.php).*"),
        Route("print", r".*/print"),
        *article,
    )
