"""Names on a page: authors, editors, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from extractors import boilerplate
from extractors.names.given_names import is_full_name
from extractors.names.lone_names import lone_names, names_joined_by_and
from extractors.names.signatures import (
    agency_credit,
    is_agency,
    is_name,
    unlabelled,
    without_date_label,
)
from extractors.names.trades import is_role
from extractors.outlet import Outlet
from extractors.page.linked_data import persons
from extractors.page.metadata import Metadata
from extractors.text import display, matching

# What stands where an author's name does and names no person: desks, accounts; «(خاص)» says that the story is exclusive.
NOT_PERSONS = {
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
_WRITTEN_BY = re.compile(r"\(? ?(?:إعداد|اعداد) ?[:/] ?(?P<name>[^()\d:]{3,40}?) ?[-–—]")  # «إعداد: س – تحرير: ص»
_SOURCE_SPLIT = re.compile(r" ?[+,،؛/|&] ?| و(?=ال?وكالات|مواقع)")
_ORGANISATION = re.compile(
    r"وكالة|وكالات|صحيفة|جريدة|موقع|شبكة|مركز|قناة|تلفزيون|تلفزة|إذاعة|راديو|مؤسسة|مجلة|منصة|فريق|قسم|تحرير|هيئة|إدارة|مكتب"
    r"|(?<!\w)(?:نيوز|برس|ميديا|للأنباء|للإعلام|للصحافة|(?:ال)?(?:إخبارية?|إعلامية?)|بي بي سي|روسيا اليوم)(?!\w)"
    r"|news|agency|media\b|\bpress\b|\b(?:tv|radio|magazine|newspaper)\b|\beditor\b|\badmin\b"
    r"|\.com|\.net|@|https?:",
    re.IGNORECASE,
)


def names_of_newsroom(metadata: Metadata, outlet: Outlet | None) -> frozenset[str]:
    """What the site calls itself, in matching form: the outlet's names, og:site_name, publishers, short parts of the <title>."""
    parts = [part for part in re.split(r" [-–—:»] | ?\| ?", metadata.title or "") if len(part.split()) <= 3]
    names = (outlet.name, outlet.name_ar) if outlet else ()
    stated = (*metadata.every("og:site_name", "application-name"), *metadata.linked.organisations)
    return frozenset(form for name in (*names, *stated, *parts) if (form := matching(name)))


def is_person(name: str) -> bool:
    """Whether a printed name can be a person's: not a desk, an agency, an address."""
    if re.fullmatch(r"[A-Z0-9 .&]+|[a-z._-]+|.*\d.*", name) or not re.match(r"[^\W\d_]", name):
        return False  # LBCI, AFP; «(أبوظبي - البيان)»; an account («enab», «editor3»), a channel with its number
    return matching(name) not in NOT_PERSONS and not is_agency(name) and not _ORGANISATION.search(name) and len(name.split()) <= 6


def author_candidates(
    metadata: Metadata, printed: list[str], lines: list[str], reporters: tuple[str, ...], outlet: Outlet | None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(source, names) in order of trust: byline elements, byline lines, the dateline, JSON-LD, meta tags (which often hold user
    accounts). Names that the site goes by are left out.

    printed: the text of byline elements; lines: dropped as bylines; reporters: named in the dateline.
    """
    newsroom_names = names_of_newsroom(metadata, outlet)

    def people(names: Iterable[str]) -> tuple[str, ...]:
        bare = (part for name in names for part in _split_names(_bare_name(name)))
        return tuple(
            dict.fromkeys(
                name for name in bare if is_person(name) and not is_role(name) and not _is_newsroom(name, newsroom_names)
            )
        )

    yield "page", people(printed)
    yield "lines", people(name for line in lines for name in lone_names(line, newsroom_names) or names_in([line]))
    yield "dateline", reporters
    yield "json-ld", people(persons(metadata.linked))
    yield "meta", people(metadata.every("author", "article:author", "dc.creator", "parsely-author"))


def _is_newsroom(name: str, newsroom_names: frozenset[str]) -> bool:
    """Whether a name is the site's, or its short or long form: «عنب بلدي أونلاين»; no person's name is."""
    form = matching(name)
    return form in newsroom_names or (
        not is_full_name(name)
        and any(site.startswith(f"{form} ") or (" " in site and form.startswith(f"{site} ")) for site in newsroom_names)
    )


def _bare_name(name: str) -> str:
    """«بقلم: س», «س - القاهرة», «اسم الصحيفة - س», «NAME Published» → the name."""
    text = without_date_label(unlabelled(display(name)))
    label, _, named = text.partition(":")
    if label and is_name(named.strip()):
        text = named.strip()  # «مراسل المثال: س ع», «إعداد وتحرير: س ع»
    parts = re.split(r" [-–—|] ", text)
    return next((part for part in parts if is_full_name(part)), parts[0])


def _split_names(name: str) -> list[str]:
    """«س ع وص ف», «A B and C D» → two names."""
    pair = [part for part in re.split(r" (?:and|und|og|et|&) ", name) if part]
    return pair if len(pair) > 1 and all(len(part.split()) > 1 for part in pair) else names_joined_by_and(name)


def names_in(lines: list[str]) -> list[str]:
    """The names of byline lines: «بقلم: س», «س | ص | ع»."""
    names: list[str] = []
    for line in lines:
        byline = boilerplate.BYLINE.fullmatch(line)
        if boilerplate.EDITOR.fullmatch(line) is not None:
            written_by = _WRITTEN_BY.match(line)
            names += [display(written_by["name"])] if written_by else []
            continue
        names += [display(name) for name in re.split(r" ?[|،,] ?", byline["names"] if byline else line)]
    return names


def is_editor_line(line: str) -> bool:
    """Whether a line names an editor («Editing: س |»), not an author."""
    return boilerplate.EDITOR.fullmatch(line) is not None


def read_editors(lines: list[str]) -> tuple[str, ...]:
    """The names of «Editing: س |» lines."""
    matches = (boilerplate.EDITOR.fullmatch(line) for line in lines)
    return tuple(dict.fromkeys(display(match["names"] or match["again"]) for match in matches if match))


def source_candidates(lines: list[str], signed: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lines that say «المصدر», then the agencies of a sign-off."""
    yield "page", read_sources(lines)
    yield "sign-off", tuple(dict.fromkeys(name for line in signed for name in agency_credit(line)))


def read_sources(lines: list[str]) -> tuple[str, ...]:
    """«المصدر : الجزيرة + وكالات» → الجزيرة, وكالات."""
    names: list[str] = []
    for line in lines:
        source = boilerplate.SOURCE.fullmatch(line)
        if source and source["names"]:
            names += [display(name).strip(" .:") for name in _SOURCE_SPLIT.split(source["names"])]
    return tuple(dict.fromkeys(name for name in names if name))
