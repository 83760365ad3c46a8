"""Who wrote a piece, on lines that print the name with a label, a place or nothing: «حاورها: س», «س - القاهرة», «س»."""

from __future__ import annotations

import re

from extractors.article import Dateline
from extractors.given_names import is_full_name
from extractors.text import display, matching, word_count

_LABEL = re.compile(
    r"^\s*(?:(?:كتبه?ا?|كتبت|أضيف|نشره?|مرسلة?|أعده?ا?|أعدته)?\s*بواسطة|بقلم|كتبت?|كتبه|كتبتها?|إعداد|اعداد|تحقيق|تقرير|حوار|حاوره?ا?|حاورته?ا?"
    r"|أجرى الحوار|أجرت الحوار|ترجمة|متابعة|مراسل(?:نا|تنا)?|By|Posted by|Author)\s*[:/\-–]?\s+",
    re.IGNORECASE,
)
_PARTED = re.compile(r"\s*[-–—ـ]\s*|\s*[،,]\s+")
_NAME = re.compile(r"(?:[^\W\d_]\.\s?)?[^\W\d_]+(?:[ -][^\W\d_]+){1,4}")
_WORDS_OF_NO_NAME = (
    "كاتب كاتبة الكاتب صحفي صحفية صحافي صحافية باحث باحثة وكالة وكالات هيئة تحرير التحرير فريق قسم موقع مراسل مراسلة محرر "
    "مشاركة جميع مقالات المزيد صفحة خاص من في على عن إلى هذا هذه كل آخر أخبار الأخبار اشترك تابع نشر قراءة دقيقة دقائق رئيس "
    "مدير ترجمة عاجل مصدر المصدر حفظ طباعة تعليق تعليقات لا جريدة صحيفة شبكة مركز قناة"
)
_NO_NAME = frozenset(map(matching, _WORDS_OF_NO_NAME.split()))
_WIRES = (
    r"سانا|رويترز|وكالات|الوكالات|أ\s?ف\s?ب|ا\s?ف\s?ب|د\s?ب\s?أ|أ\s?ب|الأناضول|الفرنسية|سبوتنيك|واس|وام|بترا|كونا|قنا|معا|وفا|شينخوا|CNN|"
    r"AFP|AP|أ ش أ|نوفوستي|إرنا|فارس|تاس|أسوشيتد برس|الأوروبية"
)
_PLACE = r"[^\W\d_][^\W\d_ء]*(?: [^\W\d_]+){0,2}"
_GAP = r"\s*[-–—ـ/،,:]\s*"
_OF_AGENCY = (
    re.compile(rf"\(?\s*(?P<place>{_PLACE}){_GAP}(?P<agency>{_WIRES})\s*\)?[-–—:.\s]*"),
    re.compile(rf"\(?\s*(?P<agency>{_WIRES}){_GAP}(?P<place>{_PLACE})\s*\)?[-–—:.\s]*"),
    re.compile(rf"\(\s*(?P<agency>{_WIRES})\s*\)[-–—:.\s]*"),
)
_RUN_IN = (
    re.compile(rf"(?P<text>(?:(?P<place>[^\W\d_][^().\d]{{1,40}}?)\s*)?\(\s*(?P<agency>{_WIRES})\s*\)\s*(?:--|[-–—ـ:]))\s*\S"),
    re.compile(rf"(?P<text>(?P<place>{_PLACE})\s*[-–—ـ/،]\s*(?P<agency>{_WIRES})\s*(?:--|[-–—ـ:]))\s*\S"),
)
_LONG = 60


def agency_line(line: str) -> Dateline | None:
    """A line that is the dateline of a news agency: «حماة - سانا», «(رويترز)»."""
    if len(line) > _LONG:
        return None
    for pattern in _OF_AGENCY:
        found = pattern.fullmatch(line)
        if found:
            place = found.groupdict().get("place")
            return Dateline(line.strip(), display(found["agency"]), display(place) if place else None)
    return None


def run_in_dateline(lead: str) -> Dateline | None:
    """The dateline of an agency at the beginning of the first sentence: «القاهرة (رويترز) - قال …», «(رويترز) - قال …»."""
    for pattern in _RUN_IN:
        found = pattern.match(lead)
        if found:
            return Dateline(found["text"], display(found["agency"]), display(found["place"]) if found["place"] else None)
    return None


def signature(line: str) -> tuple[str, str | None] | None:
    """Name and place of a line that is a common given name with its family name, or that with a place before or after it."""
    if len(line) > _LONG or word_count(line) > 7:
        return None
    parts = [part for part in _PARTED.split(unlabelled(line)) if part]
    if len(parts) > 2 or not all(_NAME.fullmatch(part) or word_count(part) == 1 for part in parts):
        return None
    names = [part for part in parts if is_full_name(part) and is_name(part)]
    if len(names) != 1:
        return None
    place = next((part for part in parts if part != names[0]), None)
    return names[0], place if place and not _NO_NAME.intersection(matching(place).split()) else None


def stated_name(line: str) -> str | None:
    """The name on a line that its markup says is an author's; the given name need not be known."""
    if len(line) > _LONG:
        return None
    parts = _PARTED.split(unlabelled(line))
    likely = [part for part in parts if is_name(part)]
    known = [part for part in likely if is_full_name(part)]
    return next(iter([*known, *likely]), None)


def unlabelled(line: str) -> str:
    """«كتب: س» → س."""
    return _LABEL.sub("", line).strip(" :،,.-–")


def is_name(text: str) -> bool:
    """Two to five words of letters, none of them one that names desks, trades or buttons."""
    return _NAME.fullmatch(text) is not None and not _NO_NAME.intersection(matching(text).split())
