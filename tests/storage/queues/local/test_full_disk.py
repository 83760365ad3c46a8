"""The queue in an SQLite file where nothing can be written."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.queues import Item, Queue, QueueFull, QueueUnavailable, open_queue
from tests.storage.queues.events import drained, event, put
from tests.storage.queues.local.conftest import moved_aside
from tests.storage.run.test_killed import in_child

# --- a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_accepts_nothing_and_loses_nothing(small_disk: Path) -> None:
    """One line that says so; when there is room again the queue goes on."""
    queue = open_queue(str(small_disk / "queue.db"))
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    accepted: list[str] = []

    def fill() -> None:
        for number in range(10_000):
            big = event("x" * 2000)
            queue.put(big, group="a", key=str(number))
            accepted.append(str(number))

    with pytest.raises(QueueFull) as refusal:
        fill()
    assert "the disk is full" in str(refusal.value)
    assert str(small_disk) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with pytest.raises(QueueFull):
        queue.put_all([Item(event("x" * 2000), "b", str(number)) for number in range(500)])
    ballast.unlink()
    assert queue.put(event(), group="a", key="after")
    assert drained(queue) == [*accepted, "after"]
    queue.close()


def test_a_file_that_may_not_grow_accepts_nothing(path: Path) -> None:
    """A limit of the process or a quota, seen by a disk's error instead of its size."""
    before: Queue = open_queue(str(path))
    put(before, "0")
    before.close()

    def work() -> None:
        queue = open_queue(str(path))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        for number in range(1, 1000):
            try:
                queue.put(event("x" * 2000), group="a", key=str(number))
            except (QueueFull, QueueUnavailable):
                os.kill(os.getpid(), signal.SIGKILL)
            path.with_name("accepted").write_text(str(number))

    assert in_child(work) == signal.SIGKILL
    accepted = int(path.with_name("accepted").read_text())
    again = open_queue(str(path))
    assert accepted
    assert sorted(map(int, drained(again)))[: accepted + 1] == list(range(accepted + 1))
    assert moved_aside(path) == []
    again.close()


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(QueueUnavailable, match=r"file/queue\.db: "):
        open_queue(str(tmp_path / "file" / "queue.db"))
