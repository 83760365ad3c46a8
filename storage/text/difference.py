"""What changed from one text to another: paragraphs aligned, then words; and the class of the change.

Two texts are compared as their identity forms are: what `storage.text.identity` takes for the same (digits' script, quotes,
tatweel, tashkil) is no difference here. The classes, of which a change may have several:

    typography         the same letters in the same order: punctuation, spaces between words (عبدالله, عبد الله), and the
                       letters that keyboards interchange (أ إ آ ا · ى ي · ة ه)
    number             a number in digits or words came, went or changed: the dead, the date, the sum
    name               a changed word is one of an author's, editor's, keyword's or the dateline's, or stands after a title
                       («الرئيس», «اللواء», «السيدة») in both texts
    wording            any other words, or the order of words or paragraphs
    headline           the headline, whatever changed in it; the classes of its words are told beside
    paragraph_added    a paragraph that the earlier text has no counterpart of (half of the words, counted twice, in common)
    paragraph_removed  the same of the later text

A machine's judgement, to sort by: it knows no grammar. What counts as evidence are the two texts.
Where a comparison would take long (see the bounds), only what texts begin and end with alike is told apart from the rest.

One file, though long: paragraphs, words and classes of one comparison.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple, cast

from storage.text.folding import fold_letters
from storage.text.identity import identity
from storage.text.lexicon import NUMBER_WORDS, SPEECH, TITLES, stem

CLASSES: Final = ("typography", "wording", "number", "name", "headline", "paragraph_added", "paragraph_removed")
COMPARED_WORDS: Final = 1_000
"""Words of a paragraph (or paragraphs of a text) up to which they are aligned one by one: difflib is quadratic, or worse."""
COMPARED_CHARACTERS: Final = 400_000
"""Characters of both bodies up to which paragraphs are compared word by word."""
_PAIRED_PARAGRAPHS: Final = 60
_ALIKE: Final = 0.5
_NAME_WORDS: Final = 3
"""Words of a name after a title at most."""

_MARKS: Final = "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad"
_TOKEN: Final = re.compile(rf"[-−]?(?<![\w.])\d+(?:[.,:/٫٬]\d+)*|(?:[^\W\d]|[{_MARKS}])+|\d+|.", re.DOTALL)
_SPACED: Final = re.compile(rf"(?:{_TOKEN.pattern})\s*", re.DOTALL)
"""A word, number or sign with the space after it: spaces alone would make every comparison quadratic."""
_LETTER: Final = re.compile(r"[^\W_]")
_MEANT: Final = frozenset("%٪‰$€£¥+=<>°")
"""Signs that are more than punctuation."""

ArticleRecord = Mapping[str, Any]
"""An article record as `storage.record` writes it; what is read: headline, body, authors, editors, keywords, dateline."""
Kind = Literal["same", "changed", "added", "removed", "moved"]


class Piece(NamedTuple):
    """A run of text: in both (`old`, `new` the same but for their identity), or only in one of them (the other is "")."""

    same: bool
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One row of a difference: a paragraph of either text, or two that belong together, word by word in `pieces`."""

    kind: Kind
    pieces: tuple[Piece, ...]

    def parts(self) -> Iterator[tuple[Literal["same", "removed", "added"], str]]:
        """What is in both and what in one of them, in the order of reading: what was removed before what came in its place, the
        space after it apart.
        """
        for piece in self.pieces:
            if piece.same:
                yield "same", piece.new
                continue
            for kind, text in (("removed", piece.old), ("added", piece.new)):
                body = text.rstrip()
                if body:
                    yield cast("Literal['removed', 'added']", kind), body
                if len(body) < len(text):
                    yield "same", text[len(body) :]

    def to_json(self) -> dict[str, Any]:
        """`kind`, and `pieces` as [part, text]."""
        return {"kind": self.kind, "pieces": [list(part) for part in self.parts()]}


@dataclass(frozen=True, slots=True)
class Difference:
    """From an earlier text to a later one. headline: as a row; classes: in the order of CLASSES, empty for the same text."""

    headline: Paragraph
    paragraphs: tuple[Paragraph, ...]
    classes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """`change`, `headline` and `paragraphs`."""
        rows = [row.to_json() for row in self.paragraphs]
        return {"change": list(self.classes), "headline": self.headline.to_json(), "paragraphs": rows}


