"""Captures that stand near each other in a file, read with few requests: a store that reads ahead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from storage.store import Store, Stored

BYTES: Final = 4 << 20
"""Fetched at once; what is asked for in one piece may be longer."""


class Window:
    """A store for who reads parts of files in the order of their places: each byte is fetched about once.

    Memory: one window of 4 MB. For one thread.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.uri = store.uri
        self._key, self._begins, self._data, self._whole = "", 0, b"", False

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        """See `Store.part`."""
        if key != self._key or not self._begins <= offset or (offset + length > self._ends and not self._whole):
            asked = max(length, BYTES)
            data = self._store.part(key, offset, asked)
            if data is None:
                return None
            self._key, self._begins, self._data, self._whole = key, offset, data, len(data) < asked
        start = offset - self._begins
        return self._data[start : start + length]

    @property
    def _ends(self) -> int:
        return self._begins + len(self._data)

    def ready(self) -> None:
        """See `Store.ready`."""
        self._store.ready()

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        """See `Store.create`."""
        return self._store.create(key, data, content_type)

    def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        return self._store.get(key)

    def stat(self, key: str) -> Stored | None:
        """See `Store.stat`."""
        return self._store.stat(key)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.listing`."""
        return self._store.listing(prefix, start_after)

    def replace(self, key: str, data: bytes) -> None:
        """See `Store.replace`."""
        self._store.replace(key, data)
