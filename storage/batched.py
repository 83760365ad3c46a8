"""An iterable cut into lists of a bounded length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Thing = TypeVar("_Thing")


def batched(things: Iterable[_Thing], most: int) -> Iterator[list[_Thing]]:
    """Lists of `most`, the last one shorter. What `itertools.batched` is from Python 3.12 on."""
    source = iter(things)
    while batch := list(islice(source, most)):
        yield batch
