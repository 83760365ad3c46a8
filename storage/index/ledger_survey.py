"""Which parts of an outlet's ledger a run has listed: it asks for single URLs first, and lists where it asks for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final, Literal

from storage import keys
from storage.stores.store import Store

SURVEY_KEYS: Final = 1_000
"""How much of an outlet's ledger is listed when something is first missed: one request. A small ledger is known whole then."""
SINGLE_LOOKUPS: Final = 200
"""URLs of an outlet that are asked of the ledger one by one; beyond, its 256 shards are listed as they are asked for."""


class LedgerSurvey:
    """Of one outlet. note: takes the keys of the entries that were listed."""

    def __init__(self, store: Store, outlet: str, *, large: bool, note: Callable[[Iterable[str]], None]) -> None:
        """large: the ledger is known to be large, so that the start of it tells of few URLs."""
        self._store, self._outlet, self._note = store, outlet, note
        self._listed: set[str] | Literal["whole"] | None = set() if large else None
        """The shards (hex), or all of it; None before anything was asked."""
        self._lookups = 0

    @property
    def is_partial(self) -> bool:
        """It was asked, and is too large for one request."""
        return isinstance(self._listed, set)

    def has_listed(self, hashed: str) -> bool:
        """Whether the part of the ledger that has this URL was listed."""
        return self._listed == "whole" or (self._listed is not None and hashed[:2] in self._listed)

    def lists(self, hashed: str) -> bool:
        """The same; lists it where that is due."""
        if self._listed is None:
            self._listed = self._list_start()
        if self.has_listed(hashed):
            return True
        self._lookups += 1
        if self._lookups > SINGLE_LOOKUPS:
            shard = hashed[:2]
            self._note(found.key for found in self._store.listing(keys.ledger_shard(self._outlet, shard)))
            assert isinstance(self._listed, set)  # a ledger that was listed whole has every URL
            self._listed.add(shard)
        return self.has_listed(hashed)

    def _list_start(self) -> set[str] | Literal["whole"]:
        """List up to SURVEY_KEYS keys; returns which shards that was, less the one in which the listing stopped."""
        prefix = keys.ledger_shard(self._outlet)
        listed = [found.key for found in islice(self._store.listing(prefix), SURVEY_KEYS)]
        if len(listed) < SURVEY_KEYS:
            self._note(listed)
            return "whole"
        stopped = listed[-1].removeprefix(prefix)[:2]
        self._note(key for key in listed if key < prefix + stopped)
        return {f"{number:02x}" for number in range(256) if f"{number:02x}" < stopped}


def highest(store: Store, outlet: str, hashed: str) -> int:
    """The number of a URL's last ledger entry, 0 without one. One listing."""
    listed = store.listing(f"{keys.ledger_shard(outlet, hashed[:2])}{hashed}/")
    return max((keys.ledger_parts(found.key)[1] for found in listed), default=0)
