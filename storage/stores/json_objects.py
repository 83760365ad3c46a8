"""Objects of an archive that must be there, and those that are JSON."""

from __future__ import annotations

from storage.errors import Damaged
from storage.record import Json, article_from_bytes, from_bytes
from storage.stores.store import Store


def read_object(store: Store, key: str) -> bytes:
    """The bytes under a key. Damaged if they are missing."""
    data = store.get(key)
    if data is None:
        raise Damaged(f"{store.uri}: {key} is missing")
    return data


def read_json(store: Store, key: str) -> Json:
    """The JSON object under a key. Damaged if it is missing or no JSON object."""
    return from_bytes(f"{store.uri}: {key}", read_object(store, key))


def read_article(store: Store, key: str) -> Json:
    """The article record under a key. Damaged if it is missing or no article record."""
    return article_from_bytes(f"{store.uri}: {key}", read_object(store, key))


def find_json(store: Store, key: str | None) -> Json | None:
    """The JSON object under a key, None if it is missing or unreadable: `verify` names the latter."""
    data = store.get(key) if key else None
    if not data:
        return None
    try:
        return from_bytes(key or "", data)
    except Damaged:
        return None
