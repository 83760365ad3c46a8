"""The dateline of an article: agency and place, on a line of its own or at the beginning of the lead."""

from __future__ import annotations

import re

from extractors.article import Dateline
from extractors.names.bylines import NOT_PERSONS, is_person
from extractors.names.given_names import is_full_name
from extractors.names.newsroom_datelines import newsroom_dateline, newsroom_dateline_in
from extractors.names.signatures import agency_line, reporter_of_agency, run_in_dateline, signature
from extractors.outlet import Catalogue
from extractors.text import display, matching

_REPORTER_SEPARATORS = re.compile(r" ?[،,+/|-] ?")


def read_dateline(
    lines: list[str], lead: str | None, catalogue: Catalogue, newsroom_names: frozenset[str] = frozenset()
) -> tuple[Dateline | None, tuple[str, ...]]:
    """The dateline and the reporters named in it. lines: those dropped as datelines; lead: the first paragraph, which may begin
    with one; newsroom_names: in matching form, which are no place.
    """
    matches = ((line, re.fullmatch(pattern, line)) for line in lines for pattern in catalogue.dateline)
    stated = [_outlet_dateline(line, match) for line, match in matches if match]
    if stated:
        # An issue line may stand beside a line with a place: the place tells more.
        return next(((dateline, people) for dateline, people in stated if dateline.place), stated[0])
    for line in lines:
        if general := _general_dateline(line, newsroom_names):
            return general
    if lead is None:
        return None, ()
    if run_in := run_in_dateline(lead) or newsroom_dateline_in(lead, newsroom_names):
        return run_in, ()
    return _outlet_dateline_in(lead, catalogue)


def _general_dateline(line: str, newsroom_names: frozenset[str]) -> tuple[Dateline, tuple[str, ...]] | None:
    """A dateline as any outlet may print it: an agency's, the site's own, or a reporter's with his place."""
    if dateline := agency_line(line):
        return dateline, ()
    if stated := reporter_of_agency(line) or newsroom_dateline(line, newsroom_names):
        return stated
    if (signed := signature(line)) and signed[1] and matching(signed[1]) not in newsroom_names:
        return Dateline(line.strip(), None, signed[1]), (signed[0],)
    return None


def _outlet_dateline_in(lead: str, catalogue: Catalogue) -> tuple[Dateline | None, tuple[str, ...]]:
    """The outlet's own dateline at the beginning of the lead, told by a bracket or a dash at its end: «بلدي نيوز - إدلب (خاص)
    أصدرت …».
    """
    beginning = re.match(
        r"(?P<text>[^()\n.،:]{3,40}\([^()\n]{2,40}\)|[^()\n.،:]{3,40}? ?[-–—] ?[^()\n.،:\s]{2,20} ?[-–—:]) ?", lead
    )
    if not beginning:
        return None, ()
    text = beginning["text"].rstrip(" -–—:")
    for pattern in catalogue.dateline:
        if match := re.fullmatch(pattern, text):
            return _outlet_dateline(text, match)
    return None, ()


def _outlet_dateline(line: str, match: re.Match[str]) -> tuple[Dateline, tuple[str, ...]]:
    """A dateline by an outlet's own pattern. A reporter may stand where others have the place: «سمارت-هبة دباس»."""
    groups = {name: display(value).strip("-–—ـ ") or None for name, value in match.groupdict().items() if value}
    people = [name for name in _REPORTER_SEPARATORS.split(groups.get("by") or "") if is_person(name)]
    places: list[str] = []
    for part in re.split(r" ?[-–—ـ] ?", groups.get("place") or ""):
        if is_full_name(part) and not people:
            people.append(part)
        elif part and matching(part) not in NOT_PERSONS:  # «عنب بلدي – خاص»
            places.append(part)
    place = " - ".join(places) or None
    return Dateline(line.strip(), groups.get("agency"), place), tuple(people)
