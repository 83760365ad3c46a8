"""Events a second through each queue with acknowledgement: put, take and ack, by one worker and by four (processes).

Each worker puts its events one by one, into groups of its own and of others, then takes and acknowledges until all are done.
SQS is moto's server in a process of its own: its figure is moto's, not that of AWS. Redis is Debian's redis-server.
"""

from __future__ import annotations

import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

from infra.testing.servers import RedisServer, environment, make_queue, moto_apart, settings
from storage.queues import Item, Queue, open_queue

WORKERS = (1, 4)
GROUPS = 8
BATCH = 10
_names = itertools.count()


def queues(events: int, sqs_events: int, rounds: int) -> dict[str, object]:
    """Medians of the rounds, interleaved. events: of all workers together; sqs_events: the same for the slow emulator."""
    spawn = multiprocessing.get_context("spawn")
    figures: dict[str, object] = {"events": events, "sqs_events": sqs_events, "groups": GROUPS, "batch": BATCH}
    found: dict[str, list[tuple[float, float, float]]] = {}
    with ExitStack() as servers:
        folder = Path(servers.enter_context(tempfile.TemporaryDirectory()))
        fsync = {
            "redis_everysec": servers.enter_context(_redis(folder / "everysec", "everysec")),
            "redis_always": servers.enter_context(_redis(folder / "always", "always")),
        }
        url = servers.enter_context(moto_apart())
        servers.enter_context(settings(environment(url, "SQS")))
        for _, workers in itertools.product(range(rounds), WORKERS):
            places = {
                "local": (f"sqlite:{folder / str(next(_names))}", events),
                "sqs_moto": (make_queue(f"events-{next(_names)}", 5), sqs_events),
            }
            places |= {name: (f"{server}?queue=q{next(_names)}", events) for name, server in fsync.items() if server}
            for name, (uri, count) in places.items():
                start = spawn.Barrier(workers)
                with spawn.Pool(workers, _ready, (start,)) as pool:
                    times = pool.starmap(_work, [(uri, number, count // workers) for number in range(workers)], chunksize=1)
                together = [max(column) for column in zip(*times, strict=True)]
                found.setdefault(f"{name}, {workers} workers", []).append(
                    (count / together[0], count / together[1], count / sum(together))
                )
    for name, rates in sorted(found.items()):
        put, done, both = (statistics.median(column) for column in zip(*rates, strict=True))
        figures[name] = f"{both:,.0f} events/s (put {put:,.0f}, take + ack {done:,.0f})"
    figures["local, put_all of 1,000"] = f"{_together(1_000):,.0f} events/s"
    return figures


_start: Barrier
"""At which a worker waits for the others: there is one in each process of the pool."""


def _ready(barrier: Barrier) -> None:
    global _start  # noqa: PLW0603 - how a pool hands something to its processes
    _start = barrier


def _work(uri: str, number: int, count: int) -> tuple[float, float]:
    """Seconds of a worker's puts, and from the last worker's last put to the last acknowledgement."""
    queue = open_queue(uri)
    _start.wait()
    begun = time.monotonic()
    for n in range(count):
        queue.put(_event(f"{number}-{n}"), group=f"g{n % GROUPS}", key=f"https://www.enabbaladi.net/archives/{number}-{n}")
    put = time.monotonic() - begun
    _start.wait()
    begun = last = time.monotonic()
    # The groups are more than the workers, so each worker finds a free one until all is done.
    while not _empty(queue, leases := queue.take(BATCH, 0.5)):
        for lease in leases:
            queue.ack(lease)
            last = time.monotonic()
    return put, last - begun


def _empty(queue: Queue, leases: Sequence[object]) -> bool:
    if leases:
        return False
    depth = queue.depth()
    return depth.waiting + depth.taken == 0


def _together(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        queue = open_queue(f"{folder}/q.db")
        items = [Item(_event(str(n)), f"g{n % GROUPS}", str(n)) for n in range(count)]
        begun = time.monotonic()
        queue.put_all(items)
        rate = count / (time.monotonic() - begun)
        queue.close()
        return rate


def _event(number: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": number,
        "source": "/warraq/bench",
        "type": "url.submitted",
        "subject": f"https://www.enabbaladi.net/archives/{number}",
        "time": "2026-11-22T12:00:00Z",
    }


@contextmanager
def _redis(folder: Path, fsync: str) -> Iterator[str | None]:
    """The server's address, None where there is no redis-server."""
    folder.mkdir()
    try:
        server = RedisServer(folder, "--appendonly", "yes", "--appendfsync", fsync)
    except FileNotFoundError:
        yield None
        return
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.kill()
