"""Asking a store for many objects: a bucket for several at once, a folder for one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from storage.parallel_map import parallel_map
from storage.stores.store import Store

IN_FLIGHT: Final = 32
"""Requests to a bucket that are under way at once."""
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def ask_ahead(store: Store, function: Callable[[_Given], _Made], given: Iterable[_Given]) -> Iterator[_Made]:
    """What the function, which asks the store, makes of each, in the order given. A folder answers faster than a thread starts;
    threads also leave memory behind, each its own.
    """
    return parallel_map(function, given, IN_FLIGHT) if store.uri.startswith("s3://") else map(function, given)
