"""A queue in an SQLite file whose clock stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.queues.local import LocalQueue


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "queue.db"


@pytest.fixture
def queue(path: Path, clock: Clock) -> Iterator[LocalQueue]:
    opened = LocalQueue(path, lease_seconds=300, max_attempts=3, clock=clock)
    yield opened
    opened.close()


def other(path: Path, clock: Clock) -> LocalQueue:
    return LocalQueue(path, lease_seconds=300, max_attempts=3, clock=clock)


def moved_aside(path: Path) -> list[Path]:
    """The files that were damaged and put aside."""
    return sorted(found for found in path.parent.glob(f"{path.name}.damaged-*") if not found.name.endswith(("-wal", "-shm")))
