"""What a run is about to write, so that after a kill that is looked at and not the whole archive.

`state/runs/in-flight-<slot>.json`: {run_id, claims, entries, shards}, replaced before a claim is made and before a URL that has a
ledger entry gets another, unless it names that already; several threads share a write. claims: the contents of the keeps under
way, and of those foreseen before the first write, so that a poll of one article writes it once. entries: the later entries
of the whole run, {outlet: {url hash: n}}, for its rows in state/ may be lost with it; of more than MOST_ENTRIES, the parts of the
ledger that they are in (shards: prefixes of keys).

It is kept where the archive is large; where it is small, listing hashes/ or urls/ costs a request. The start marker says whether
it is kept. If it is lost, or another run has taken the slot, all of hashes/ and urls/ is looked at.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from storage import keys
from storage.errors import ArchiveError
from storage.ledger import LedgerPlace, places
from storage.record import to_bytes
from storage.stores.json_objects import find_json
from storage.stores.store import Store

MOST_ENTRIES: Final = 250
"""Entries that are named one by one: 20 KB."""
MOST_FORESEEN: Final = 64
"""Contents that are named before anything is written."""


class InFlight:
    """Thread-safe. is_large: whether the file is to be kept, asked once, when the first object is about to be made."""

    def __init__(self, store: Store, run_id: str, is_large: Callable[[], bool]) -> None:
        self._store, self._run_id, self._is_large = store, run_id, is_large
        self._turn = threading.Condition()
        self._claims: Counter[str] = Counter()
        self._foreseen: set[str] = set()
        """Every file names them: none is added once the first is written."""
        self._stands = False
        self._entries: dict[str, dict[str, int]] = {}
        self._shards: set[str] = set()
        self._standing_shards: set[str] = set()
        """Those that the file has."""
        self._kept: bool | None = None
        self._wanted = self._written = 0
        self._writing = False

    def keeps(self) -> bool:
        """Whether this run keeps the file: it stands from now on."""
        with self._turn:
            if self._kept is None:
                self._kept = self._is_large()
                if self._kept:
                    self._store.replace(slot(self._run_id), self._data())
                    self._stands = True
            return self._kept

    @property
    def can_foresee(self) -> bool:
        """Whether nothing was written yet."""
        return self._kept is None

    def foresee(self, content_hash: str) -> None:
        """A content that will be kept, unless something comes between: named by the first write, if that was not made yet. Never
        waits: where it is not noted, it costs a request.
        """
        if self.can_foresee and self._turn.acquire(blocking=False):
            try:
                if self._kept is None and len(self._foreseen) < MOST_FORESEEN:
                    self._foreseen.add(content_hash)
            finally:
                self._turn.release()

    @contextmanager
    def claiming(self, *content_hashes: str, entry: LedgerPlace | None = None) -> Iterator[None]:
        """Around keeps, from before their claims until their entries stand. What failed stays named: its claim may stand.

        entry: as for `entering`, by the same write.
        """
        with self._turn:
            if self._kept is None:
                self._kept = self._is_large()
            self._claims.update(content_hashes)
            later = entry is not None and self._kept and self._name(entry)
            named = self._stands and self._foreseen.issuperset(content_hashes) and not later
        if self._kept and not named:
            self._announce()
        yield
        with self._turn:
            self._claims.subtract(content_hashes)
            for content_hash in content_hashes:
                if not self._claims[content_hash]:
                    del self._claims[content_hash]

    def entering(self, entry: LedgerPlace) -> None:
        """Before an entry of the ledger is written. The first one of a URL needs no name: without a row the ledger is asked."""
        with self._turn:
            if self._kept is None:
                self._kept = self._is_large()
            needed = self._kept and self._name(entry)
        if needed:
            self._announce()

    def _name(self, entry: LedgerPlace) -> bool:
        """Name an entry in what is written next; whether that is needed. Called with the lock held."""
        if entry.n == 1:
            return False
        if not self._shards:
            named = self._entries.setdefault(entry.outlet, {})
            named[entry.url_hash] = max(entry.n, named.get(entry.url_hash, 0))
            if sum(map(len, self._entries.values())) <= MOST_ENTRIES:
                return True
            self._shards = {keys.ledger_shard(outlet, each[:2]) for outlet, named in self._entries.items() for each in named}
            self._entries.clear()
        shard = keys.ledger_shard(entry.outlet, entry.url_hash[:2])
        self._shards.add(shard)
        return shard not in self._standing_shards

    def _announce(self) -> None:
        """Return when a file stands that was written after this call began."""
        with self._turn:
            self._wanted += 1
            mine = self._wanted
            while self._written < mine:
                if self._writing:
                    self._turn.wait()
                    continue
                self._writing, covered = True, self._wanted
                data, shards = self._data(), set(self._shards)
                self._turn.release()
                try:
                    self._store.replace(slot(self._run_id), data)
                finally:
                    self._turn.acquire()
                    self._writing = False
                    self._turn.notify_all()
                self._written, self._standing_shards, self._stands = max(self._written, covered), shards, True

    def _data(self) -> bytes:
        claims = sorted(self._foreseen | self._claims.keys())
        return to_bytes({"run_id": self._run_id, "claims": claims, "entries": self._entries, "shards": sorted(self._shards)})


def claims_in_flight(store: Store, run_id: str) -> list[str] | None:
    """The contents (`sha256:…`) that a run which keeps the file was about to claim; None where the file does not tell."""
    found = find_json(store, slot(run_id))
    try:
        if found is None or found["run_id"] != run_id:
            return None
        return [f"sha256:{keys.hex_of(str(claim))}" for claim in found["claims"]]
    except (ArchiveError, TypeError, KeyError):
        return None


def entries_in_flight(store: Store, run_id: str) -> tuple[list[LedgerPlace], list[str]] | None:
    """(later entries that the run was to make, prefixes of keys that others of them have); None where the file does not tell."""
    found = find_json(store, slot(run_id))
    try:
        if found is None or found["run_id"] != run_id:
            return None
        named = [keys.ledger(outlet, hashed, int(n)) for outlet, each in found["entries"].items() for hashed, n in each.items()]
        return list(places(named)), [keys.checked_key(f"{shard}0").removesuffix("0") for shard in found["shards"]]
    except (ArchiveError, TypeError, KeyError, ValueError, AttributeError):
        return None


def slot(run_id: str) -> str:
    """The key of a run's file: one of 4,096, so that state/ does not grow with the runs."""
    return keys.state("runs", f"in-flight-{run_id[-3:]}.json")
