"""Names on a page: dateline, authors, editors, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from extractors import boilerplate
from extractors.article import Dateline
from extractors.names.given_names import is_full_name
from extractors.names.house_datelines import house_line, house_run_in
from extractors.names.lone_names import lone_names, names_joined_by_and
from extractors.names.signatures import (
    agency_credit,
    agency_line,
    is_agency,
    is_name,
    reporter_of_agency,
    run_in_dateline,
    signature,
    unlabelled,
    without_date_label,
)
from extractors.names.trades import is_role
from extractors.outlet import Catalogue, Outlet
from extractors.page.linked_data import persons
from extractors.page.metadata import Metadata
from extractors.text import display, matching

# «(خاص)» says that the story is exclusive; the rest are desks, not persons.
_NOBODY = {
    matching(word)
    for word in [
        "خاص",
        "خاص بنا",
        "متابعات",
        "وكالات",
        "مواقع",
        "ترجمة",
        "تقرير",
        "رصد",
        "أرشيف",
        "الأخبار",
        "admin",
        "administrator",
        "editor",
        "هيئة التحرير",
        "فريق التحرير",
        "قسم الأخبار",
        "غرفة الأخبار",
        "وكالة",
        "newsroom",
    ]
}
_PREPARED = re.compile(r"\(? ?(?:إعداد|اعداد) ?[:/] ?(?P<name>[^()\d:]{3,40}?) ?[-–—]")  # «إعداد: س – تحرير: ص»
_SOURCE_SPLIT = re.compile(r" ?[+,،؛/|&] ?| و(?=ال?وكالات|مواقع)")
_DATELINE_PARTS = re.compile(r" ?[،,+/|-] ?")
_ORGANISATION = re.compile(
    r"وكالة|وكالات|صحيفة|جريدة|موقع|شبكة|مركز|قناة|تلفزيون|تلفزة|إذاعة|راديو|مؤسسة|مجلة|منصة|فريق|قسم|تحرير|هيئة|إدارة|مكتب"
    r"|(?<!\w)(?:نيوز|برس|ميديا|للأنباء|للإعلام|للصحافة|(?:ال)?(?:إخبارية?|إعلامية?)|بي بي سي|روسيا اليوم)(?!\w)"
    r"|news|agency|media\b|\bpress\b|\b(?:tv|radio|magazine|newspaper)\b|\beditor\b|\badmin\b"
    r"|\.com|\.net|@|https?:",
    re.IGNORECASE,
)


def read_dateline(
    lines: list[str], lead: str | None, catalogue: Catalogue, house: frozenset[str] = frozenset()
) -> tuple[Dateline | None, tuple[str, ...]]:
    """The dateline and the reporters named in it. lines: those dropped as datelines; lead: the first paragraph, for a run-in
    one; house: the names of the site, which are no place.
    """
    pattern = boilerplate.line_pattern(catalogue.dateline)
    own = [_dateline(line, found) for line in lines for each in catalogue.dateline if (found := re.fullmatch(each, line))]
    if own:
        # An issue line may stand beside a line with a place: the place tells more.
        return next((pair for pair in own if pair[0].place), own[0])
    dateline = next((dateline for line in lines if (dateline := _dateline_of_stranger(line, house))), None)
    if dateline is not None:
        return dateline
    if lead is None:
        return None, ()
    run_in = run_in_dateline(lead) or house_run_in(lead, house)
    if run_in:
        return run_in, ()
    return _own_run_in(lead, catalogue) if pattern else (None, ())


def _dateline_of_stranger(line: str, house: frozenset[str]) -> tuple[Dateline, tuple[str, ...]] | None:
    """An agency's, the site's own, or a reporter's with his place."""
    if dateline := agency_line(line):
        return dateline, ()
    if reported := reporter_of_agency(line):
        return reported
    if own := house_line(line, house):
        return own
    if (signed := signature(line)) and signed[1] and matching(signed[1]) not in house:
        return Dateline(line.strip(), None, signed[1]), (signed[0],)
    return None


def _own_run_in(lead: str, catalogue: Catalogue) -> tuple[Dateline | None, tuple[str, ...]]:
    """The outlet's own dateline run into the first sentence, proved by a bracket or a dash at its end: «بلدي نيوز - إدلب (خاص)
    أصدرت …».
    """
    found = re.match(r"(?P<text>[^()\n.،:]{3,40}\([^()\n]{2,40}\)|[^()\n.،:]{3,40}? ?[-–—] ?[^()\n.،:\s]{2,20} ?[-–—:]) ?", lead)
    if not found:
        return None, ()
    text = found["text"].rstrip(" -–—:")
    for expression in catalogue.dateline:
        whole = re.fullmatch(expression, text)
        if whole:
            return _dateline(text, whole)
    return None, ()


def _dateline(line: str, found: re.Match[str]) -> tuple[Dateline, tuple[str, ...]]:
    """The parts of an outlet's own dateline. A reporter may stand where others have the place: «سمارت-هبة دباس»."""
    groups = {name: display(value).strip("-–—ـ ") or None for name, value in found.groupdict().items() if value}
    people = [name for name in _DATELINE_PARTS.split(groups.get("by") or "") if is_person(name)]
    places: list[str] = []
    for part in re.split(r" ?[-–—ـ] ?", groups.get("place") or ""):
        if is_full_name(part) and not people:
            people.append(part)
        elif part and matching(part) not in _NOBODY:  # «عنب بلدي – خاص»
            places.append(part)
    place = " - ".join(places) or None
    return Dateline(line.strip(), groups.get("agency"), place), tuple(people)


