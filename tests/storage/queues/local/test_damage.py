"""The queue in an SQLite file: what becomes of a damaged one, and of a file that is another's."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.queues import BadQueue, Item, open_queue
from tests.storage.queues.events import drained, event, keys, put
from tests.storage.queues.local.conftest import Clock, moved_aside, other
from tests.storage.run.test_killed import in_child

# --- damage


def overwrite(path: Path, offset: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * length)


def settled(path: Path, count: int = 200) -> None:
    """A queue file of several pages, closed: no write-ahead log is left."""
    queue = open_queue(str(path))
    queue.put_all([Item(event(str(number)), f"g{number % 4}", str(number)) for number in range(count)])
    queue.close()
    assert not path.with_name(f"{path.name}-wal").exists()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "its header": lambda path: overwrite(path, 0, 100),
    "a page in the middle": lambda path: overwrite(path, 5 * 4096, 4096),
    "its last pages": lambda path: overwrite(path, path.stat().st_size - 8192, 8192),
    "its schema": lambda path: overwrite(path, 2000, 2096),
    "its end, cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "all of it": lambda path: path.write_bytes(b"no database at all\n" * 1000),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_file_is_moved_aside_and_begun_anew(what: str, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Said once, in one line; the damaged file is kept by name as it was; the new one works."""
    settled(path)
    DAMAGES[what](path)
    before = path.read_bytes()
    queue = open_queue(str(path))
    (aside,) = moved_aside(path)
    assert aside.read_bytes() == before
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert str(path) in line
    assert aside.name in line
    assert "\n" not in line
    assert put(queue, "new", "new")
    assert "new" in drained(queue)
    queue.close()
    open_queue(str(path)).close()
    assert moved_aside(path) == [aside]


@pytest.mark.parametrize("page", range(2, 12))
def test_what_can_be_read_of_a_damaged_file_is_kept(page: int, path: Path) -> None:
    """One page of noise costs the events that stood on it (or none, if it was an index), in their old order."""
    settled(path)
    overwrite(path, page * 4096, 4096)
    queue = open_queue(str(path))
    found = [int(key) for key in drained(queue)]
    assert len(found) == len(set(found))
    assert len(found) >= 150
    for group in range(4):
        numbers = [number for number in found if number % 4 == group]
        assert numbers == sorted(numbers)
    queue.close()


def test_leases_and_dead_letters_survive_damage(path: Path, clock: Clock) -> None:
    """A worker whose lease could be read may still acknowledge it."""
    settled(path)
    queue = other(path, clock)
    (lease,) = queue.take()
    for _ in range(3):
        queue.release(queue.take()[0], "no")
    queue.close()
    last_page = path.stat().st_size - 4096
    overwrite(path, last_page, 4096)
    again = other(path, clock)
    assert moved_aside(path)
    assert keys(again.dead()) == ["1"]
    assert "g0" not in {each.group for each in again.take(4)}
    again.ack(lease)
    assert keys(again.take()) == ["4"]
    again.close()


def test_damage_that_shows_during_the_work_is_mended_by_one_of_all_who_use_the_file(path: Path, clock: Clock) -> None:
    """The others notice and go on with the new file; nothing that is put after it is lost."""
    queues = [other(path, clock) for _ in range(3)]
    queues[0].put_all([Item(event(), "a", str(number)) for number in range(300)])
    for queue in queues:
        queue.depth()
        queue.close()  # the log goes into the file, so that there is a file to damage
    for queue in queues:
        queue.depth()
    overwrite(path, 4096, path.stat().st_size - 4096)
    for number, queue in enumerate(queues):
        assert put(queue, f"new{number}", f"b{number}")
    assert len(moved_aside(path)) == 1
    for queue in queues:
        queue.close()
    fresh = other(path, clock)
    assert {"new0", "new1", "new2"} <= set(drained(fresh))
    fresh.close()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_process_killed_while_it_mends_loses_nothing_that_could_be_read(step: int, path: Path) -> None:
    """Also what stood only in the log of a process that was killed before."""

    def put_and_die() -> None:
        queue = open_queue(str(path))
        queue.put_all([Item(event(), "late", f"late{number}") for number in range(5)])
        os.kill(os.getpid(), signal.SIGKILL)

    def mend_and_die() -> None:
        steps = iter(range(1, 10))

        def sync(folder: Path) -> None:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("storage.queues.salvage.sync_folder", sync)
            open_queue(str(path))

    settled(path)
    assert in_child(put_and_die) == signal.SIGKILL
    assert path.with_name(f"{path.name}-wal").stat().st_size
    overwrite(path, 5 * 4096, 4096)
    assert in_child(mend_and_die) == signal.SIGKILL
    queue = open_queue(str(path))
    found = drained(queue)
    assert {f"late{number}" for number in range(5)} <= set(found)
    assert len(found) >= 150
    queue.close()
    assert moved_aside(path)
    assert [left.name for left in path.parent.iterdir() if left.name.startswith(".") or left.suffix == ".salvaged"] == []


def test_an_event_whose_text_was_damaged_does_not_stop_the_others(path: Path, clock: Clock) -> None:
    """SQLite checks its pages, not the text in them."""
    queue, bystander = other(path, clock), other(path, clock)
    put(queue, "1", "a")
    put(bystander, "2", "b")
    db = sqlite3.connect(path)
    db.execute("UPDATE events SET event='{\"specversion\":' WHERE key='1'")
    db.commit()
    db.close()
    assert drained(queue) == ["2"]
    assert put(bystander, "3", "b")  # which has seen no damage, only that the name means another file now
    assert drained(queue) == ["3"]
    assert len(moved_aside(path)) == 1
    queue.close()
    bystander.close()


@pytest.mark.parametrize("make", ["CREATE TABLE theirs (x)", "PRAGMA user_version=7; CREATE TABLE events (x)"])
def test_an_sqlite_file_of_something_else_is_left_alone(make: str, path: Path) -> None:
    """Named, not moved, not written to."""
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.executescript(make)
    db.close()
    with pytest.raises(BadQueue, match="no queue of Warraq"):
        open_queue(str(path))
    assert moved_aside(path) == []


def test_a_queue_of_a_later_version_is_left_alone(path: Path) -> None:
    """It would be misread."""
    settled(path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=3")
    db.close()
    with pytest.raises(BadQueue, match="a queue of version 3"):
        open_queue(str(path))


def test_a_pause_outlives_a_damaged_file_and_is_set_in_one_of_an_older_version(path: Path) -> None:
    settled(path)
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE paused")
    old.close()
    queue = open_queue(str(path))
    assert queue.paused() == {}
    queue.pause("g1")
    queue.close()
    overwrite(path, 5 * 4096, 4096)
    queue = open_queue(str(path))
    assert set(queue.paused()) == {"g1"}
    assert "g1" not in {lease.group for lease in queue.take(400)}
    queue.close()
