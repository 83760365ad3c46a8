"""Lines that are nothing but the names of who wrote: «لجين مراد», «إيمان حسن, محمد الحاج», «عنب بلدي لجين مراد».

They stand before the first paragraph or after the last one. What tells a name from a subhead is its given name, or what stands
beside it.
"""

from __future__ import annotations

import re

from extractors.names.given_names import is_full_name
from extractors.names.signatures import is_agency, is_name
from extractors.text import display, matching, word_count

_LONG = 90
_MANY = 5  # a longer list names participants
_MAX_WORDS_OF_NEWSROOM = 3
_PARTED = re.compile(r" ?[,،|؛/+&] ?| [-–—ـ] ")
_AND = re.compile(r" و\s?(?=\S+ \S)")
_EXCLUSIVE = frozenset(map(matching, ("خاص", "حصري")))  # «س ع - خاص»
_STOPS = (".", "!", "?", "؟", "…")
_ENDS = " :.-–—ـ"


def lone_names(line: str, newsroom_names: frozenset[str], *, certain: bool = False) -> tuple[str, ...]:
    """The persons that a line names, if it holds nothing besides but the newsroom's own name; else an empty tuple.

    newsroom_names: what the site calls itself, in matching form. certain: the line's place says that it names persons (a dateline
    follows), so that given names need not be known.
    """
    if len(line) > _LONG or line.rstrip().endswith(_STOPS):
        return ()
    text = _without_newsroom(display(line).strip(_ENDS), newsroom_names)
    parts = [name for part in _PARTED.split(text) if part for name in names_joined_by_and(part)]
    names = [part for part in parts if matching(part) not in newsroom_names | _EXCLUSIVE]
    if not names or len(names) > _MANY or (certain and word_count(line) > 3 * _MANY):
        return ()
    return tuple(names) if all(_is_person(name, certain=certain) for name in names) else ()


def names_joined_by_and(text: str) -> list[str]:
    """«س ع وص ف» → two names, where both begin with a given name; else the text alone."""
    pair = [part for part in _AND.split(text) if part]
    return pair if len(pair) > 1 and all(map(is_full_name, pair)) else [text]


def _is_person(name: str, *, certain: bool) -> bool:
    return is_name(name) and (is_full_name(name) or (certain and 2 <= word_count(name) <= 3))


def _without_newsroom(text: str, newsroom_names: frozenset[str]) -> str:
    """A line without the newsroom's name, or an agency's, before or after the persons."""
    words = text.split()
    for count in range(min(_MAX_WORDS_OF_NEWSROOM, len(words) - 2), 0, -1):
        first, last = " ".join(words[:count]), " ".join(words[-count:])
        if matching(first) in newsroom_names or is_agency(first):
            return " ".join(words[count:]).strip(_ENDS)
        if matching(last) in newsroom_names or is_agency(last):
            return " ".join(words[:-count]).strip(_ENDS)
    return text
