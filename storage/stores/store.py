"""What an archive needs of the place it lies in. Two places exist: `storage.stores.folder` and `storage.stores.s3`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    """An object as a listing shows it. modified: seconds since 1970 by the clock of the place."""

    key: str
    size: int
    modified: float


class NewObject(NamedTuple):
    """An object to be created."""

    key: str
    data: bytes
    content_type: str = "application/json"


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

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        """Create many objects, each as `create` does; those of a phase are durable before any of the next one is there.

        False: something else stood under a key; what belongs to later phases was not written. ArchiveError: any of the objects
        may stand, but none of a phase after one that is not complete. Either way all may be created again.
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
        """The objects whose keys begin with `prefix` and sort after `start_after`, in the byte order of their keys.

        What cannot be a key of an archive is left out: file managers, editors and copies leave files of their own in any folder.
        """
        ...

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """The same, with what cannot be a key of an archive: for those that look for what does not belong in it."""
        ...

    def replace(self, key: str, data: bytes) -> None:
        """Put `data` under `key`, whatever stood there. For `state/` only; anything else is BadKey."""
        ...


class ForwardingStore(Store):
    """A store that passes everything on to the one beneath: for those that do a thing or two otherwise."""

    def __init__(self, beneath: Store) -> None:
        self.beneath = beneath
        self.uri = beneath.uri

    def ready(self) -> None:
        """See `Store.ready`."""
        self.beneath.ready()

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        return self.beneath.create(key, data, content_type)

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        """See `Store.create_all`. One after the other, by `create`: whoever does that otherwise sees each object."""
        return create_in_turn(self, phases)

    def get(self, key: str) -> bytes | None:
        return self.beneath.get(key)

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        return self.beneath.part(key, offset, length)

    def stat(self, key: str) -> Stored | None:
        return self.beneath.stat(key)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        return self.beneath.listing(prefix, start_after)

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        return self.beneath.everything(prefix, start_after)

    def replace(self, key: str, data: bytes) -> None:
        self.beneath.replace(key, data)


def create_in_turn(store: Store, phases: Sequence[Sequence[NewObject]]) -> bool:
    """`Store.create_all` by `Store.create`."""
    for phase in phases:
        standing = [store.create(*each) for each in phase]
        if any(data != each.data for data, each in zip(standing, phase, strict=True)):
            return False
    return True
