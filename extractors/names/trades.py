"""What an author is said to be: «كاتب سوري», «صحفية من مواليد حلب، تكتب عن …». Such a line begins with a trade and has no verb
before it.
"""

from __future__ import annotations

import re

from extractors.text import ends_sentence, word_count

_TRADE = (
    r"(?:كاتبة?|صحفية?|صحافية?|باحثة?|روائية?|شاعرة?|إعلامية?|اعلامية?|أكاديمية?|أستاذة?|محللة?|ناشطة?|مدونة?|مترجمة?|ناقدة?|حقوقية?"
    r"|دبلوماسية?|محامية?|طبيبة?|مستشارة?)(?!\w)"
)
_BEGINS = re.compile(_TRADE)
_LIFE = re.compile(rf"(?:\S+ \S+(?: \S+)?\s*[:،,]\s*)?{_TRADE}")
_LIFE_WORDS, _ROLE_WORDS = 60, 8


def is_life(text: str) -> bool:
    """Whether a paragraph tells an author's life: it begins with a trade, a name perhaps before it."""
    return word_count(text) <= _LIFE_WORDS and _LIFE.match(text) is not None


def is_role(text: str) -> bool:
    """Whether a text is a trade and what belongs to it, and no sentence: «كاتب وباحث سوري»."""
    return word_count(text) <= _ROLE_WORDS and not ends_sentence(text) and _BEGINS.match(text) is not None