def house_names(metadata: Metadata, outlet: Outlet | None) -> frozenset[str]:
    """What the site calls itself, in matching form: the outlet's names, og:site_name, publishers, short parts of the <title>."""
    parts = [part for part in re.split(r" [-–—:»] | ?\| ?", metadata.title or "") if len(part.split()) <= 3]
    names = (outlet.name, outlet.name_ar) if outlet else ()
    stated = (*metadata.every("og:site_name", "application-name"), *metadata.linked.organisations)
    return frozenset(form for name in (*names, *stated, *parts) if (form := matching(name)))


def is_person(name: str) -> bool:
    """Whether a printed name can be a person's: not a desk, an agency, an address."""
    if re.fullmatch(r"[A-Z0-9 .&]+|[a-z._-]+|.*\d.*", name) or not re.match(r"[^\W\d_]", name):
        return False  # LBCI, AFP; «(أبوظبي - البيان)»; an account («enab», «editor3»), a channel with its number
    return matching(name) not in _NOBODY and not is_agency(name) and not _ORGANISATION.search(name) and len(name.split()) <= 6


def author_candidates(
    metadata: Metadata, printed: list[str], lines: list[str], reporters: tuple[str, ...], outlet: Outlet | None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Byline elements, byline lines, the dateline, then JSON-LD and meta tags, where accounts stand; the site is nobody."""
    house = house_names(metadata, outlet)

    def people(names: Iterable[str]) -> tuple[str, ...]:
        bare = (part for name in names for part in _apart(_bare_name(name)))
        return tuple(
            dict.fromkeys(name for name in bare if is_person(name) and not is_role(name) and not _is_of_house(name, house))
        )

    yield "page", people(printed)
    yield "lines", people(name for line in lines for name in lone_names(line, house) or names_in([line]))
    yield "dateline", reporters
    yield "json-ld", people(persons(metadata.linked))
    yield "meta", people(metadata.every("author", "article:author", "dc.creator", "parsely-author"))


def _is_of_house(name: str, house: frozenset[str]) -> bool:
    """Whether a name is the site's, or its short or long form: «عنب بلدي أونلاين»; no person's name is."""
    form = matching(name)
    return form in house or (
        not is_full_name(name)
        and any(each.startswith(f"{form} ") or (" " in each and form.startswith(f"{each} ")) for each in house)
    )


def _bare_name(name: str) -> str:
    """«بقلم: س», «س - القاهرة», «اسم الصحيفة - س», «NAME Published» → the name."""
    text = without_date_label(unlabelled(display(name)))
    label, _, named = text.partition(":")
    if label and is_name(named.strip()):
        text = named.strip()  # «مراسل المثال: س ع», «إعداد وتحرير: س ع»
    parts = re.split(r" [-–—|] ", text)
    return next((part for part in parts if is_full_name(part)), parts[0])


def _apart(name: str) -> list[str]:
    """«س ع وص ف», «A B and C D» → two names."""
    pair = [part for part in re.split(r" (?:and|und|og|et|&) ", name) if part]
    return pair if len(pair) > 1 and all(len(part.split()) > 1 for part in pair) else names_joined_by_and(name)


def names_in(lines: list[str]) -> list[str]:
    """The names of byline lines: «بقلم: س», «س | ص | ع»."""
    names: list[str] = []
    for line in lines:
        found = boilerplate.BYLINE.fullmatch(line)
        if boilerplate.EDITOR.fullmatch(line) is not None:
            prepared = _PREPARED.match(line)
            names += [display(prepared["name"])] if prepared else []
            continue
        names += [display(name) for name in re.split(r" ?[|،,] ?", found["names"] if found else line)]
    return names


def is_editor_line(line: str) -> bool:
    """Whether a line names an editor («Editing: س |»), not an author."""
    return boilerplate.EDITOR.fullmatch(line) is not None


def read_editors(lines: list[str]) -> tuple[str, ...]:
    """The names of «Editing: س |» lines."""
    found = (boilerplate.EDITOR.fullmatch(line) for line in lines)
    return tuple(dict.fromkeys(display(match["names"] or match["again"]) for match in found if match))


def source_candidates(lines: list[str], signed: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lines that say «المصدر», then the agencies of a sign-off."""
    yield "page", read_sources(lines)
    yield "sign-off", tuple(dict.fromkeys(name for line in signed for name in agency_credit(line)))


def read_sources(lines: list[str]) -> tuple[str, ...]:
    """«المصدر : الجزيرة + وكالات» → الجزيرة, وكالات."""
    names: list[str] = []
    for line in lines:
        found = boilerplate.SOURCE.fullmatch(line)
        if found and found["names"]:
            names += [display(name).strip(" .:") for name in _SOURCE_SPLIT.split(found["names"])]
    return tuple(dict.fromkeys(name for name in names if name))
