"""Who wrote a piece, on lines that print the name with a label, a place or nothing: «حاورها: س», «س - القاهرة», «س»."""

from __future__ import annotations

import re

from extractors.article import Dateline
from extractors.boilerplate import SOURCE_LINE
from extractors.names.given_names import is_full_name
from extractors.text import display, matching, word_count

_LABEL = re.compile(
    r"^ ?(?:(?:كتبه?ا?|كتبت|أضيف|نشره?|مرسلة?|أعده?ا?|أعدته)? ?بواسطة|بقلم|كتبت?|كتبه|كتبتها?|إعداد|اعداد|تحقيق|تقرير|حوار"
    r"|حاوره?ا?|حاورته?ا?|أجرى الحوار|أجرت الحوار|ترجمة|متابعة|مراسل(?:نا|تنا)?|نص|By|Posted by|Author) ?[:/\-–,،]? ",
    re.IGNORECASE,
)
_PARTED = re.compile(r" ?[-–—ـ] ?| ?[،,] ")
_SIGNED = re.compile(rf"{_PARTED.pattern}| ?: ")
_NAME = re.compile(r"(?:[^\W\d_]\.\s?)?[^\W\d_]+(?:[ -][^\W\d_]+){1,4}")
_WORDS_OF_NO_NAME = (
    "كاتب كاتبة الكاتب صحفي صحفية صحافي صحافية باحث باحثة وكالة وكالات هيئة تحرير التحرير فريق قسم موقع مراسل مراسلة محرر "
    "مشاركة جميع مقالات المزيد صفحة خاص من في على عن إلى هذا هذه كل آخر أخبار الأخبار اشترك تابع نشر قراءة دقيقة دقائق رئيس "
    "تصوير مونتاج إخراج المخرج المخرجة بطولة تأليف المؤلف رسوم الرئيس الوزير الدكتور الضيف السؤال الجواب المحاور إعلام شعر "
    "أرسل إرسال بريد بريدا البريد إلكترونيا إلكتروني الإلكتروني "
    "مدير ترجمة عاجل مصدر المصدر حفظ طباعة تعليق تعليقات لا جريدة صحيفة شبكة مركز قناة"
)
_NO_NAME = frozenset(map(matching, _WORDS_OF_NO_NAME.split()))
_WIRES = (
    r"سانا|رويترز|وكالات|الوكالات|أ\s?ف\s?ب|ا\s?ف\s?ب|د\s?ب\s?أ|أ\s?ب|الأناضول|الفرنسية|سبوتنيك|واس|وام|بترا|كونا|قنا|معا|وفا|شينخوا|CNN|"
    r"سمارت|عنب بلدي|بلدي نيوز|AFP|AP|أ ش أ|نوفوستي|إرنا|فارس|تاس|أسوشيتد برس|الأوروبية"
)
_PLACE = r"[^\W\d_][^\W\d_ء]{0,24}(?: [^\W\d_]{1,24}){0,2}"
_GAP = r" ?[-–—ـ/،,:] ?"
_OF_AGENCY = (
    re.compile(rf"\(? ?(?P<place>{_PLACE}){_GAP}(?P<agency>{_WIRES}) ?\)?[-–—:.\s]*"),
    re.compile(rf"\(? ?(?P<agency>{_WIRES}){_GAP}(?P<place>{_PLACE}) ?\)?[-–—:.\s]*"),
    re.compile(rf"\( ?(?P<agency>{_WIRES}) ?\)[-–—:.\s]*"),
)
_RUN_IN = (
    re.compile(rf"(?P<text>(?:(?P<place>[^\W\d_][^().\d]{{1,40}}?) ?)?\( ?(?P<agency>{_WIRES}) ?\) ?(?:--|[-–—ـ:])) ?\S"),
    re.compile(rf"(?P<text>(?P<place>{_PLACE}) ?[-–—ـ/،] ?(?P<agency>{_WIRES}) ?(?:--|[-–—ـ:])) ?\S"),
)
_AGENCY_NAME = re.compile(_WIRES)
_SIGN_OFF = re.compile(r"(?:(?:[^\W\d_]{1,2}[./،\s]+){2,})?\( ?(?P<names>[^().:؛]{2,50}) ?\)|(?P<bare>[^().:؛]{2,50})")
_DATE_LABEL = re.compile(
    r" (?:[-–—|•·] ?)?(?:Published|Updated|Posted|Last updated|نُ?شرت?|تاريخ النشر|آخر تحديث|تم النشر|تم التحديث|منذ)(?!\w)",
    re.IGNORECASE,
)
_DASH = re.compile(r" ?[-–—ـ] ?")
_LAST_AGENCY = re.compile(rf"(?<!\S)(?P<agency>{_WIRES})$")
_FROM = re.compile(r"^ ?من (?=\S+ \S)")
_LONG = 60


