"""A map over several threads, ahead of whoever takes its results, which come in the order of what was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def parallel_map(function: Callable[[_Given], _Made], given: Iterable[_Given], threads: int, ahead: int = 0) -> Iterator[_Made]:
    """What the function makes of each, in the order given; up to `ahead` (as many as threads) are made before they are taken.

    What a call raises is raised in its place; those that have not begun by then are not made.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="map")
    under_way: deque[Future[_Made]] = deque()
    try:
        for each in given:
            under_way.append(pool.submit(function, each))
            if len(under_way) >= (ahead or threads):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
