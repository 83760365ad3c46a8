"""The addresses of articles in groups of one form, of each of which a route is made (`crawler.survey.article_routes`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from crawler.survey.evidence import SeenAddress
from crawler.survey.shapes import LANGUAGES, AddressPart, Shape

MINORITY: Final = 0.15
"""Less than this share of a group is not worth a shape of its own: numbers at the end of some slugs, say."""


@dataclass(slots=True)
class AddressGroup:
    """Article addresses whose shapes differ in words only. words: what stands at each place of the path."""

    shapes: list[Shape]
    seen: list[SeenAddress]

    def words(self, place: int) -> Counter[str]:
        return Counter(shape.path[place].text for shape in self.shapes)


def address_groups(articles: Iterable[SeenAddress]) -> list[AddressGroup]:
    """By shape, words left out; a language stays a word. Slugs that happen to have a number are with those that have none."""
    groups: dict[tuple[str, ...], AddressGroup] = {}
    for seen in articles:
        shape = seen.shape
        key = tuple(loose(part) for part in (*shape.path, *shape.query))
        group = groups.setdefault(key, AddressGroup([], []))
        group.shapes.append(shape)
        group.seen.append(seen)
    return _merged(list(groups.values()))


def loose(part: AddressPart) -> str:
    """The key of a part, any word being like any other, but for languages and parameters of queries."""
    return part.key if part.kind != "word" or part.name or part.text in LANGUAGES else f"={{word}}{part.ending}"


def _merged(groups: list[AddressGroup]) -> list[AddressGroup]:
    """Slugs that happen to have a number in front or at the end go with the slugs without, where those are the many."""
    largest = sorted(groups, key=lambda group: -len(group.seen))
    kept: list[AddressGroup] = []
    for group in largest:
        into = next((other for other in kept if _is_minority(group, other)), None)
        if into is None:
            kept.append(group)
        else:
            last = into.shapes[0].path[-1]
            into.shapes += [
                Shape((*shape.path[:-1], AddressPart(last.kind, shape.path[-1].text, last.ending)), shape.query)
                for shape in group.shapes
            ]
            into.seen += group.seen
    return kept


def _is_minority(group: AddressGroup, other: AddressGroup) -> bool:
    mine, theirs = group.shapes[0], other.shapes[0]
    queries = [[loose(part) for part in shape.query] for shape in (mine, theirs)]
    if queries[0] != queries[1] or not mine.path or len(mine.path) != len(theirs.path):
        return False
    last, others = mine.path[-1], theirs.path[-1]
    alike = [loose(part) for part in mine.path[:-1]] == [loose(part) for part in theirs.path[:-1]]
    return (
        alike
        and others.kind == "slug"
        and (last.kind in {"number", "number-slug", "slug-number", "slug"} or bool(mine.query))
        and len(group.seen) < MINORITY * (len(group.seen) + len(other.seen)) + 1
    )
