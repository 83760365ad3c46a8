"""A store in memory, and one that counts requests and bytes as a bucket would charge them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from storage.stores.store import ForwardingStore, NewObject, Store, Stored, create_in_turn

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
PAGE = 1_000
"""Keys of one listing request."""


class MemoryStore(Store):
    """Objects in memory: archives of any size in seconds. Each write is a millisecond later by the clock of the place."""

    uri = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, float]] = {}
        self._keys: list[str] = []
        self.clock = BEGAN
        """Seconds since 1970 at the place."""

    def ready(self) -> None:
        """See `Store.ready`."""

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:  # noqa: ARG002
        if key not in self.objects:
            self.replace(key, data)
        return self.objects[key][0]

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        return create_in_turn(self, phases)

    def get(self, key: str) -> bytes | None:
        return self.objects[key][0] if key in self.objects else None

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        return self.objects[key][0][offset : offset + length] if key in self.objects else None

    def stat(self, key: str) -> Stored | None:
        return self._stored(key) if key in self.objects else None

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        place = max(bisect_left(self._keys, prefix), bisect_right(self._keys, start_after))
        while page := self._keys[place : place + PAGE]:
            for key in page:
                if not key.startswith(prefix):
                    return
                yield self._stored(key)
            place = bisect_right(self._keys, page[-1])

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        return self.listing(prefix, start_after)

    def replace(self, key: str, data: bytes) -> None:
        self.clock += 0.001
        if key not in self.objects:
            insort(self._keys, key)
        self.objects[key] = (data, self.clock)

    def drop(self, prefix: str) -> None:
        """Lose what stands under a prefix."""
        self._keys = [key for key in self._keys if not key.startswith(prefix)]
        self.objects = {key: self.objects[key] for key in self._keys}

    def copied(self, at: float) -> MemoryStore:
        """A copy in which everything has one time, as `cp -r` and the tools of S3 leave it."""
        copy = MemoryStore()
        copy.objects = {key: (data, at) for key, (data, _) in self.objects.items()}
        copy._keys, copy.clock = [*self._keys], at
        return copy

    def _stored(self, key: str) -> Stored:
        data, modified = self.objects[key]
        return Stored(key, len(data), modified)


class MeteredStore(ForwardingStore):
    """Counts requests by verb, a listing once for every 1,000 keys, and the bytes of objects read and written."""

    def __init__(self, beneath: Store) -> None:
        super().__init__(beneath)
        self.requests: Counter[str] = Counter()
        self.by_key: Counter[str] = Counter()
        self.bytes = 0

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        self._count("PUT", key, len(data))
        return self.beneath.create(key, data, content_type)

    def get(self, key: str) -> bytes | None:
        data = self.beneath.get(key)
        self._count("GET", key, len(data or b""))
        return data

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        data = self.beneath.part(key, offset, length)
        self._count("GET", key, len(data or b""))
        return data

    def stat(self, key: str) -> Stored | None:
        self._count("HEAD", key, 0)
        return self.beneath.stat(key)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        self._count("LIST", prefix, 0)
        for number, found in enumerate(self.beneath.listing(prefix, start_after)):
            if number and number % PAGE == 0:
                self._count("LIST", prefix, 0)
            yield found

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        return self.listing(prefix, start_after)  # nobody leaves strangers in a bench's archive

    def replace(self, key: str, data: bytes) -> None:
        self._count("PUT", key, len(data))
        self.beneath.replace(key, data)

    def _count(self, verb: str, key: str, size: int) -> None:
        self.requests[verb] += 1
        self.by_key[f"{verb} {key}"] += 1
        self.bytes += size
