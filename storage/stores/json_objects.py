"""Objects of an archive that are JSON, read from whatever store."""

from __future__ import annotations

from storage.errors import Damaged
from storage.record import Json, from_bytes
from storage.stores.store import Store


def read_json(store: Store, key: str) -> Json:
    """The JSON object under a key. Damaged if it is missing or no JSON object."""
    data = store.get(key)
    if data is None:
        raise Damaged(f"{store.uri}: {key} is missing")
    return from_bytes(f"{store.uri}: {key}", data)


def find_json(store: Store, key: str | None) -> Json | None:
    """The JSON object under a key, None if it is missing or unreadable: `verify` names the latter."""
    data = store.get(key) if key else None
    if not data:
        return None
    try:
        return from_bytes(key or "", data)
    except Damaged:
        return None
