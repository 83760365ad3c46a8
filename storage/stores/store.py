"""What an archive needs of the place it lies in. Two places exist: `storage.stores.folder` and `storage.stores.s3`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    """An object as a listing shows it. modified: seconds since 1970 by the clock of the place."""

    key: str
    size: int
    modified: float


class Store(Protocol):
    """Objects under keys. Safe to use from several threads. Every method may raise ArchiveError, named for its cause."""

    uri: str

    def ready(self) -> None:
        """Raise ArchiveError if it can be seen beforehand that nothing can be written here. Cheap; done once."""
        ...

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        """Put `data` under `key` unless an object stands there; returns what stands there after the call.

        Equal to `data`: it is ours (or was the same all along, which comes to the same: a write whose answer was lost
        and that was sent again must not look like another's). Different: another writer was first; nothing changed.
        Durable on return. Never a half-written object, whatever happens.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """The bytes, or None if there is no such object."""
        ...

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        """Up to `length` bytes from `offset` on (fewer at the end of the object), or None if there is no such object."""
        ...

    def stat(self, key: str) -> Stored | None:
        """Size and time without the bytes, or None if there is no such object."""
        ...

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """The objects whose keys begin with `prefix` and sort after `start_after`, in the byte order of their keys."""
        ...

    def replace(self, key: str, data: bytes) -> None:
        """Put `data` under `key`, whatever stood there. For `state/` only; anything else is BadKey."""
        ...


class ForwardingStore:
    """A store that passes everything on to the one beneath: for those that do a thing or two otherwise."""

    def __init__(self, beneath: Store) -> None:
        self.beneath = beneath
        self.uri = beneath.uri

    def ready(self) -> None:
        """See `Store.ready`."""
        self.beneath.ready()

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        """See `Store.create`."""
        return self.beneath.create(key, data, content_type)

    def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        return self.beneath.get(key)

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        """See `Store.part`."""
        return self.beneath.part(key, offset, length)

    def stat(self, key: str) -> Stored | None:
        """See `Store.stat`."""
        return self.beneath.stat(key)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.listing`."""
        return self.beneath.listing(prefix, start_after)

    def replace(self, key: str, data: bytes) -> None:
        """See `Store.replace`."""
        self.beneath.replace(key, data)
