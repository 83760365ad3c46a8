"""What is kept of outlets between crawls, as one run sees it: each outlet's is opened once, and all are saved at its end."""

from __future__ import annotations

import threading

from storage.state import State
from storage.stores.store import Store


class OutletStates:
    """Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._states: dict[str, State] = {}
        self._opening = threading.Lock()

    def state(self, outlet: str) -> State:
        """The outlet's, always the same one."""
        with self._opening:
            return self._states.setdefault(outlet, State(self._store, outlet))

    def save(self) -> None:
        """Write what is staged. ArchiveError."""
        for state in self._states.values():
            state.save()
