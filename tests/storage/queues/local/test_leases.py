"""The queue in an SQLite file: its clock, its dead, and processes that are forked."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from storage import liveness
from storage.queues import Item, LeaseLost, QueueError, open_queue
from storage.queues.local import LocalQueue
from tests.storage.queues.events import event, one, put
from tests.storage.queues.local.conftest import Clock
from tests.storage.queues.test_workers import process
from tests.storage.run.test_killed import in_child


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
    assert killed.communicate(timeout=300)[0].split() == ["1"]
    assert killed.returncode == -signal.SIGKILL
    assert [lease.attempt for lease in queue.take()] == [2]
    queue.close()


def test_what_killed_processes_held_never_becomes_a_dead_letter(path: Path) -> None:
    """The machine failed, not the work: only what a living worker fails at counts."""

    def take_and_die() -> None:
        open_queue(str(path)).take()
        os.kill(os.getpid(), signal.SIGKILL)

    queue = open_queue(str(path), max_attempts=2)
    put(queue, "1")
    for _ in range(5):
        assert in_child(take_and_die) == signal.SIGKILL
    lease = one(queue)
    assert lease.attempt == 6
    queue.release(lease, "its page is not to be had")
    queue.release(one(queue), "still not")
    assert [letter.reason for letter in queue.dead()] == ["still not"]
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


def test_a_forked_child_is_told_to_open_the_queue_again(queue: LocalQueue) -> None:
    """SQLite's locks do not survive a fork. The parent goes on."""

    def work() -> None:
        with pytest.raises(QueueError, match="open it again after a fork"):
            queue.take()
        os.kill(os.getpid(), signal.SIGKILL)

    put(queue, "1")
    assert in_child(work) == signal.SIGKILL
    assert one(queue).key == "1"


def test_a_failed_put_of_many_accepts_none(queue: LocalQueue) -> None:
    """One transaction."""
    with pytest.raises(QueueError):
        queue.put_all([Item(event(), "a", "1"), Item({}, "a", "2")])
    assert queue.depth().waiting == 0
