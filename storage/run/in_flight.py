"""Which contents a run is about to claim, so that after a kill those claims are looked at and not all of hashes/.

`state/runs/in-flight-<slot>.json`: {run_id, claims}, replaced before a claim is made; several threads share a write. It is kept
where the archive is large; where it is small, listing hashes/ costs a request. The start marker says whether it is kept. If it is
lost, or another run has taken the slot, all of hashes/ is looked at.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from storage import keys
from storage.errors import ArchiveError
from storage.record import to_bytes
from storage.stores.json_objects import find_json
from storage.stores.store import Store


class InFlight:
    """Thread-safe. is_large: whether the file is to be kept, asked once, when the first object is about to be made."""

    def __init__(self, store: Store, run_id: str, is_large: Callable[[], bool]) -> None:
        self._store, self._run_id, self._is_large = store, run_id, is_large
        self._turn = threading.Condition()
        self._claims: Counter[str] = Counter()
        self._kept: bool | None = None
        self._wanted = self._written = 0
        self._writing = False

    def keeps(self) -> bool:
        """Whether this run keeps the file: it stands from now on."""
        with self._turn:
            if self._kept is None:
                self._kept = self._is_large()
                if self._kept:
                    self._write()
            return self._kept

    @contextmanager
    def claiming(self, *content_hashes: str) -> Iterator[None]:
        """Around keeps, from before their claims until their entries stand. What failed stays named: its claim may stand."""
        with self._turn:
            if self._kept is None:
                self._kept = self._is_large()
            self._claims.update(content_hashes)
        if self._kept:
            self._announce()
        yield
        with self._turn:
            self._claims.subtract(content_hashes)
            for content_hash in content_hashes:
                if not self._claims[content_hash]:
                    del self._claims[content_hash]

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
                data = self._data()
                self._turn.release()
                try:
                    self._store.replace(slot(self._run_id), data)
                finally:
                    self._turn.acquire()
                    self._writing = False
                    self._turn.notify_all()
                self._written = max(self._written, covered)

    def _write(self) -> None:
        self._store.replace(slot(self._run_id), self._data())

    def _data(self) -> bytes:
        return to_bytes({"run_id": self._run_id, "claims": sorted(self._claims)})


def claims_in_flight(store: Store, run_id: str) -> list[str] | None:
    """The contents (`sha256:…`) that a run which keeps the file was about to claim; None where the file does not tell."""
    found = find_json(store, slot(run_id))
    try:
        if found is None or found["run_id"] != run_id:
            return None
        return [f"sha256:{keys.hex_of(str(claim))}" for claim in found["claims"]]
    except (ArchiveError, TypeError, KeyError):
        return None


def slot(run_id: str) -> str:
    """The key of a run's file: one of 4,096, so that state/ does not grow with the runs."""
    return keys.state("runs", f"in-flight-{run_id[-3:]}.json")
