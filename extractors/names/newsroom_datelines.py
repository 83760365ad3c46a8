"""Datelines in which a newsroom names itself: «لندن ـ "اسم الصحيفة":», «دمشق/ س ع/ الوكالة».

Its name is known from the page's data.
"""

from __future__ import annotations

import re

from extractors.article import Dateline
from extractors.names.given_names import is_full_name
from extractors.names.signatures import is_agency, is_name, is_place
from extractors.text import display, matching, word_count

_GAP = re.compile(r" ?[-–—ـ/:،,] ?")
_QUOTED = " «»\"“”„'()[]"
_RUN_IN = re.compile(
    r"(?P<text>(?P<place>[^\W\d_]+(?: [^\W\d_]+){0,2}) ?[-–—ـ/،:(] ?[«\"“]?(?P<agency>[^«»\"“”()\n:.،]{3,30})[»\"”)]?"
    r" ?[:\-–—ـ]) ?\S"
)
_LONG = 70
_PARTS = 3
# A breadcrumb has the form of a dateline: «سياسة - اسم الصحيفة».
_SECTIONS = frozenset(
    map(
        matching,
        [
            "سياسة",
            "اقتصاد",
            "رياضة",
            "ثقافة",
            "رأي",
            "آراء",
            "أخبار",
            "الأخبار",
            "منوعات",
            "مقالات",
            "تقارير",
            "تكنولوجيا",
            "صحة",
            "فن",
            "مجتمع",
            "حوادث",
            "خاص",
            "متابعات",
            "وكالات",
            "الرئيسية",
            "تحقيقات",
            "دولي",
            "محلي",
            "عربي",
            "عالم",
            "محليات",
            "تحليل",
            "ملفات",
            "فيديو",
            "صور",
            "بالفيديو",
            "بالصور",
        ],
    )
)


def newsroom_dateline(line: str, newsroom_names: frozenset[str]) -> tuple[Dateline, tuple[str, ...]] | None:
    """The dateline of a line that is the newsroom's own name with a place, and the reporter in it; None for any other line.

    Without a place it is no dateline: «س ع - اسم الصحيفة» signs a story.
    """
    if not newsroom_names or len(line) > _LONG or _GAP.search(line) is None or word_count(line) > 9:
        return None
    parts = [part.strip(_QUOTED) for part in _GAP.split(line.strip(" :.-–—ـ/"))]
    named = [part for part in parts if part and (matching(part) in newsroom_names or (len(parts) == _PARTS and is_agency(part)))]
    others = [part for part in parts if part not in named]
    if len(named) != 1 or not 1 <= len(others) < _PARTS or not all(map(_may_stand, others)):
        return None
    people = tuple(part for part in others if is_full_name(part))
    places = [part for part in others if part not in people and matching(part) not in _SECTIONS]
    if len(people) > 1 or len(places) != 1:
        return None
    return Dateline(line.strip(), display(named[0]), places[0]), people


def newsroom_dateline_in(lead: str, newsroom_names: frozenset[str]) -> Dateline | None:
    """The same with a place at the beginning of the first sentence: «دمشق – «اسم الصحيفة»: قال …»."""
    found = _RUN_IN.match(lead)
    if found is None or matching(found["agency"]) not in newsroom_names or not _may_stand(found["place"]):
        return None
    return Dateline(found["text"], display(found["agency"]), display(found["place"]))


def _may_stand(part: str) -> bool:
    return is_place(part) or is_name(part) or matching(part) in _SECTIONS
