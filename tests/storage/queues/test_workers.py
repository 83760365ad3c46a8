"""Several workers, real processes among them, and what is left of their work when they are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from infra.testing.waiting import LONG, bounded
from storage.queues import Item, Lease, Queue
from tests.storage.queues.conftest import Place
from tests.storage.queues.events import event, one, put

ROOT = Path(__file__).parents[3]


def process(*args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.queues.worker", *args]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def fill(queue: Queue, groups: int, each: int) -> list[str]:
    items = [Item(event(), f"g{group}", f"g{group}/{number}") for number in range(each) for group in range(groups)]
    queue.put_all(items)
    return [item.key for item in items]


def in_order(keys: list[str]) -> bool:
    """Whether the numbers of each group rise."""
    numbers = defaultdict(list)
    for key in keys:
        group, _, number = key.partition("/")
        numbers[group].append(int(number))
    return all(found == sorted(found) for found in numbers.values())


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 5])
def test_threads_never_work_one_group_at_once(batch: int, place: Place) -> None:
    """Six of them on three outlets: each event once, each outlet in order."""
    queue = place.open()
    keys = fill(queue, groups=3, each=12)
    at_work: Counter[str] = Counter()
    done: list[str] = []
    clashes: list[str] = []
    lock = threading.Lock()

    def arrive(leases: list[Lease]) -> None:
        with lock:
            clashes.extend(lease.group for lease in leases if at_work[lease.group])
            at_work.update({lease.group for lease in leases})
            if batch == 1:
                clashes.extend(group for group in at_work if at_work[group] > 1)

    def work() -> None:
        mine = place.open()
        while leases := mine.take(batch, 0.5):
            arrive(leases)
            left = [lease.group for lease in leases]
            for lease in leases:
                time.sleep(0.002)  # the work: so long that two at once would meet
                left.remove(lease.group)
                with lock:
                    done.append(lease.key)
                    if lease.group not in left:
                        at_work[lease.group] -= 1
                mine.ack(lease)
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert clashes == []
    assert sorted(done) == sorted(keys)
    assert in_order(done)
    assert (queue.depth().waiting, queue.depth().taken) == (0, 0)
    queue.close()


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 4])
def test_processes_never_work_one_group_at_once(batch: int, place: Place, tmp_path: Path) -> None:
    """Three of them on three outlets, each with an own connection; events come in while they work."""
    queue = place.open()
    keys = fill(queue, groups=3, each=10)
    desk = tmp_path / "desk"
    desk.mkdir()
    workers = [process("work", place.uri, str(desk), str(batch), "2") for _ in range(3)]
    for number in range(10, 14):
        keys += [f"g1/{number}"]
        put(queue, f"g1/{number}", "g1")
    told = [worker.communicate(timeout=300)[0].splitlines() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sorted(line for lines in told for line in lines) == sorted(keys)
    assert all(in_order(lines) for lines in told)
    queue.close()


@pytest.mark.slow
def test_the_work_of_a_killed_process_is_given_again_and_first(place: Place) -> None:
    """Kill -9 between taking and acknowledging; nothing is lost."""
    queue = place.open()
    put(queue, "1")
    put(queue, "2")
    killed = process("take-and-die", place.uri, "2")
    assert killed.communicate(timeout=300)[0].split() == ["1"]
    assert killed.returncode == -signal.SIGKILL
    again = one(queue)
    assert (again.key, again.attempt) == ("1", 2)
    queue.ack(again)
    queue.ack(one(queue))
    assert queue.take() == []
    queue.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_process_killed_while_it_puts_leaves_whole_events_or_none(seed: int, place: Place) -> None:
    """What it said was accepted is there, in order; of the one it was at, all or nothing."""
    putting = process("put", place.uri)
    assert putting.stdout
    wait = 5 + random.Random(seed).randrange(25)
    with bounded(putting, f"{2 * wait} lines"):
        for _ in range(2 * wait):
            assert putting.stdout.readline()
    putting.kill()
    told = putting.stdout.read().split("\n")
    putting.stdout.close()
    putting.wait()
    accepted = max([wait - 1, *(int(line.split()[1]) for line in told if line.startswith("accepted ") and line[-1].isdigit())])
    queue = place.open()
    found = []
    while leases := queue.take(10):
        for lease in leases:
            assert lease.event["subject"] == lease.key
            found.append(int(lease.key))
            queue.ack(lease)
    assert found[: accepted + 1] == list(range(accepted + 1))
    assert len(found) <= accepted + 2
    queue.close()
