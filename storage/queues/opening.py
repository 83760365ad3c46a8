"""From a setting to a queue."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from storage.queues.errors import BadQueue
from storage.queues.local import LocalQueue
from storage.queues.queue import LEASE_SECONDS, MAX_ATTEMPTS, Queue


def open_queue(uri: str, *, lease_seconds: float = LEASE_SECONDS, max_attempts: int = MAX_ATTEMPTS) -> Queue:
    """The queue at a path or `sqlite:PATH` (made if nothing is there), `sqs://NAME`, an SQS queue's URL, or `redis://…`.

    lease_seconds: how long a taken event is left to its worker. max_attempts: how often the work of an event may fail before it
    goes to the dead letters; the redrive policy of an SQS queue says besides how often an event is given at all.
    `redis://HOST:PORT/DB?queue=NAME`: several queues can share a server (`warraq` if none is named).
    """
    if lease_seconds <= 0 or max_attempts < 1:
        raise BadQueue(f"a lease of {lease_seconds} s and {max_attempts} attempts: both must be above 0")
    scheme = urlsplit(uri).scheme if "://" in uri else uri.partition(":")[0] if uri.startswith("sqlite:") else ""
    if scheme in {"sqs", "http", "https"}:
        from storage.queues.sqs import SqsQueue  # noqa: PLC0415 - boto3 takes 0.2 s to import

        return SqsQueue(uri, lease_seconds=lease_seconds, max_attempts=max_attempts)
    if scheme in {"redis", "rediss"}:
        return _redis(uri, lease_seconds, max_attempts)
    if scheme not in {"", "sqlite"}:
        raise BadQueue(f"{scheme}://… is no queue: give a path, sqlite:PATH, sqs://NAME or redis://HOST")
    path = uri.removeprefix("sqlite:").removeprefix("//")
    if not path:
        raise BadQueue(f"{uri!r} names no file")
    return LocalQueue(Path(path), lease_seconds=lease_seconds, max_attempts=max_attempts)


def _redis(uri: str, lease_seconds: float, max_attempts: int) -> Queue:
    try:
        from storage.queues.redis_streams import RedisQueue  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "redis":
            raise
        raise BadQueue("a queue at redis:// needs redis-py: pip install 'warraq[redis]'") from error
    return RedisQueue(uri, lease_seconds=lease_seconds, max_attempts=max_attempts)
