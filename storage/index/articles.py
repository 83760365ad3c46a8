"""Some of the articles that an outlet has in the archive: by place, the youngest, all in turn, or a sample of all ages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from random import Random
from typing import Final

from storage.index import rows
from storage.index.index import ArchiveIndex
from storage.index.known import KnownArticle
from storage.stores.json_objects import find_json
from storage.stores.store import Store

NOT_SHOWN: Final = frozenset({"gone", "not_an_article"})
_AMONG: Final = 60
"""Articles among which a sample is chosen."""
_TRIES: Final = 5
"""Articles looked at for one of a sample: some were read from web archives only, and cannot be asked of the outlet."""


class ArticleLookup:
    """Thread-safe. Knows what the snapshot in state/ and this run know: where that is lost, articles are missing for a while."""

    def __init__(self, store: Store, index: ArchiveIndex) -> None:
        self._store, self._index = store, index

    def named(self, outlet: str, hashes: Iterable[str]) -> list[KnownArticle]:
        """The articles at these places (`KnownArticle.hashed`)."""
        return [each for hashed in hashes for each in self._index.named(outlet, bytes.fromhex(hashed))]

    def youngest(self, outlet: str, count: int) -> list[KnownArticle]:
        """Of those that may have to be visited again, the newest by publication."""
        return self._index.articles(outlet, rows.YOUNGEST, count)

    def following(self, outlet: str, after: str, count: int) -> list[KnownArticle]:
        """The next ones in an order that says nothing of their age; after: the place of the last one, "" to begin."""
        return self._index.following(outlet, bytes.fromhex(after), count)

    def place(self, outlet: str, standing: KnownArticle) -> tuple[str, str] | None:
        """(canonical URL, address to ask for); of an old article one GET tells. None where another URL has its text."""
        if standing.url and standing.address:
            return standing.url, standing.address
        record = find_json(self._store, standing.key)
        if record is None or (record["outlet"], record["id"]) != (outlet, standing.id):
            return None
        return record["url"], record["fetched_url"] if record["capture"]["via"] == "live" else record["url"]

    def sample(self, outlet: str, count: int, seed: str) -> list[tuple[str, str]]:
        """(canonical URL, address) of articles of different ages that were read live and stand: one of the youngest, the others
        from the older and the newer part of some, by when they were captured. The same seed gives the same ones.
        """
        random = Random(seed)  # noqa: S311 - nothing secret
        some = sorted(self._some(outlet, f"{random.getrandbits(128):032x}"), key=lambda standing: standing.key)
        young = self.youngest(outlet, _AMONG)
        chosen: dict[str, str] = {}
        for part in (young, *_parts(some, count - bool(young))):
            self._choose(outlet, part, random, chosen)
        return list(chosen.items())

    def _some(self, outlet: str, after: str) -> list[KnownArticle]:
        """Any, from a place on; where they end, from the first on."""
        some = self.following(outlet, after, _AMONG)
        return some if len(some) == _AMONG else self.following(outlet, "", _AMONG)

    def _choose(self, outlet: str, part: list[KnownArticle], random: Random, chosen: dict[str, str]) -> None:
        """Adds one of these that is not chosen yet."""
        shown = [standing for standing in part if standing.fate not in NOT_SHOWN]
        for standing in random.sample(shown, min(_TRIES, len(shown))):
            record = find_json(self._store, standing.key)
            own = record is not None and (record["outlet"], record["id"]) == (outlet, standing.id)
            if record and own and record["capture"]["via"] == "live" and record["url"] not in chosen:
                chosen[record["url"]] = record["fetched_url"]
                return


def _parts(some: list[KnownArticle], count: int) -> Iterator[list[KnownArticle]]:
    """So many equal parts."""
    for first, end in pairwise(len(some) * part // count for part in range(count + 1)):
        yield some[first:end]
