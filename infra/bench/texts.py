"""Archives of generated Arabic texts, made in seconds for what is derived from texts: records and change log, nothing else.

Words are drawn by Zipf's law from 20,000; an article has 160 of them (4.8 KB of JSON) and a moment of thirteen years; every
twentieth was edited a day later. In one of 100 articles stands a spelling of each word of `FAMILIES`, in one of 1,000 each of the
`STRANGERS`; no other word has to do with those.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Final

from extractors.article import Article, Dateline
from infra.bench.requests import article
from storage import Archive, Capture, keys, open_archive
from storage.record import Json, record, rfc3339, to_bytes
from storage.run.changes import event
from storage.search.query import spellings
from storage.text.folding import fold
from storage.text.identity import content_hash

FAMILIES: Final = {
    "الجولاني": ("الجولاني", "الجولانى", "والجولاني", "بالجولاني", "للجولاني", "جولاني", "لجولاني", "الجَوْلاني", "الجـولاني"),
    "إدلب": ("إدلب", "ادلب", "وإدلب", "بإدلب", "لإدلب", "إِدلِب"),
    "المعارضة": ("المعارضة", "المعارضه", "والمعارضة", "للمعارضة", "بالمعارضة", "كالمعارضة"),
    "مسؤول": ("مسؤول", "مسئول", "المسؤول", "والمسؤول", "لمسؤول"),
    "أحمد": ("أحمد", "احمد", "لأحمد", "وأحمد"),
    "سوريا": ("سوريا", "سورية", "بسوريا", "لسورية"),
}
"""A word and how it is written; each family in one of a hundred articles."""
QUERIES: Final = {
    "الجولاني": ("الجولاني", "الجولانى", "جولاني", "والجولاني"),
    "إدلب": ("إدلب", "ادلب"),
    "المعارضة": ("المعارضة", "المعارضه", "معارضة"),
    "مسؤول": ("مسؤول", "مسئول", "المسؤول"),
    "أحمد": ("أحمد", "احمد"),
    "سوريا": ("سوريا", "سورية"),
}
"""Sixteen questions, each with the articles of its family as its answers."""
STRANGERS: Final = ("جولة", "الجولان", "دلب", "معرض", "العارضة", "سؤال", "حمد", "محمود", "سور", "سوار")
"""Words like those of the families that are others."""
OUTLETS: Final = ("enab_baladi", "al_jazeera", "baladi_news", "smart", "geiroon")
BEGAN: Final = datetime(2013, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=13 * 365)
WORDS: Final = 160
"""Of a text."""
EDITED: Final = 20
SEGMENT: Final = 100
_LETTERS: Final = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
_RUN: Final = "01910000-0000-7000-8000-000000000000"


def family_of(number: int) -> str | None:
    """The family of which article `number` has a word."""
    names = tuple(FAMILIES)
    return names[number % 100] if number % 100 < len(names) else None


def made_up_words(chance: random.Random) -> Iterator[str]:
    """Without end, of three to eight Arabic letters."""
    while True:
        yield "".join(chance.choices(_LETTERS, k=chance.randint(3, 8)))


class TextArchive:
    """An archive at a folder that grows by `add`."""

    def __init__(self, folder: Path) -> None:
        self.archive: Final[Archive] = open_archive(str(folder))
        self.articles = 0
        self._folder, self._segments = folder, 0
        self._chance = random.Random(7)  # noqa: S311 - the same texts each time
        kin = frozenset().union(*(spellings(fold(form), wide=True) for forms in FAMILIES.values() for form in forms))
        self._vocabulary = list(islice((word for word in made_up_words(self._chance) if fold(word) not in kin), 20_000))
        self._weights = list(accumulate(1 / (n + 10) for n in range(len(self._vocabulary))))

    def add(self, number: int) -> None:
        """So many articles more, and the edits of every twentieth of them."""
        numbers = range(self.articles, self.articles + number)
        for first in range(numbers.start, numbers.stop, SEGMENT):
            made = [self._article(number) for number in range(first, min(first + SEGMENT, numbers.stop))]
            self._segment([self._kept(each, 1) for each in made])
            self._segment([self._kept(replace(each, body=f"{each.body} تعديل"), 2) for each in made[::EDITED]])
        self.articles = numbers.stop

    def _article(self, number: int) -> Article:
        words = self._chance.choices(self._vocabulary, cum_weights=self._weights, k=WORDS)
        family = family_of(number)
        if family:
            words[self._chance.randrange(WORDS)] = self._chance.choice(FAMILIES[family])
        if number % 100 == 99:
            words[self._chance.randrange(WORDS)] = self._chance.choice(STRANGERS)
        outlet = OUTLETS[number % len(OUTLETS)]
        made = article(number, url=f"https://www.{outlet}.example/archives/{number}", text=" ".join(words))
        at = BEGAN + SPAN * self._chance.random()
        place = self._chance.choice(("حلب", "إدلب", "دمشق"))
        return replace(
            made,
            id=f"{outlet}:{number}",
            outlet=outlet,
            headline=" ".join(words[:8]),
            authors=(f"{words[0]} {words[1]}",),
            dateline=Dateline(text=place, place=place),
            date_published=at.replace(microsecond=0).isoformat(),
            date_published_precision="minute",
        )

    def _kept(self, made: Article, revision: int) -> Json:
        at = datetime.fromisoformat(made.date_published or "") + timedelta(hours=1, days=revision - 1)
        content = content_hash(made.headline, made.body)
        capture = Capture(fetched_at=at, status=200)
        kept = record(made, capture, content_hash=content, revision=revision, previous=None, run_id=_RUN)
        key = keys.article(made.id, made.outlet, content, at.date())
        self._write(key, to_bytes(kept))
        data = {"outlet": made.outlet, "url": made.url, "key": key, "content_hash": content, "revision": revision, "n": revision}
        return event(
            "article.kept" if revision == 1 else "article.revised",
            source=f"urn:warraq:outlet:{made.outlet}",
            subject=made.id,
            identity=f"{made.id}:{revision}",
            at=at,
            data=data | {"moment": rfc3339(at), "older": False},
        )

    def _segment(self, events: list[Json]) -> None:
        if events:
            self._segments += 1
            day = BEGAN + timedelta(days=self._segments // 50)
            self._write(keys.changes(_RUN, self._segments, day), b"".join(map(to_bytes, events)))

    def _write(self, key: str, data: bytes) -> None:
        """Without the waiting for the disk that a store does."""
        file = self._folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def texts_of(numbers: range, family: str) -> Iterator[int]:
    """The articles that have a word of a family."""
    return (number for number in numbers if family_of(number) == family)
