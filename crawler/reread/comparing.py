"""An article as it was kept against the same page read anew: is the text the same, better or worse, which fields came and went.

There is no reference text here. What can be judged without one: furniture that the catalogue or the crawl knows, paragraphs that
only one side has, and the page's own linked data where it holds the story (`articleBody`). Where these do not decide, the answer
is `undecided`, and a person may look at the example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from selectolax.lexbor import LexborHTMLParser

from extractors import Page, boilerplate
from extractors.body.learned_lines import block_hash
from extractors.boilerplate import SURE
from extractors.measures import folded, paragraph_rate, shared, word_figures, words
from extractors.outlet import Catalogue
from extractors.page.decoding import UndecodableError, as_markup, decode
from extractors.page.metadata import read_metadata
from extractors.text import is_prose
from storage.record import Json
from storage.text.identity import identity

Judgement = Literal["equal", "better", "worse", "undecided"]
Change = Literal["won", "lost", "changed"]

FIELDS: Final = (
    "kind", "language", "headline", "description", "dateline", "authors", "editors", "section", "keywords", "sources",
    "date_published", "date_modified", "images", "embeds", "links",
)  # fmt: skip
IDENTITY: Final = frozenset(
    {"schema_version", "id", "outlet", "url", "revision", "previous", "capture", "run_id", "extractor", "content_hash", "reading"}
)
"""What does not make two records differ: the article's place in the archive, who read it, and how sure that reader was."""

LEAST_WORDS: Final = 40
LIKENESS: Final = 0.5
"""Linked data that is less like both texts than that (F1 of words) is a teaser or another story."""
MARGIN: Final = 0.005


@dataclass(frozen=True, slots=True)
class Furniture:
    """What is known not to be story: an outlet's catalogue, and the hashes of lines that stand on page after page."""

    catalogue: Catalogue
    learned: frozenset[str] = frozenset()

    def among(self, paragraphs: Iterable[str]) -> list[str]:
        """The paragraphs that only a template writes."""
        return [
            line
            for line in paragraphs
            if boilerplate.is_furniture(line, self.catalogue)
            or boilerplate.is_aside(line, self.catalogue)
            or boilerplate.closing_strength(line, self.catalogue) == SURE
            or boilerplate.is_ticker(line)
            or (block_hash(line) in self.learned and not is_prose(line))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """text: of the bodies, and why. fields: those that differ. differs: whether a reader of the archive sees any difference.

    won, lost: paragraphs of one side only, furniture left out; furniture: paragraphs before and after that are. likeness: F1 of
    the words and share of equal paragraphs.
    """

    text: Judgement
    why: str
    differs: bool
    fields: dict[str, Change] = field(default_factory=dict)
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    furniture: tuple[int, int] = (0, 0)
    words: tuple[int, int] = (0, 0)
    likeness: tuple[float, float] = (1.0, 1.0)


def compare(old: Json, new: Json, page: Page, furniture: Furniture) -> Comparison:
    """The record as it was kept and as it is read now from `page`."""
    fields = {name: change for name in FIELDS if (change := _change(old.get(name), new.get(name)))}
    differs = any(
        old.get(name) != new.get(name)
        and name not in IDENTITY
        and not (name == "blocks" and name not in old)  # schema 1 had no structure
        and not (_empty(old.get(name)) and _empty(new.get(name)))
        for name in (*new, *(name for name in old if name not in new))
    )
    if old["body"] == new["body"]:
        count = _words_of(old["body"])
        return Comparison(text="equal", why="the same", differs=differs, fields=fields, words=(count, count))
    before, after = old["body"].split("\n\n"), new["body"].split("\n\n")
    leaked = furniture.among(before), furniture.among(after)
    lost = tuple((_bag(before) - _bag(after) - _bag(leaked[0])).elements())
    won = tuple((_bag(after) - _bag(before) - _bag(leaked[1])).elements())
    counts = len(leaked[0]), len(leaked[1])
    text: Judgement
    if identity(old["body"]) == identity(new["body"]):
        text, why = "equal", "the same but for typography"
    else:
        text, why = _by_linked_data(before, after, page) or _by_paragraphs(before, after, won, lost, counts)
    return Comparison(
        text=text,
        why=why,
        differs=True,
        fields=fields,
        won=won,
        lost=lost,
        furniture=counts,
        words=(len(words(before)), len(words(after))),
        likeness=(word_figures(before, after)[2], paragraph_rate(before, after)),
    )


def _by_linked_data(before: list[str], after: list[str], page: Page) -> tuple[Judgement, str] | None:
    """By how far the page's `articleBody` has the same words, where it has the story."""
    try:
        markup = as_markup(decode(page.body, page.content_type))
    except UndecodableError:
        return None
    stated = read_metadata(LexborHTMLParser(markup)).linked.text("articleBody") or ""
    if len(stated.split()) < LEAST_WORDS:
        return None
    then, now = word_figures([stated], before)[2], word_figures([stated], after)[2]
    if max(then, now) < LIKENESS or abs(now - then) < MARGIN:
        return None
    return ("better" if now > then else "worse"), f"words of the page's articleBody: F1 {then:.3f} before, {now:.3f} now"


def _by_paragraphs(
    before: list[str], after: list[str], won: tuple[str, ...], lost: tuple[str, ...], leaked: tuple[int, int]
) -> tuple[Judgement, str]:
    """By furniture and by paragraphs that only one side has; undecided when they point in two directions."""
    less, more = leaked[1] < leaked[0], leaked[1] > leaked[0]
    if words(before) == words(after):
        reason = f"the same words, in {len(after)} paragraphs instead of {len(before)}"
        return ("better" if less else "worse" if more else "undecided"), reason
    reason = f"{len(won)} paragraphs won, {len(lost)} lost; furniture {leaked[0]} before, {leaked[1]} now"
    gain = sum(map(is_prose, won)) - sum(map(is_prose, lost)) if not (won and lost) else _words_gained(won, lost)
    if (less or gain > 0) and not more and gain >= 0:
        return "better", reason
    if (more or gain < 0) and not less and gain <= 0:
        return "worse", reason
    return "undecided", reason


def _words_gained(won: tuple[str, ...], lost: tuple[str, ...]) -> int:
    """Paragraphs that differ on both sides: words won, if none is lost by it, or the other way round; else 0."""
    now, then = words(won), words(lost)
    common = shared(now, then)
    return len(now) - common if common == len(then) else common - len(then) if common == len(now) else 0


def _words_of(body: str) -> int:
    """As many as `words` gives: display form has one space between two of them, and one blank line between paragraphs."""
    return body.count(" ") + body.count("\n\n") + bool(body)


def _bag(paragraphs: Iterable[str]) -> Counter[str]:
    return Counter(map(folded, paragraphs))


def _change(old: Any, new: Any) -> Change | None:
    if _empty(old) or _empty(new):
        return None if _empty(old) and _empty(new) else "won" if _empty(old) else "lost"
    return "changed" if old != new else None


def _empty(value: Any) -> bool:
    """Unknown: null, an empty list or text; `false` is what a field of a later version of the record says by default."""
    return value is None or value is False or value in ("", [], {})