def classes(old: ArticleRecord, new: ArticleRecord) -> list[str]:
    """The classes of the change between two article records."""
    return list(difference(old, new).classes)


def difference(old: ArticleRecord, new: ArticleRecord) -> Difference:
    """Compare headline and body of two article records; authors, keywords and dateline tell what a name is."""
    names = _names(old) | _names(new)
    headline = _compared(old["headline"], new["headline"])
    bound = COMPARED_WORDS if len(old["body"]) + len(new["body"]) <= COMPARED_CHARACTERS else 0
    rows = tuple(_paragraphs(_split(old["body"]), _split(new["body"]), bound))
    found: set[str] = set()
    if headline.kind != "same":
        found |= {"headline"} | _classes(headline, names)
    for row in rows:
        found |= _classes(row, names)
    return Difference(headline, rows, tuple(name for name in CLASSES if name in found))


def _split(body: str) -> list[str]:
    return [paragraph for paragraph in body.split("\n\n") if paragraph.strip()]


def _names(record: ArticleRecord) -> frozenset[str]:
    """The words that are names as far as the record tells."""
    names = [*record.get("authors", ()), *record.get("editors", ()), *record.get("keywords", ())]
    names.append((record.get("dateline") or {}).get("place") or "")
    return frozenset(stem(word) for text in names for word in _words(text))


def _words(text: str) -> list[str]:
    return [word for word in (identity(token) for token in _TOKEN.findall(text)) if _LETTER.search(word)]


# --- paragraphs


def _paragraphs(old: list[str], new: list[str], bound: int) -> Iterator[Paragraph]:
    """Rows in the order of the later text, what was removed where it stood."""
    olds, news = [identity(text) for text in old], [identity(text) for text in new]
    pairs: list[tuple[int | None, int | None]] = []
    for same, a, b in _aligned(olds, news):
        inner = zip(range(len(olds[a])), range(len(news[b])), strict=True) if same else _paired(olds[a], news[b])
        pairs += [(None if i is None else a.start + i, None if j is None else b.start + j) for i, j in inner]
    gone = Counter(olds[i] for i, j in pairs if i is not None and j is None)
    came = Counter(news[j] for i, j in pairs if i is None and j is not None)
    moved_from, moved_to = gone & came, gone & came
    for i, j in pairs:
        if i is not None and j is not None:
            same_text = olds[i] == news[j]
            yield Paragraph("same", (Piece(True, old[i], new[j]),)) if same_text else _compared(old[i], new[j], bound)
        elif j is not None:
            kind: Kind = "moved" if moved_to[news[j]] > 0 else "added"
            moved_to[news[j]] -= 1
            yield Paragraph(kind, (Piece(False, "", new[j]),))
        elif i is not None:
            moved_from[olds[i]] -= 1
            if moved_from[olds[i]] < 0:
                yield Paragraph("removed", (Piece(False, old[i], ""),))


