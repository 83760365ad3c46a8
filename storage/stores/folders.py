"""Keys seen as paths: which folders there are, without a listing of what is in them."""

from __future__ import annotations

from collections.abc import Iterator

from storage.stores.store import Store


def folders(store: Store, prefix: str, after: str = "") -> Iterator[str]:
    """What may follow a prefix up to the next slash, sorted; one request each. after: those from there on, it among them."""
    last = prefix + after
    while (found := next(iter(store.listing(prefix, start_after=last)), None)) is not None:
        name, slash, _ = found.key.removeprefix(prefix).partition("/")
        if slash:
            yield name
        last = f"{prefix}{name}/~" if slash else found.key  # sorts after all that its keys can go on with
