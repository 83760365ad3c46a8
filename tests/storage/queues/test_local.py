"""The queue in an SQLite file: its clock, its dead, and what becomes of a damaged file or a full disk."""

from __future__ import annotations

import logging
import os
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import liveness
from storage.queues import BadQueue, Item, LeaseLost, Queue, QueueError, QueueFull, QueueUnavailable, open_queue
from storage.queues.local import LocalQueue
from tests.storage.queues.events import drained, event, keys, one, put
from tests.storage.queues.test_workers import process
from tests.storage.test_killed import in_child


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


def test_a_lease_lasts_as_long_as_it_was_given_for_and_no_longer(queue: LocalQueue, clock: Clock) -> None:
    """To the moment."""
    put(queue, "1")
    lease = one(queue)
    assert lease.until == 1300
    clock.now = 1299.9
    assert queue.take() == []
    clock.now = 1300
    again = one(queue)
    assert again.attempt == 2
    with pytest.raises(LeaseLost):
        queue.ack(lease)


def test_work_done_late_is_taken_if_nobody_else_has_begun_it(queue: LocalQueue, clock: Clock) -> None:
    """Nothing is done twice without need."""
    put(queue, "1")
    lease = one(queue)
    clock.now += 1000
    queue.ack(lease)
    assert queue.take() == []


def test_an_extension_counts_from_now(queue: LocalQueue, clock: Clock) -> None:
    """Not from the end of the lease."""
    put(queue, "1")
    lease = one(queue)
    clock.now += 200
    assert queue.extend(lease, 300).until == 1500
    clock.now = 1499
    assert queue.take() == []
    clock.now = 1501
    assert one(queue).attempt == 2


def test_a_delay_holds_a_group_for_its_time(queue: LocalQueue, clock: Clock) -> None:
    """And is no lease: what waits is counted as waiting."""
    put(queue, "1")
    queue.release(one(queue), "503", delay_seconds=60)
    assert queue.depth().groups == {"enab_baladi": (1, 0)}
    clock.now += 59
    assert queue.take() == []
    clock.now += 1
    assert one(queue).key == "1"


def test_the_wall_clock_may_be_set_without_ending_a_lease(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases run by monotonic time."""
    monkeypatch.setattr("time.time", lambda: 9e9)
    queue = LocalQueue(path, lease_seconds=300)
    put(queue, "1")
    one(queue)
    monkeypatch.setattr("time.time", lambda: 0)
    assert queue.take() == []
    monkeypatch.setattr("time.time", lambda: 18e9)
    assert queue.take() == []
    queue.close()


def test_what_a_killed_process_held_is_given_at_once(path: Path) -> None:
    """Not only when its lease of an hour has run out: a restarted service goes on where it was."""
    queue = open_queue(str(path))
    put(queue, "1")
    killed = process("take-and-die", str(path), "3600")
    assert killed.communicate(timeout=60)[0].split() == ["1"]
    assert killed.returncode == -signal.SIGKILL
    assert [lease.attempt for lease in queue.take()] == [2]
    queue.close()


def test_after_a_reboot_every_lease_is_over(queue: LocalQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker cannot be alive, and the clock has begun anew."""
    put(queue, "1")
    one(queue)
    assert queue.take() == []
    monkeypatch.setattr(liveness, "_machine", lambda: "another-boot/pid:[1]")
    assert one(queue).attempt == 2


def test_a_lease_of_another_container_ends_by_time_alone(
    queue: LocalQueue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes cannot be seen, but they share the boot and the clock."""
    put(queue, "1")
    one(queue)
    boot = str(liveness.myself()["machine"]).partition("/")[0]
    monkeypatch.setattr(liveness, "_machine", lambda: f"{boot}/pid:[1]")
    assert queue.take() == []
    clock.now += 301
    assert one(queue).attempt == 2


def test_a_forked_process_may_use_the_queue_it_inherited(queue: LocalQueue, path: Path, clock: Clock) -> None:
    """With a connection of its own: SQLite's locks do not survive a fork. And the parent goes on."""
    put(queue, "1", "a")

    def work() -> None:
        assert put(queue, "2", "b")
        assert not put(queue, "1", "a")
        queue.ack(queue.take(1, 0, ["b"])[0])
        assert put(queue, "3", "c")
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == signal.SIGKILL
    put(queue, "4", "d")
    assert sorted(drained(other(path, clock))) == ["1", "3", "4"]


def test_a_forked_process_goes_on_when_its_parent_gives_up_the_queue(path: Path) -> None:
    """The parent, as the last one it knows of, clears the log away; the child must not write into what is gone."""
    queue = open_queue(str(path))
    put(queue, "1")
    told, tells = os.pipe()

    def work() -> None:
        os.close(tells)
        assert put(queue, "2")
        os.read(told, 1)
        assert put(queue, "3")
        os.kill(os.getpid(), signal.SIGKILL)

    def give_up() -> None:
        time.sleep(0.5)  # the child has put its first by now; if it has not, the test proves less
        queue.close()
        os.write(tells, b".")

    giving_up = threading.Thread(target=give_up)
    giving_up.start()
    assert in_child(work) == signal.SIGKILL
    giving_up.join()
    os.close(told)
    os.close(tells)
    again = open_queue(str(path))
    assert drained(again) == ["1", "2", "3"]
    again.close()


def test_a_failed_put_of_many_accepts_none(queue: LocalQueue) -> None:
    """One transaction."""
    with pytest.raises(QueueError):
        queue.put_all([Item(event(), "a", "1"), Item({}, "a", "2")])
    assert queue.depth().waiting == 0


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


def moved_aside(path: Path) -> list[Path]:
    return sorted(found for found in path.parent.glob(f"{path.name}.damaged-*") if not found.name.endswith(("-wal", "-shm")))


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
    lease = queue.take(1, 0, ["g0"])[0]
    for _ in range(3):
        queue.release(queue.take(1, 0, ["g1"])[0], "no")
    queue.close()
    last_page = path.stat().st_size - 4096
    overwrite(path, last_page, 4096)
    again = other(path, clock)
    assert moved_aside(path)
    assert keys(again.dead()) == ["1"]
    assert again.take(1, 0, ["g0"]) == []
    again.ack(lease)
    assert again.take(1, 0, ["g0"])[0].key == "4"
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
            patch.setattr("storage.queues.salvage.sync", sync)
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
    db.execute("PRAGMA user_version=2")
    db.close()
    with pytest.raises(BadQueue, match="a queue of version 2"):
        open_queue(str(path))


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
    queue: Queue = open_queue(str(path))
    put(queue, "0")
    queue.close()

    def work() -> None:
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