def _aligned(old: Sequence[str], new: Sequence[str], bound: int = COMPARED_WORDS) -> Iterator[tuple[bool, slice, slice]]:
    """(whether they are the same, slice of old, slice of new), in order; beyond the bound only what both begin and end with."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    if head:
        yield True, slice(0, head), slice(0, head)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(a), len(b)) > bound:
        yield False, slice(head, head + len(a)), slice(head, head + len(b))
    else:
        for operation, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            yield operation == "equal", slice(head + i1, head + i2), slice(head + j1, head + j2)
    if tail:
        yield True, slice(len(old) - tail, len(old)), slice(len(new) - tail, len(new))


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return next((n for n, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), min(len(old), len(new)))


def _paired(old: list[str], new: list[str]) -> list[tuple[int | None, int | None]]:
    """Pairs old and new paragraphs in order so that they share the most words. None: a paragraph without a counterpart."""
    if not old or not new:
        return [(i, None) for i in range(len(old))] + [(None, j) for j in range(len(new))]
    if max(len(old), len(new)) > _PAIRED_PARAGRAPHS:
        shared = min(len(old), len(new))
        return [(i, i) for i in range(shared)] + _paired(old[shared:], []) + [(None, j) for j in range(shared, len(new))]
    bags = [[Counter(_words(text)) for text in texts] for texts in (old, new)]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            pair = _alike(bags[0][i], bags[1][j])
            best[i][j] = max(best[i + 1][j], best[i][j + 1], pair + best[i + 1][j + 1] if pair else 0.0)
    return list(_walked(best, len(old), len(new)))


def _walked(best: list[list[float]], olds: int, news: int) -> Iterator[tuple[int | None, int | None]]:
    i = j = 0
    while i < olds or j < news:
        if i < olds and (j == news or best[i][j] == best[i + 1][j]):
            yield i, None
            i += 1
        elif j < news and (i == olds or best[i][j] == best[i][j + 1]):
            yield None, j
            j += 1
        else:
            yield i, j
            i, j = i + 1, j + 1


def _alike(old: Counter[str], new: Counter[str]) -> float:
    """Words in common over the mean number of words; 0 below the bound."""
    common = 2 * (old & new).total() / max(old.total() + new.total(), 1)
    return common if common >= _ALIKE else 0.0


# --- words


def _compared(old: str, new: str, bound: int = COMPARED_WORDS) -> Paragraph:
    """Two paragraphs that belong together, word by word."""
    a, b = _SPACED.findall(old), _SPACED.findall(new)
    aligned = _aligned([identity(token) for token in a], [identity(token) for token in b], bound)
    pieces = tuple(Piece(same, "".join(a[i]), "".join(b[j])) for same, i, j in aligned)
    return Paragraph("same" if all(piece.same for piece in pieces) else "changed", pieces)


def _classes(row: Paragraph, names: frozenset[str]) -> set[str]:
    if row.kind in ("added", "removed"):
        return {f"paragraph_{row.kind}"}
    if row.kind == "moved":
        return {"wording"}
    found: set[str] = set()
    before_old, before_new = "", ""
    for piece in row.pieces:
        if not piece.same:
            titled = _last_word(before_old) in TITLES and _last_word(before_new) in TITLES
            found |= _piece_classes(piece, names, titled=titled)
        before_old, before_new = piece.old.strip() or before_old, piece.new.strip() or before_new
    return found


def _last_word(text: str) -> str:
    """The word before a change, unless a sign ends the phrase there."""
    words = _TOKEN.findall(identity(text[-80:]).strip())
    return stem(words[-1]) if words else ""


def _piece_classes(piece: Piece, names: frozenset[str], *, titled: bool) -> set[str]:
    old, new = _meaning(piece.old), _meaning(piece.new)
    if "".join(map(fold_letters, old)) == "".join(map(fold_letters, new)):
        return {"typography"}
    gone, came = Counter(map(fold_letters, old)), Counter(map(fold_letters, new))
    changed = (gone - came) | (came - gone)
    if not changed:
        return {"wording"}  # the same words in another order
    named = titled and min(len(old), len(new)) > 0 and max(len(old), len(new)) <= _NAME_WORDS
    titular = {fold_letters(word) for word in (*old, *new)} if named else set()
    found = {_word_class(word, names, titular) for word in changed}
    if "name" in found and not _is_reworded(gone - came, came - gone, names, titular):
        found.discard("wording")
    return found


def _is_reworded(gone: Counter[str], came: Counter[str], names: frozenset[str], titular: set[str]) -> bool:
    """Whether words changed beside those that stand in a name's place."""
    counts = [Counter(_word_class(word, names, titular) for word in words.elements()) for words in (gone, came)]
    spare = counts[0]["name"] - counts[1]["name"]
    return counts[0]["wording"] > max(0, -spare) or counts[1]["wording"] > max(0, spare)


def _word_class(word: str, names: frozenset[str], titular: set[str]) -> str:
    if any(char.isdigit() for char in word) or stem(word) in NUMBER_WORDS:
        return "number"
    if (stem(word) in names and len(word) > 2) or (word in titular and stem(word) not in SPEECH):
        return "name"
    return "wording"


def _meaning(text: str) -> list[str]:
    """Words, numbers and the signs that are more than punctuation."""
    return [token for token in map(identity, _TOKEN.findall(text)) if _LETTER.search(token) or token in _MEANT]
