"""An iterable cut into lists of a bounded length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Thing = TypeVar("_Thing")


def batched(
    things: Iterable[_Thing], most: int, size: Callable[[_Thing], int] = lambda _: 0, most_size: int = 1
) -> Iterator[list[_Thing]]:
    """Lists of `most`, or fewer whose sizes together come to `most_size`; the last one may be shorter."""
    batch: list[_Thing] = []
    total = 0
    for thing in things:
        batch.append(thing)
        total += size(thing)
        if len(batch) >= most or total >= most_size:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
