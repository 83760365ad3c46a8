"""Captures that stand near each other in a file, read with few requests: a store that reads ahead."""

from __future__ import annotations

from typing import Final

from storage.stores.store import ForwardingStore, Store

BYTES: Final = 4 << 20
"""Fetched at once; what is asked for in one piece may be longer."""


class ReadAheadStore(ForwardingStore):
    """A store for who reads parts of files in the order of their places: each byte is fetched about once.

    Memory: one window of 4 MB. For one thread.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._key, self._begins, self._data, self._whole = "", 0, b"", False

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        if key != self._key or not self._begins <= offset or (offset + length > self._ends and not self._whole):
            asked = max(length, BYTES)
            data = self.beneath.part(key, offset, asked)
            if data is None:
                return None
            self._key, self._begins, self._data, self._whole = key, offset, data, len(data) < asked
        start = offset - self._begins
        return self._data[start : start + length]

    @property
    def _ends(self) -> int:
        return self._begins + len(self._data)
