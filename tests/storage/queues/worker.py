"""A worker in a process of its own: `python -m tests.storage.queues.worker DEED URI …`, settings from the environment."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from storage.queues import open_queue
from tests.storage.queues.events import put


def work(uri: str, desk: str, batch: str, idle_seconds: str) -> None:
    """Work until there has been nothing for so long. Tells each key; a group that somebody else works too is told as TWO."""
    queue = open_queue(uri, lease_seconds=60)
    while leases := queue.take(int(batch), float(idle_seconds)):
        groups = {lease.group for lease in leases}
        for group in groups:
            try:
                Path(desk, group).open("x").close()
            except FileExistsError:
                tell(f"TWO {group}")
        left = [lease.group for lease in leases]
        for lease in leases:
            tell(lease.key)
            left.remove(lease.group)
            if lease.group not in left:  # the group is free from its last acknowledgement on
                Path(desk, lease.group).unlink()
            queue.ack(lease)


def take_and_die(uri: str, lease_seconds: str) -> None:
    """Kill -9 between taking and acknowledging."""
    queue = open_queue(uri, lease_seconds=float(lease_seconds))
    tell(queue.take(1, 30)[0].key)
    os.kill(os.getpid(), signal.SIGKILL)


def put_for_ever(uri: str) -> None:
    """Tells each key before and after it was accepted."""
    queue = open_queue(uri)
    for number in range(10**6):
        tell(f"putting {number}")
        put(queue, str(number))
        tell(f"accepted {number}")


def tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    {"work": work, "take-and-die": take_and_die, "put": put_for_ever}[sys.argv[1]](*sys.argv[2:])
