"""Which objects a sample draws: runs as they stand in runs/, the large ones in slices.

Most keys do not tell which run made their object, a manifest does. So the manifest is drawn, and with it what it lists: article,
claim, ledger entry, change and raw capture of an article are drawn together and answer for each other.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from storage.stores.store import Stored

SLICE_BYTES: Final = 8_192
"""A slice of a run is so much of its manifest: the names of some 40 objects."""
UNFINISHED_SLICES: Final = 4
"""Of a run without a manifest, which a killed one is: nothing in runs/ tells how large it was."""
_RUN: Final = re.compile(r"(?P<stem>runs/.*/(?P<run>[^/.]+))\.[^/]*")
_ARTICLE: Final = re.compile(r"articles/.*\.(?P<content>[0-9a-f]{16})\.json")
_CLAIM: Final = re.compile(r"hashes/../(?P<content>[0-9a-f]{16})[0-9a-f]{48}\.json")


class SampleUnit(NamedTuple):
    """What is drawn of a run. run: its id; stem: its keys in runs/ without suffix; keys: these keys; of: its slices;
    slices: the numbers of those that are drawn, from 0. What stands in runs/ is in slice 0.
    """

    run: str
    stem: str
    keys: list[str]
    of: int
    slices: frozenset[int]

    @property
    def is_finished(self) -> bool:
        """It has a manifest."""
        return f"{self.stem}.json" in self.keys

    @property
    def is_whole(self) -> bool:
        """All its slices are drawn."""
        return len(self.slices) == self.of

    @property
    def listing_keys(self) -> list[str]:
        """Its manifest and the parts of that."""
        return [key for key in self.keys if _names_files(key, self.stem)]

    def has(self, key: str) -> bool:
        """Whether an object of the run is in a slice that is drawn."""
        return _number(cluster(key)) % self.of in self.slices

    def members(self, listed: Callable[[], Iterable[str]]) -> list[str]:
        """Of the objects that the manifest lists, those that are drawn by their keys. What a change tells of is drawn with its
        segment instead; but where there are more ledger entries than articles, some are told of by none: all are drawn then.

        listed: gives their keys, as often as it is called: a run may have made a million objects.
        """
        if self.is_whole:
            return list(listed())
        number = Counter(map(_kind, listed()))
        told: set[str] = set()
        if number["articles"] == number["hashes"]:
            told = {"articles", "hashes"} | ({"urls"} if number["urls"] == number["articles"] else set())
        members = [key for key in listed() if _kind(key) not in told and self.has(key)]
        if 0 in self.slices:  # its last segment tells of the manifest
            members += [max(key for key in listed() if _kind(key) == "changes")] if number["changes"] else []
        return list(dict.fromkeys(members))


def units(listed: Iterable[Stored], share: float, day: date) -> Iterator[SampleUnit]:
    """The units in the sample of a day; if none is, any one slice. listed: the objects in runs/, sorted by key."""
    spare: tuple[float, SampleUnit] | None = None
    drawn = False
    for stem, found in groupby(listed, lambda each: name["stem"] if (name := _RUN.fullmatch(each.key)) else each.key):
        objects = list(found)
        slices = _slices(objects, stem)
        numbers = frozenset(number for number in range(slices) if in_sample(f"{stem}#{number}", share, day))
        unit = SampleUnit(stem.rpartition("/")[2], stem, [each.key for each in objects], slices, numbers)
        if numbers:
            drawn = True
            yield unit
        elif not drawn:
            for number in range(slices):
                rank = _place(f"{day} {stem}#{number}")
                if spare is None or rank < spare[0]:
                    spare = rank, unit._replace(slices=frozenset({number}))
    if not drawn and spare is not None:
        yield spare[1]


def in_sample(name: str, share: float, day: date) -> bool:
    """Whether a thing of this name is in the sample of this day. A name's hash is its place on a circle, a day's sample an arc of
    it; the arcs of successive days join.
    """
    return (_place(name) - day.toordinal() * share) % 1 < share


def cluster(key: str) -> str:
    """What objects share that belong together by their keys: a claim and its article, a WARC file and its index."""
    if (found := _ARTICLE.fullmatch(key)) or (found := _CLAIM.fullmatch(key)):
        return found["content"]
    return key.removesuffix(".cdxj").removesuffix(".warc.gz")


def _place(name: str) -> float:
    """0 … 1."""
    return _number(name) / 2**64


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def _slices(objects: list[Stored], stem: str) -> int:
    keys = {each.key for each in objects}
    if f"{stem}.json" in keys:
        return 1 + sum(each.size for each in objects if _names_files(each.key, stem)) // SLICE_BYTES
    return UNFINISHED_SLICES if f"{stem}.started.json" in keys else 1


def _names_files(key: str, stem: str) -> bool:
    return key == f"{stem}.json" or key.startswith(f"{stem}.files-")


def _kind(key: str) -> str:
    return key.partition("/")[0]
