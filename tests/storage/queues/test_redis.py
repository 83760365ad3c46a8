"""The queue on Redis: a server that forgets is refused, one that is killed loses nothing, errors name what to set."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from infra.testing.servers import RedisServer
from storage.queues import BadQueue, Item, NotDurable, QueueFull, QueueUnavailable, open_queue
from storage.queues.queue import UNANSWERED
from storage.queues.redis_streams import RedisQueue
from tests.storage.queues.events import drained, event, keys, one, put, until_depth

Start = Callable[..., RedisServer]


def test_a_killed_server_loses_nothing_it_accepted(redis_server: Start) -> None:
    """Neither what waits nor leases, attempts, dead letters and keys; the same connection goes on."""
    server = redis_server()
    queue = open_queue(server.uri("events"), max_attempts=2)
    queue.put_all([Item(event(), f"g{number % 3}", str(number)) for number in range(300)])
    first, lease, third = queue.take(3)  # one of each group
    queue.release(first, "no")
    queue.release(queue.take()[0], "no")  # of the one group that is free
    queue.release(third, "stopped", failed=False)
    before = queue.depth()
    server.kill()
    with pytest.raises(QueueUnavailable, match="the server does not answer"):
        put(queue, "lost")
    server.start()
    assert queue.depth() == before
    assert (before.waiting, before.taken, before.dead) == (298, 1, 1)
    assert not put(queue, "5", "g2")
    for free in queue.take(3):
        assert free.group != lease.group
        queue.release(free, "stopped", failed=False)
    queue.ack(lease)
    assert keys(queue.dead()) == ["0"]
    assert len(drained(queue)) == 298
    queue.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--appendonly", "no"), "appendonly yes"),
        (("--appendonly", "yes", "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"), "maxmemory-policy noeviction"),
    ],
)
def test_a_server_that_would_forget_events_is_refused(options: tuple[str, ...], says: str, redis_server: Start) -> None:
    """Unless it is accepted as it is."""
    server = redis_server(*options)
    with pytest.raises(NotDurable, match=says):
        open_queue(server.uri("events"))
    queue = open_queue(server.uri("events") + "&volatile=yes")
    assert put(queue, "1")
    queue.close()


def test_a_server_whose_memory_is_full_accepts_nothing_and_loses_nothing(redis_server: Start) -> None:
    """One line; work that is done makes room."""
    server = redis_server("--appendonly", "yes", "--maxmemory", "4mb")
    queue = open_queue(server.uri("events"))
    accepted: list[str] = []

    def fill() -> None:
        for number in range(1000):
            queue.put(event("x" * 20_000), group="a", key=str(number))
            accepted.append(str(number))

    with pytest.raises(QueueFull, match="the server takes no more") as refusal:
        fill()
    assert "\n" not in str(refusal.value)
    redis.Redis(port=server.port).config_set("maxmemory", "0")
    assert drained(queue) == accepted
    queue.close()


def test_a_password_is_never_shown(redis_server: Start) -> None:
    """Neither in errors nor as the queue's address."""
    server = redis_server("--appendonly", "yes", "--requirepass", "s3cret")
    right = f"redis://:s3cret@127.0.0.1:{server.port}/0"
    assert open_queue(right).uri == f"redis://***@127.0.0.1:{server.port}/0?queue=warraq"
    with pytest.raises(QueueUnavailable, match="user or password") as refusal:
        open_queue(right.replace("s3cret", "gue55"))
    assert "gue55" not in str(refusal.value)
    server.kill()
    with pytest.raises(QueueUnavailable) as refusal:
        open_queue(right)
    assert "s3cret" not in str(refusal.value)


def test_queues_of_other_names_are_other_queues(shared_redis: RedisServer) -> None:
    """On one server."""
    one_queue, other = open_queue(shared_redis.uri("n1")), open_queue(shared_redis.uri("n2"))
    put(one_queue, "1")
    assert other.take() == []
    with pytest.raises(BadQueue, match="is no name"):
        open_queue(shared_redis.uri("a:b"))


def test_workers_that_are_long_gone_are_forgotten(shared_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process leaves a consumer in every stream; one that still holds work stays until that is claimed."""
    uri, client = shared_redis.uri("tidy"), redis.Redis(port=shared_redis.port)
    first = open_queue(uri)
    assert isinstance(first, RedisQueue)
    for group in "ab":
        put(first, "1", group)
        put(first, "2", group)
    first.ack(first.take()[0])
    first.take()
    monkeypatch.setattr("storage.queues.redis_streams._FORGOTTEN_MS", -1)
    open_queue(uri)
    assert [len(client.xinfo_consumers("{tidy}:stream:" + group, "workers")) for group in "ab"] == [0, 1]


def test_behind_a_dead_letter_the_next_event_is_given_at_once(shared_redis: RedisServer) -> None:
    """Without another look at the queue."""
    queue = open_queue(shared_redis.uri("behind"), lease_seconds=0.2, max_attempts=1)
    put(queue, "deadly")
    put(queue, "next")
    for _ in range(UNANSWERED):
        one(queue)
    until_depth(queue, waiting=2)
    assert keys(queue.take()) == ["next"]
    assert keys(queue.dead()) == ["deadly"]


def test_nothing_is_left_on_the_server_of_events_that_are_done(shared_redis: RedisServer) -> None:
    """But an empty stream a group."""
    queue, client = open_queue(shared_redis.uri("clean"), max_attempts=1), redis.Redis(port=shared_redis.port)
    for key in "123":
        put(queue, key)
    queue.release(one(queue), "dead", 5)
    queue.redrive()
    drained(queue)
    left = {key for key in client.keys("{clean}:*") if client.type(key) != b"stream" or client.xlen(key)}
    assert left == set()


def test_without_redis_py_one_line_says_what_to_install(tmp_path: Path) -> None:
    """It is an extra."""
    code = (
        "import sys; sys.modules['redis'] = None\n"
        "from storage.queues import open_queue, BadQueue\n"
        "try: open_queue('redis://127.0.0.1:1/0')\n"
        "except BadQueue as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "a queue at redis:// needs redis-py: pip install 'warraq[redis]'\n"
