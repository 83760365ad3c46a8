"""Events a second through each queue with acknowledgement: put, take and ack, by one worker and by four (processes).

Each worker puts its events one by one, into groups of its own and of others, then takes and acknowledges until all are done.
SQS is moto's server in a process of its own: its figure is moto's, not that of AWS. Redis is Debian's redis-server.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
from botocore.config import Config

from storage.queues import Item, Queue, QueueError, open_queue

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
        servers.enter_context(_moto())
        for _, workers in itertools.product(range(rounds), WORKERS):
            places = {"local": (f"sqlite:{folder / str(next(_names))}", events), "sqs_moto": (_sqs_queue(), sqs_events)}
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


def _ready(barrier: object) -> None:
    global _start  # noqa: PLW0603 - how a pool hands something to its processes
    _start = barrier


def _work(uri: str, number: int, count: int) -> tuple[float, float]:
    """Seconds of a worker's puts, and from the last worker's last put to the last acknowledgement."""
    queue = open_queue(uri)
    _start.wait()  # type: ignore[name-defined]
    begun = time.monotonic()
    for n in range(count):
        queue.put(_event(f"{number}-{n}"), group=f"g{n % GROUPS}", key=f"https://www.enabbaladi.net/archives/{number}-{n}")
    put = time.monotonic() - begun
    _start.wait()  # type: ignore[name-defined]
    begun = last = time.monotonic()
    # The groups are more than the workers, so each worker finds a free one until all is done.
    while not _empty(queue, leases := queue.take(BATCH, 0.5)):
        for lease in leases:
            queue.ack(lease)
            last = time.monotonic()
    return put, last - begun


def _empty(queue: Queue, leases: list[object]) -> bool:
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


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _redis(folder: Path, fsync: str) -> Iterator[str | None]:
    """The server's address, None where there is no redis-server."""
    if not shutil.which("redis-server"):
        yield None
        return
    folder.mkdir()
    port = _free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen([*command, "--appendonly", "yes", "--appendfsync", fsync], stdout=subprocess.DEVNULL)
    try:
        uri = f"redis://127.0.0.1:{port}/0"
        for _ in range(100):
            try:
                open_queue(uri).close()
                break
            except QueueError:
                time.sleep(0.1)
        yield uri
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _moto() -> Iterator[None]:
    """An SQS endpoint in a process of its own, in the environment of this one and its children."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = dict(os.environ)
    settings = {"AWS_ENDPOINT_URL_SQS": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}  # fmt: skip
    os.environ.update(settings)
    try:
        yield
    finally:
        server.terminate()
        server.wait()
        os.environ.clear()
        os.environ.update(before)


def _sqs_queue() -> str:
    name = f"events-{next(_names)}"
    # The client's retries wait for the server to listen.
    sqs = boto3.client("sqs", config=Config(retries={"total_max_attempts": 20, "mode": "standard"}))
    dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "RedrivePolicy": policy})
    return f"sqs://{name}"


if __name__ == "__main__":
    small = "--quick" in sys.argv
    for figure, value in queues(400 if small else 4_000, 80 if small else 400, 1 if small else 3).items():
        print(f"{figure}: {value}")  # noqa: T201
