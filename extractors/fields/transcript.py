"""The transcript of a broadcast, told by its speakers' turns («ليلى الشايب: …») and what transcribers set in brackets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from extractors.names.given_names import is_full_name
from extractors.names.signatures import is_name
from extractors.text import matching

_TURN = re.compile(r"[-–—•*\s]{0,4}(?P<who>[^\W\d_]+(?: [^\W\d_]+){1,4})\s?(?:[\[(][^\])\n]{2,40}[\])]\s?)?:(?=\s|$)")
_MARK = re.compile(
    r"[\[(]\s?(?:تقرير|شريط|كلمة|تسجيل|لقطة|مقطع|مشهد|فاصل|موجز|موسيقى|أغنية)"
    r"(?: (?:مسجل|مسجلة|إعلاني|قصير|صوتي|فيديو|مصور|الأنباء|الأخبار))?\s?[\])]"
)
# «ضيوف الحلقة: …», «مقدم البرنامج: …»: the list above a transcript, and above a film without one.
_LABEL_WORDS = (
    "الحلقة|البرنامج|ضيف|ضيفا|ضيوف|الضيوف|الضيف|مقدم|مقدمة|تقديم|المقدم|تاريخ|عنوان|اسم|إعداد|إخراج|إنتاج|محاور|المحاور"
)
_LABELS = frozenset(map(matching, _LABEL_WORDS.split("|")))
_LINE = 200


def is_transcript(paragraphs: Iterable[str]) -> bool:
    """Whether at least two turns of speakers stand in a text, or one beside a transcriber's mark («[تقرير مسجل]»)."""
    lines = [text[:_LINE] for text in paragraphs]
    speakers = Counter(found["who"] for text in lines if (found := _TURN.match(text)) and _may_speak(found["who"]))
    turns = sum(count for who, count in speakers.items() if count > 1 or is_full_name(who))
    return turns + (1 if has_marks(lines) else 0) >= 2 and turns > 0


def has_marks(paragraphs: Iterable[str]) -> bool:
    """Whether a transcriber's mark stands in a text: «[تقرير مسجل]», «[شريط مسجل]», «[فاصل إعلاني]»."""
    return any(_MARK.search(text) for text in paragraphs if "[" in text or "(" in text)


def _may_speak(who: str) -> bool:
    return is_name(who) and _LABELS.isdisjoint(matching(who).split())
