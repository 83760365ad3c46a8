"""Questions to the index: words, phrases and fields, as people type them, into FTS5 expressions.

الجولاني إدلب       both words, in whatever spelling, with or without article and clitics (و ف ب ل ك)
"ريف حلب الغربي"    these words in this order and exactly this spelling; «…» and “…”, as phones write them, mean the same
-روسيا              not this word
headline:هدنة  author:"ليلى"   in this field only (headline, body, author, in whatever case)
~سوريا              widely: with the endings and twins of the word (سورية، سوري، السوريون …)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from storage.errors import ArchiveError
from storage.text.folding import fold
from storage.text.identity import identity

MAX_CHARACTERS: Final = 500
MAX_WORDS: Final = 20
"""Of what must not be there, too; a phrase counts as one. A word is looked up in some twenty forms."""
_TERM: Final = re.compile(
    r"""(?P<minus>-)?(?:(?P<field>headline|author|body):)?(?P<wide>~)?
    (?:"(?P<plain>[^"]*)"?|«(?P<angular>[^»]*)»?|“(?P<curly>[^”]*)”?|(?P<word>[^\s"«“]+))""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE_FIELD: Final = re.compile(r"-?(headline|author|body):~?", re.IGNORECASE)
_OUTER: Final = ("", "و", "ف")
_INNER: Final = ("", "ب", "ل", "ك", "ال", "بال", "لل", "كال")
_ARTICLE: Final = re.compile(r"[وف]?(?:بال|كال|لل|ال)(?=\w{3})")
"""What is written on to a word in front, where at least three letters are left."""
_ENDINGS: Final = ("", "ا", "ه", "ي", "يه", "يا", "ها", "هم", "ين", "ون", "ان", "ات", "يين", "يون", "يات")
_LAST: Final = re.compile(r"(?<=\w{3})(?:يون|يين|يات|يه|يا|ات|ون|ين|ان|ه|ا|ي)$")
_WORDS: Final = re.compile(r"[^\W_]+")


class QueryError(ArchiveError):
    """A question that cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Query:
    """match: an FTS5 expression; forms: folded words that are marked in snippets; exact: phrases that the text must have as
    they stand, in identity form, or (absent) must not have.
    """

    match: str
    forms: frozenset[str]
    exact: tuple[tuple[str, str], ...] = ()
    absent: tuple[tuple[str, str], ...] = ()


def parse_query(text: str, *, wide: bool = False, known: Callable[[str], bool] = lambda _: True) -> Query:
    """The question in these words. QueryError: none, too long, or only what must not be there.

    known: whether the index has a folded word (`SearchIndex.has_word`): forms that no text has are not asked for, which changes
    no answer, and takes a fifth of the time where they are hundreds.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"a question of at most {MAX_CHARACTERS} characters can be asked, this one has {len(text)}")
    wanted: list[str] = []
    unwanted: list[str] = []
    forms: set[str] = set()
    exact: list[tuple[str, str]] = []
    absent: list[tuple[str, str]] = []
    asked = 0
    for term in _TERM.finditer(text):
        field = (term["field"] or "").lower()
        phrase = next((each for each in term.group("plain", "angular", "curly") if each is not None), None)
        words = _WORDS.findall(fold(term["word"] if phrase is None else phrase))
        if (field and not words) or _BARE_FIELD.fullmatch(term[0]):
            raise QueryError(
                f'{term[0]!r} names no word: write it straight after the colon, such as headline:هدنة or author:"ليلى"'
            )
        if not words:
            continue
        asked += 1 if phrase is not None else len(words)
        if asked > MAX_WORDS:
            raise QueryError(f"at most {MAX_WORDS} words and phrases can be asked for at once")
        expression, marked = _phrase(words) if phrase is not None else _all_of(words, wide or bool(term["wide"]), known)
        if field:
            expression = f"{{{field}}} : ({expression})"
        (unwanted if term["minus"] else wanted).append(expression)
        if phrase is not None:
            (absent if term["minus"] else exact).append((field, identity(phrase)))
        if not term["minus"]:
            forms |= marked
    if not wanted:
        raise QueryError(f"{text!r} asks for no word" + (" (only for what must not be there)" if unwanted else ""))
    # A phrase that must not be there in this spelling may be there in another: that is judged by the text, not by the index.
    excluded = "" if absent else " OR ".join(f"({each})" for each in unwanted)
    match = " AND ".join(f"({each})" for each in wanted)
    return Query(f"({match}) NOT ({excluded})" if excluded else match, frozenset(forms), tuple(exact), tuple(absent))


def _phrase(words: list[str]) -> tuple[str, set[str]]:
    return '"' + " ".join(words) + '"', set(words)


def _all_of(words: list[str], wide: bool, known: Callable[[str], bool]) -> tuple[str, set[str]]:
    marked: set[str] = set()
    parts = []
    for word in words:
        forms = frozenset(filter(known, spellings(word, wide=wide))) or {word}
        marked |= forms
        parts.append(" OR ".join(f'"{form}"' for form in sorted(forms)))
    return " AND ".join(f"({part})" for part in parts), marked


def spellings(word: str, *, wide: bool = False) -> frozenset[str]:
    """The forms in which a folded word is looked up: alone, with article, and with what is written on to it in front.

    wide: with other endings as well, which finds kin (سوري، سورية، السوريون) and now and then a stranger.
    """
    if not re.search(r"[\u0621-\u064a]", word):
        return frozenset({word})
    bases = {word, _ARTICLE.sub("", word, count=1) if _ARTICLE.match(word) else word}
    if wide:
        stems = {_LAST.sub("", base) for base in bases}
        bases |= {stem + ending for stem in stems for ending in _ENDINGS}
    shortest = _ARTICLE.sub("", word, count=1) if _ARTICLE.match(word) else word
    found = {word}
    for base in bases:
        if base == word and base != shortest:
            continue  # it has its article already: nothing is written on to that
        found |= {outer + inner + base for outer in _OUTER for inner in _INNER}
    return frozenset(found)
