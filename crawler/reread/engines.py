"""What a re-reading asks of an engine. An engine knows shares by outlet and number alone.

Shares come back in any order; what is in them does not depend on the engine. An engine that loses a worker has its share done
again; the archive, where everything is created once, keeps it from standing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from storage.record import Json


class RereadError(Exception):
    """The re-reading cannot be as asked: no such engine, or a generation of that name that is another. One line."""


class Share(NamedTuple):
    """Number `n` (from 1) of the parts into which a re-reading divides an outlet's articles."""

    outlet: str
    n: int


class Read(NamedTuple):
    """A share that was read: its share.json; or why there is none."""

    share: Share
    result: Json | None
    problem: str | None = None


class Engine(AbstractContextManager["Engine"], Protocol):
    """Use as a context. workers: pages read at the same time."""

    workers: int

    def read(self, shares: Iterable[Share]) -> Iterator[Read]:
        """Every share, as they are done."""
        ...
