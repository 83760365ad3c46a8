"""Lines that tell a date among other things: «كل يوم | 5 نوفمبر 2026», «أضيف بواسطة س بتاريخ 19 نونبر 2026 - 11:25»."""

from __future__ import annotations

import re

from extractors import boilerplate
from extractors.names.signatures import stated_name
from extractors.text import word_count

_POSTED = re.compile(
    r"(?:أضيف|اضيف|نشر|نشرت|كتب|كتبه|أرسل|مرسلة|Submitted|Posted|Published)? ?"
    r"(?:(?:بواسطة|من قبل|by) (?P<name>.{2,40}?) )?(?:بتاريخ|في|يوم|on) (?P<date>.{8,60})",
    re.IGNORECASE,
)
_PARTED = re.compile(r" ?[|•·] ?")
_COMMENTS = re.compile(r" ?(?:No Comments?|(?<!\d)\d{1,9} (?:Comments?|تعليقا?ت?)|لا تعليقات?|لا توجد تعليقات) ?$", re.IGNORECASE)
_LONG = 120


def dated_part(line: str) -> tuple[str, list[str]] | None:
    """The date of such a line as printed, and the names in it; None when the line tells no date in one of these ways."""
    if len(line) > _LONG:
        return None
    found = _POSTED.match(line)
    if found:
        date = next(
            (
                part
                for part in (found["date"], found["date"].partition(" في قسم ")[0], _COMMENTS.sub("", found["date"]))
                if boilerplate.is_date_line(part)
            ),
            None,
        )
        if date:
            name = stated_name(found["name"]) if found["name"] else None
            return date, [name] if name else []
    parts = _PARTED.split(line)
    dates = [part for part in parts if boilerplate.is_date_line(part) and any(map(str.isdigit, part))]
    if len(parts) > 1 and len(dates) == 1 and all(word_count(part) <= 4 for part in parts if part not in dates):
        return dates[0], []
    return None