def agency_line(line: str) -> Dateline | None:
    """A line that is the dateline of a news agency: «حماة - سانا», «(رويترز)»."""
    if len(line) > _LONG or SOURCE_LINE.fullmatch(line):
        return None
    for pattern in _OF_AGENCY:
        found = pattern.fullmatch(line)
        if found:
            place = found.groupdict().get("place")
            if place and (is_agency(place) or is_full_name(place)):
                return None  # «(د ب أ، رويترز)» below a story; «سمارت - هبة دباس» names a reporter
            return Dateline(line.strip(), display(found["agency"]), display(place) if place else None)
    return None


def reporter_of_agency(line: str) -> tuple[Dateline, tuple[str, ...]] | None:
    """A dateline that names reporters beside an agency, a place perhaps: «محمد حسن الحمصي سمارت – حلب», «سمارت - هبة دباس»; None
    for any other line.
    """
    if len(line) > _LONG or not _AGENCY_NAME.search(line):
        return None
    agency, place, people = None, None, []
    for part in _DASH.split(line.strip(" :.")):
        by, named = _reporters_before_agency(part)
        names = [name for name in re.split(r" ?[،,|/+] ?", by) if name]
        if names and all(is_full_name(name) and is_name(name) for name in names):
            people += names
        elif by and (place is not None or not is_place(by)):
            return None
        else:
            place = by or place
        agency = named or agency
    return (Dateline(line.strip(), agency, place), tuple(people)) if agency and people else None


def _reporters_before_agency(part: str) -> tuple[str, str | None]:
    """What stands before an agency's name at the end of a part, and that name; the part alone where there is none."""
    found = _LAST_AGENCY.search(part)
    return (part[: found.start()].strip(), display(found["agency"])) if found else (part, None)


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
    parts = [part for part in _SIGNED.split(unlabelled(line)) if part]
    if len(parts) > 2 or not all(_NAME.fullmatch(part) or word_count(part) == 1 for part in parts):
        return None
    parts = [_reporters_before_agency(part)[0] or part for part in parts]  # «محمد حسن الحمصي سمارت – حلب»
    names = [part for part in parts if is_full_name(part) and is_name(part)]
    if len(names) != 1:
        return None
    place = next((part for part in parts if part != names[0]), None)
    if ":" in line and parts[0] == names[0] and place:
        return None  # «س ع: …» speaks; «القاهرة: س ع» signs
    return names[0], place if place and not _NO_NAME.intersection(matching(place).split()) else None


def stated_name(line: str) -> str | None:
    """The name on a line that its markup says is an author's; the given name need not be known."""
    if len(line) > _LONG:
        return None
    parts = _PARTED.split(_FROM.sub("", without_date_label(unlabelled(line))))
    likely = [part for part in parts if is_name(part)]
    known = [part for part in likely if is_full_name(part)]
    return next(iter([*known, *likely]), None)


def unlabelled(line: str) -> str:
    """«كتب: س» → س."""
    return _LABEL.sub("", line).strip(" :،,.-–")


def without_date_label(text: str) -> str:
    """«NAME Published …», «NAME آخر تحديث …» → NAME: elements that hold a byline and a date."""
    found = _DATE_LABEL.search(text)
    return text[: found.start()] if found else text


def is_name(text: str) -> bool:
    """Two to five words of letters, none of them one that names desks, trades or buttons."""
    return _NAME.fullmatch(text) is not None and not _NO_NAME.intersection(matching(text).split())


def is_place(text: str) -> bool:
    """One to three words of letters, none of them one that names desks, trades or buttons."""
    return re.fullmatch(_PLACE, text) is not None and not _NO_NAME.intersection(matching(text).split())


def is_agency(text: str) -> bool:
    """Whether a text is the name of a news agency and nothing else."""
    return _AGENCY_NAME.fullmatch(text) is not None


def is_labelled_name(line: str) -> bool:
    """«كتب: س», «Author, س»: a label says that the name after it is an author's."""
    bare = unlabelled(line)
    return len(line) <= _LONG and bare != line.strip(" :،,.-–") and is_name(bare)


def agency_credit(text: str) -> tuple[str, ...]:
    """The agencies of a sign-off that names nothing besides, initials of editors perhaps: «ع.ح/ ع.ج (د ب أ، رويترز)»."""
    found = _SIGN_OFF.fullmatch(text) if len(text) <= _LONG else None
    names = [name.strip() for name in re.split(r" ?[/،,+] ?| - ", found["names"] or found["bare"])] if found else []
    return tuple(names) if names and any(map(is_agency, names)) and all(map(_names_source, names)) else ()


def _names_source(name: str) -> bool:
    return is_agency(name) or (word_count(name) <= 2 and re.search(r"\d|وكالات", name) is not None)
