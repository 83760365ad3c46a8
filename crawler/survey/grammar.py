"""The grammar of a site's addresses, from those that are surely articles and those that surely are not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

from crawler.survey.evidence import Evidence, SeenAddress
from crawler.survey.shapes import LANGUAGES, Part, PartKind, Shape
from extractors.outlet import Route

YEAR, MONTH, DAY = "(?P<year>(?:19|20)[0-9]{2})", "(?P<month>[0-9]{1,2})", "(?P<day>[0-9]{1,2})"
ID: Final = "0*(?P<id>[1-9][0-9]*)"
ANY: Final = "[^/]+"
SECTIONS: Final = "(?:/[^/]+){0,3}"
FEW: Final = 3
"""So many different words in one place of an address: it may be any word (sections, authors)."""
MINORITY: Final = 0.15
"""Less than this share of a group is not worth a shape of its own: numbers at the end of some slugs, say."""
_PATTERNS: Final[dict[PartKind, str]] = {
    "slug": ANY,
    "number": "[0-9]+",
    "number-slug": "[0-9]+[-_][^/]+",
    "slug-number": "[^/]+",
    "guid": "[^/]+",
    "year": YEAR,
    "month": MONTH,
    "day": DAY,
    "date-slug": f"{YEAR}-{MONTH}-{DAY}(?:-[^/]*)?",
}
_WITH_ID: Final[dict[PartKind, str]] = {
    "number": ID,
    "number-slug": f"{ID}[-_][^/]+",
    "slug-number": "[^/]*[-_]0*(?P<id>[1-9][0-9]*)",
    "guid": r"\{?(?P<id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?",
}
NUMBERED: Final = frozenset(_WITH_ID)


@dataclass(frozen=True, slots=True)
class RouteDraft:
    """A route and how it was found, for a comment. seen: the addresses that it was made of."""

    route: Route
    why: str
    seen: tuple[SeenAddress, ...] = ()


@dataclass(slots=True)
class Grammar:
    """routes: in the order in which they are tried; prefixes: first segments that make no difference; doubts: for a person."""

    routes: list[RouteDraft] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def add(self, route: Route, why: str) -> None:
        self.routes.append(RouteDraft(route, why))


@dataclass(slots=True)
class _Group:
    """Article addresses whose shapes differ in words only. words: what stands at each place of the path."""

    shapes: list[Shape]
    seen: list[SeenAddress]

    def words(self, place: int) -> Counter[str]:
        return Counter(shape.path[place].text for shape in self.shapes)


USUAL: Final = (
    (Route("image", r".*\.(?:jpe?g|png|gif|webp|svg|bmp|ico|pdf|mp3|mp4)"), "files"),
    (Route("feed", r"(?:.*/)?(?:feed|rss|atom|feeds/.*)|.*\.(?:xml|rss)(?:\.gz)?|.*/feed/[a-z0-9]+"), "feeds and sitemaps"),
    (Route("other", r"/(?:wp-(?:json|content|admin|includes|login\.php)|cdn-cgi|users?|login|register)(?:/.*)?"), "software"),
    (Route("print", r"/(?:print|amp)/.*|.*/(?:print|amp)"), "print and AMP versions of pages"),
    (Route("search", r"(?:/[a-z]{2})?/search(?:/.*)?"), "search"),
    (Route("tag", r"(?:/[^/]+)?/(?:tags?|topics?|keywords?|labels?|وسم|وسوم)/.+"), "pages of keywords"),
    (Route("author", r"(?:/[^/]+)?/(?:authors?|writers?|كاتب|كتاب)/.+"), "pages of authors"),
    (Route("video", r"(?:/[^/]+)?/(?:videos?|podcasts?|audio)/.+"), "videos"),
    (Route("gallery", r"(?:/[^/]+)?/(?:gallery|galleries|photos?|albums?|infographics?)/.+"), "pictures"),
    (Route("liveblog", r"(?:/[^/]+)*/(?:liveblog|live-blog)/.+"), "live blogs"),
    (Route("listing", r"(?:/[^/]+)?/(?:category|categories|cat|sections?|date|archive)/.+"), "sections"),
    (Route("listing", r"(?:/.*)?/page/[0-9]+"), "following pages of listings"),
)  # fmt: skip
"""What addresses mean on most sites, tried before the routes of articles."""


def grammar_of(evidence: Evidence, verified_prefix: str | None = None) -> Grammar:
    """The routes of a site. verified_prefix: key of a shape whose address, cut off after the number, shows the same page."""
    grammar = Grammar()
    groups = _merged(_groups(evidence.articles))
    articles = [draft for group in groups for draft in _article_routes(group, evidence, verified=verified_prefix)]
    grammar.routes += [draft for draft in articles if draft.route.query is not None]
    for path in dict.fromkeys(draft.route.path for draft in articles if draft.route.query is not None):
        grammar.add(Route("listing", path, None, "[^&=]+=[^&]*"), "other queries")
    for route, why in USUAL:
        if not _hits(route, (seen for group in groups for seen in group.seen)):
            grammar.add(route, why)
        else:
            grammar.doubts.append(f"articles have addresses that mean «{why}» elsewhere, so that those are not told apart")
    grammar.add(Route("home", r"(?:/(?:ar|index\.(?:html?|php)))?"), "the home page")
    _refuse_listings(evidence, [draft.route for draft in articles], grammar)
    paths = [draft for draft in articles if draft.route.query is None]
    paths.sort(key=lambda draft: (draft.route.path.startswith(f"/{ANY}"), "(?P<id>" not in draft.route.path))
    grammar.prefixes = _prefixes(paths)
    grammar.routes += _needed([_with_canonical(draft, paths) for draft in paths], grammar.prefixes)
    grammar.add(Route("listing", r"/.+"), "whatever else there is may list articles")
    return grammar


def _with_canonical(draft: RouteDraft, drafts: Sequence[RouteDraft]) -> RouteDraft:
    """An older form of an address that the site redirects to another has the one address of that."""
    if draft.route.canonical is not None or "(?P<id>" not in draft.route.path:
        return draft
    led_to = [seen.led_to for seen in draft.seen if seen.led_to is not None]
    routes = [other.route for other in drafts if other.route.canonical is not None]
    targets = {target.canonical for seen in led_to if (target := article_route_of(routes, seen)) is not None}
    if len(targets) != 1:
        return draft
    return replace(
        draft, route=replace(draft.route, canonical=targets.pop()), why=f"{draft.why}; it is redirected to the present form"
    )


def _prefixes(drafts: Sequence[RouteDraft]) -> list[str]:
    """Words before a path that is one of an article without them: the same site by another door (`/public/…`, `/index.php/…`)."""
    paths = {draft.route.path for draft in drafts}
    own = [draft for draft in drafts if not any(seen.led_to for seen in draft.seen)]
    found = (re.fullmatch(r"/([\w-]+|index\\\.php)(/.+)", draft.route.path) for draft in own)
    words = (each[1].replace("\\", "") for each in found if each and each[2] in paths)
    return [word for word in dict.fromkeys(words) if word not in LANGUAGES]


def _needed(drafts: Sequence[RouteDraft], prefixes: Sequence[str]) -> list[RouteDraft]:
    """Without those whose every address another takes, tried before."""
    kept: list[RouteDraft] = []
    for draft in drafts:
        if any(draft.route.path.startswith(f"/{re.escape(prefix)}/") for prefix in prefixes):
            continue
        routes = [other.route for other in kept]
        if not draft.seen or not all(article_route_of(routes, seen) for seen in draft.seen):
            kept.append(draft)
    return kept


def route_of(routes: Sequence[Route], seen: SeenAddress) -> Route | None:
    """The route that takes an address."""
    path = "".join(f"/{segment.replace('/', '%2F')}" for segment in seen.address.segments)
    return next((route for route in routes if route.match(path, seen.address.query) is not None), None)


def article_route_of(routes: Sequence[Route], seen: SeenAddress) -> Route | None:
    """The same, if it is one of an article."""
    found = route_of(routes, seen)
    return found if found is not None and found.kind == "article" else None


def _hits(route: Route, seen: Iterable[SeenAddress]) -> bool:
    """Whether a usual route would take away articles; one of a hundred may be an oddity of a feed."""
    listed = list(seen)
    hits = sum(route.match("".join("/" + each for each in one.address.segments), one.address.query) is not None for one in listed)
    return hits > len(listed) / 100


def _groups(articles: Iterable[SeenAddress]) -> list[_Group]:
    """By shape, words left out; a language stays a word."""
    groups: dict[tuple[str, ...], _Group] = {}
    for seen in articles:
        shape = seen.shape
        key = tuple(_loose(part) for part in (*shape.path, *shape.query))
        group = groups.setdefault(key, _Group([], []))
        group.shapes.append(shape)
        group.seen.append(seen)
    return list(groups.values())


def _loose(part: Part) -> str:
    """The key of a part, any word being like any other, but for languages and parameters of queries."""
    return part.key if part.kind != "word" or part.name or part.text in LANGUAGES else f"={{word}}{part.ending}"


def _merged(groups: list[_Group]) -> list[_Group]:
    """Slugs that happen to have a number in front or at the end go with the slugs without, where those are the many."""
    largest = sorted(groups, key=lambda group: -len(group.seen))
    kept: list[_Group] = []
    for group in largest:
        into = next((other for other in kept if _is_minority(group, other)), None)
        if into is None:
            kept.append(group)
        else:
            last = into.shapes[0].path[-1]
            into.shapes += [
                Shape((*shape.path[:-1], Part(last.kind, shape.path[-1].text, last.ending))) for shape in group.shapes
            ]
            into.seen += group.seen
    return kept


def _is_minority(group: _Group, other: _Group) -> bool:
    mine, theirs = group.shapes[0], other.shapes[0]
    if mine.query or theirs.query or not mine.path or len(mine.path) != len(theirs.path):
        return False
    last, others = mine.path[-1], theirs.path[-1]
    alike = [_loose(part) for part in mine.path[:-1]] == [_loose(part) for part in theirs.path[:-1]]
    return (
        alike
        and others.kind == "slug"
        and last.kind in {"number", "number-slug", "slug-number", "slug"}
        and len(group.seen) < MINORITY * (len(group.seen) + len(other.seen)) + 1
    )


def _article_routes(group: _Group, evidence: Evidence, *, verified: str | None) -> list[RouteDraft]:
    shape = group.shapes[0]
    numbered = _native_id(group)
    pattern, plain = "", ""
    dated = next((n for n, part in enumerate(shape.path) if part.kind in {"year", "date-slug"}), 0)
    for place, part in enumerate(shape.path):
        if part.kind == "word" and place < dated and part.text not in LANGUAGES:
            # What stands before a date are sections, however many.
            pattern += "" if pattern.endswith(SECTIONS) else SECTIONS
            continue
        piece = _piece(group, place, evidence, has_id=numbered == place)
        pattern += f"/{piece}"
        if place == numbered and part.kind == "number":
            plain = pattern
    why = f"{len(group.seen)} articles, such as {_example(group)}"
    if shape.query:
        return [replace(_query_route(group, pattern, numbered, evidence, why), seen=tuple(group.seen))]
    canonical = None
    if numbered is not None and plain and place_after(shape, numbered):
        words = [group.words(n) for n in range(numbered)]
        slugless = plain + f"(?:/[^/]+){{0,{len(shape.path) - 1 - numbered}}}"
        if verified == _prefix_key(shape, numbered) and all(len(each) == 1 for each in words):
            canonical = "".join(f"/{quote(next(iter(each)))}" for each in words) + "/{id}"
            why += "; the address without the slug shows the same page"
        pattern = slugless
    if numbered is not None:
        why += "; the number is the outlet's own id"
    drafts = [RouteDraft(Route("article", pattern, canonical), why, tuple(group.seen))]
    if numbered is not None and shape.path[numbered].kind == "slug-number":
        bare = "".join(f"/{_piece(group, place, evidence, has_id=False)}" for place in range(len(shape.path)))
        drafts.append(RouteDraft(Route("article", bare), "the same without a number at its end, should there be some"))
    return drafts


def place_after(shape: Shape, numbered: int) -> bool:
    """Whether only slugs follow the number."""
    return numbered < len(shape.path) - 1 and all(part.kind == "slug" for part in shape.path[numbered + 1 :])


def _prefix_key(shape: Shape, numbered: int) -> str:
    return "/".join(part.key for part in shape.path[: numbered + 1])


def slugless(seen: SeenAddress) -> tuple[str, str] | None:
    """(key of its shape, address up to its number), where slugs follow a number."""
    shape = seen.shape
    numbers = [n for n, part in enumerate(shape.path) if part.kind == "number"]
    if not numbers or shape.query or not place_after(shape, numbers[-1]):
        return None
    address = seen.address
    path = "".join("/" + quote(segment) for segment in address.segments[: numbers[-1] + 1])
    return _prefix_key(shape, numbers[-1]), f"{address.scheme}://{address.host}{path}"


def _query_route(group: _Group, path: str, numbered: int | None, evidence: Evidence, why: str) -> RouteDraft:
    """An address whose article is named by the query: by a number, and by a value that no other pages have (`view=article`).

    Parameters stand sorted by name in a canonical query, so that what may stand between two is known.
    """
    shape = group.shapes[0]
    place = numbered - len(shape.path) if numbered is not None else None
    values = {part.name: Counter(each.query[n].text for each in group.shapes) for n, part in enumerate(shape.query)}
    fixed = [part for part in shape.query if len(values[part.name]) == 1 and not part.text.isdecimal()]
    telling = max(fixed, key=lambda part: _tells(part, evidence), default=None)
    wanted = [n for n, part in enumerate(shape.query) if n == place or part is telling]
    pieces, kept = [], []
    for n, part in enumerate(shape.query):
        name = re.escape(part.name)
        piece = f"(?:{name}=[^&]*&)?"
        if n == place:
            kept.append(f"{quote(part.name)}={{id}}")
            piece = rf"{name}=0*(?P<id>[1-9][0-9]*)(?:(?:%3A|-|_)[^&]*)?&"
        elif part in fixed:
            kept.append(f"{quote(part.name)}={quote(part.text)}")
            piece = f"{name}={re.escape(quote(part.text))}&" if part is telling else piece
        if wanted and wanted[0] <= n <= wanted[-1]:
            pieces.append(piece)
    query = "".join(pieces).removesuffix("&")
    plain = "".join(f"/{quote(part.text + part.ending)}" for part in shape.path) or "/"
    canonical = f"{plain}?{'&'.join(kept)}" if place is not None else None
    return RouteDraft(Route("article", path, canonical, query or None), f"{why}; the query names the article")


def _tells(part: Part, evidence: Evidence) -> int:
    """How many addresses that are no articles have another value there."""
    others = [seen.shape.query for seen in evidence.all if not seen.is_surely_article]
    return sum(any(other.name == part.name and other.text != part.text for other in query) for query in others)


def _piece(group: _Group, place: int, evidence: Evidence, *, has_id: bool) -> str:
    """The pattern of one segment."""
    part = group.shapes[0].path[place]
    ending = re.escape(part.ending)
    if part.kind != "word":
        return (_WITH_ID if has_id else _PATTERNS)[part.kind] + ending
    words = group.words(place)
    around = _words_at(group, place, evidence)
    if len(set(words) | around) >= FEW and not set(words) & LANGUAGES:
        return ANY
    listed = sorted(words)
    return (re.escape(listed[0]) if len(listed) == 1 else f"(?:{'|'.join(map(re.escape, listed))})") + ending


def _words_at(group: _Group, place: int, evidence: Evidence) -> set[str]:
    """Words that stand at a place in addresses that look like these, and of which nobody knows that they are no articles."""
    keys = {tuple(_loose(part) for part in shape.path) for shape in group.shapes[:1]}
    return {
        seen.shape.path[place].text
        for seen in evidence.all
        if not seen.shape.query
        and tuple(_loose(part) for part in seen.shape.path) in keys
        and seen.is_article is not False
        and not evidence.is_navigation(seen)
    }


def _native_id(group: _Group) -> int | None:
    """The place of the number that is another one in each address; places of the query come after those of the path."""
    shape = group.shapes[0]
    parts = [*enumerate(shape.path), *enumerate(shape.query, len(shape.path))]
    best: tuple[float, int] | None = None
    for place, part in parts:
        if part.kind not in NUMBERED:
            continue
        values = [_number(_part_at(each, place)) for each in group.shapes]
        distinct = len(set(values)) / len(values)
        if distinct > 0.9 and (best is None or distinct > best[0]):
            best = distinct, place
    if best is None:
        return None
    place = best[1]
    return place if not _clashes(group, place) else None


def _clashes(group: _Group, place: int) -> bool:
    """Whether one number stands for two articles: under two words, each with numbers of its own."""
    owners: dict[str, set[tuple[str, ...]]] = {}
    for shape in group.shapes:
        words = tuple(part.text for part in shape.path[:place] if part.kind == "word")
        owners.setdefault(_number(_part_at(shape, place)), set()).add(words)
    return any(len(words) > 1 for words in owners.values())


def _part_at(shape: Shape, place: int) -> Part:
    return (*shape.path, *shape.query)[place]


def _number(part: Part) -> str:
    found: list[str] = re.findall(r"[0-9]+", part.text)
    if part.kind == "guid" or not found:
        return part.text.lower()
    return found[-1 if part.kind == "slug-number" else 0]


def _refuse_listings(evidence: Evidence, articles: Sequence[Route], grammar: Grammar) -> None:
    """Addresses of the same shape as articles that are none: navigation, and pages that were looked at."""
    paths: dict[str, str] = {}
    for seen in evidence.all:
        if seen.address.query or seen.listed_as_article:
            continue
        navigation = evidence.is_navigation(seen)
        if not navigation and seen.is_article is not False:
            continue
        if article_route_of(articles, seen) is not None:
            path = "".join(f"/{segment}" for segment in seen.address.segments)
            paths[path] = "linked from most pages" if navigation else "looked at: no article"
    if paths:
        listed = "|".join(re.escape(path) for path in sorted(paths))
        grammar.add(Route("listing", f"(?:{listed})(?:/page/[0-9]+)?"), "sections that look like articles by their address")


def _example(group: _Group) -> str:
    longest = max(group.seen, key=lambda seen: (seen.words, -len(seen.url)))
    return longest.url[:120]
