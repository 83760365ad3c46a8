"""Several watches on one queue: the archive of one, at the pace of one, whoever of them stops, is killed or is told to wait."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle, pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.demo.running import Request, Running, serve
from crawler.watch.http import events_in
from infra.testing import servers, waiting
from infra.testing.waiting import LONG
from infra.world.worlds import World
from storage import open_archive
from storage.queues import Depth, Queue, open_queue
from tests.crawler.comparing import comparable, objects
from tests.crawler.conftest import tree, warraq
from tests.crawler.watch.busy import PAUSE, BusyWorld
from tests.crawler.watch.watching import LIVING, SELDOM, Watching, expected, kept
from tests.storage.queues.conftest import start_redis

DELAY = 0.5
PACED = {"WARRAQ_DOWNLOAD_DELAY": str(DELAY), "WARRAQ_CONCURRENCY": "1"}
HELD_UP = 1.0
"""Seconds that a request may be on its way: two workers at once would be found out after four requests."""
WAITS = "geiroon"
"""A dead outlet: whoever watches it alone polls nothing, and does what the queue brings."""
EMPTY = Depth(waiting=0, taken=0, dead=0)

Place = tuple[str, dict[str, str]]
"""A queue's URI, and the environment that it needs (with the bucket `news` where it is AWS's)."""


@contextmanager
def queue_place(kind: str, folder: Path) -> Iterator[Place]:
    """A new queue of the kind, on real parts."""
    with ExitStack() as parts:
        env = {}
        if kind in {"sqs", "redis"}:
            url = parts.enter_context(servers.moto(servers.ShortPolls))
            servers.make_bucket(url, "news")
            env = servers.environment(url)
            parts.enter_context(servers.settings(env))
        if kind == "redis":
            redis = start_redis(folder)
            parts.callback(redis.kill)
            yield redis.uri("watch"), env
        else:
            yield (servers.make_queue("watch", 5) if kind == "sqs" else str(folder / "q.sqlite")), env


def until(done: Callable[[], object], watches: Sequence[Watching], seconds: float = 3 * LONG) -> None:
    """Fails after so many seconds, and as soon as a watch has failed, with what the watches told last."""

    def done_or_failed() -> object:
        failed = [watch.last_words() for watch in watches if (watch.process.poll() or 0) > 0]
        assert not failed, failed
        return done()

    waiting.until(done_or_failed, lambda: "\n".join(watch.last_words() for watch in watches), seconds)


@contextmanager
def working(
    count: int, world: Running, folder: Path, *, archive: str | None = None, queue: str | None = None, **env: str
) -> Iterator[list[Watching]]:
    """So many watches with nothing to poll and a reader each; all have begun."""
    with ExitStack() as started:
        watches = [
            started.enter_context(
                Watching(world, folder, WAITS, archive=archive, queue=queue, **SELDOM, **env, WARRAQ_READERS="1")
            )
            for _ in range(count)
        ]
        until(lambda: all(watch.of("watch.started") for watch in watches), watches)
        yield watches


def assert_handed_on(asked: Sequence[Request], delay: float) -> None:
    """Two processes asked Enab Baladi for its pages, one after the other, and never sooner than the delay."""
    its = [request for request in asked if "enabbaladi" in request.url]
    assert sum(request.url.endswith("/robots.txt") for request in its) == 2  # by either
    assert min(after.at - before.at for before, after in pairwise(its)) >= delay * 0.6


def assert_paced(asked: Sequence[Request]) -> None:
    """However many requests a host got in a row: not sooner than their delays, less what may hold one up on a busy machine."""
    moments = defaultdict[str, list[float]](list)
    for request in asked:
        moments[urlsplit(request.url).netloc].append(request.at)
    for host, at in moments.items():
        for first in range(len(at)):
            for last in range(first + 1, len(at)):
                assert at[last] - at[first] >= (last - first) * DELAY - HELD_UP, (host, first, last, at)


@pytest.fixture(scope="module")
def of_one(miniature: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The archive that one crawl of the living outlets makes."""
    place = tmp_path_factory.mktemp("one") / "a"
    with serve(miniature) as world:
        assert warraq("crawl", *LIVING, "--archive", str(place), world=world).code == 0
    return tree(place)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "kind", "bucket"),
    [(2, "local", False), (2, "sqs", False), (4, "redis", True), (8, "local", False)],
    ids=["2 local", "2 sqs", "4 redis s3", "8 local"],
)
def test_workers_keep_the_archive_of_one_at_the_pace_of_one(
    workers: int,
    kind: str,
    bucket: bool,
    miniature: World,
    of_one: dict[str, bytes],
    tmp_path: Path,
) -> None:
    """All begin together. Whoever has finished something is stopped while addresses go on coming, until each had its turn."""
    archive = "s3://news/a" if bucket else str(tmp_path / "a")
    with (
        queue_place(kind, tmp_path) as (uri, env),
        serve(miniature) as running,
        working(workers, running, tmp_path, archive=archive, queue=uri, **PACED, **env) as watches,
    ):
        with_queue = open_queue(uri)
        with_queue.put_all([events_in.due(outlet, "urn:test") for outlet in LIVING])
        _relay(with_queue, watches, sorted(expected(miniature)))
        until(lambda: _left(with_queue) == EMPTY, watches)
        with_queue.close()
        assert [watch.stop() for watch in watches if watch.process.poll() is None] == [0]
        assert [watch.process.returncode for watch in watches] == [0] * workers
        assert_paced(running.requests())
        made = objects(env, archive) if bucket else tree(tmp_path / "a")
        assert comparable(made) == comparable(of_one)
        assert warraq("verify", "--archive", archive).code == 0


def _relay(queue: Queue, watches: list[Watching], urls: list[str]) -> None:
    """Until each has finished some work, all but the last of them being stopped then; something waits all the time."""
    supply = cycle(urls)
    told: list[Watching] = []

    def each_had_its_turn() -> bool:
        for watch in watches:
            if watch.of("work.finished") and watch not in told and len(told) < len(watches) - 1:
                told.append(watch)
                watch.process.terminate()
        if not queue.depth().waiting:
            queue.put_all(events_in.submitted([next(supply)], "urn:test"))
        return all(watch.of("work.finished") for watch in watches)

    until(each_had_its_turn, watches)
    for watch in told:
        watch.process.wait(LONG)


def _left(queue: Queue) -> Depth:
    depth = queue.depth()
    return Depth(waiting=depth.waiting, taken=depth.taken, dead=depth.dead)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["redis", "sqs"])
def test_the_work_of_a_killed_worker_is_done_by_another_when_its_lease_ends(kind: str, miniature: World, tmp_path: Path) -> None:
    """SIGKILL in the middle of an outlet, on a queue that cannot see who has died: nothing is lost, nothing stands twice."""
    slow = {**PACED, "WARRAQ_DOWNLOAD_DELAY": "0.2", "WARRAQ_LEASE_SECONDS": "8"}
    with (
        queue_place(kind, tmp_path) as (uri, env),
        serve(miniature) as running,
        working(2, running, tmp_path, queue=uri, **slow, **env) as watches,
    ):
        with_queue = open_queue(uri)
        with_queue.put_all([events_in.due("enab_baladi", "urn:test")])
        until(lambda: any(len(watch.of("kept")) >= 3 for watch in watches), watches)
        (killed,) = [watch for watch in watches if watch.of("kept")]
        (heir,) = [watch for watch in watches if watch is not killed]
        killed.kill()
        before = kept(tmp_path)
        assert 3 <= len(before) < len(expected(miniature, "enab_baladi"))
        until(lambda: heir.of("work.finished"), watches)
        until(lambda: _left(with_queue) == EMPTY, watches)
        with_queue.close()
        assert heir.stop() == 0
    articles = [record["url"] for record in open_archive(str(tmp_path / "a")).articles()]
    assert sorted(articles) == sorted(expected(miniature, "enab_baladi"))
    told = [change.event for change in open_archive(str(tmp_path / "a")).changes() if change.event["type"] == "article.kept"]
    # What was announced when it was killed may be announced once more: the same event.
    assert sorted({event["id"]: event["data"]["url"] for event in told}.values()) == sorted(articles)
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_who_takes_the_work_of_a_killed_worker_at_once_waits_a_delay_before_it_asks(miniature: World, tmp_path: Path) -> None:
    """The local queue sees that a process is dead; what that one asked in its last moment nobody knows."""
    delay = 3.0
    paced = {**PACED, "WARRAQ_DOWNLOAD_DELAY": str(delay)}
    with serve(miniature) as running, working(2, running, tmp_path, **paced) as watches:
        queue = open_queue(str(tmp_path / "q.sqlite"))
        queue.put_all(events_in.submitted(sorted(expected(miniature, "enab_baladi"))[:1], "urn:test"))
        until(running.requests, watches)
        (killed,) = [watch for watch in watches if watch.process.pid == _worker_of(tmp_path / "q.sqlite")]
        killed.kill()
        (heir,) = [watch for watch in watches if watch is not killed]
        until(lambda: heir.of("work.finished"), watches)
        assert heir.stop() == 0
        queue.close()
        assert_handed_on(running.requests(), delay)


@pytest.mark.slow
def test_who_is_next_waits_until_the_delay_of_who_was_before_is_over(miniature: World, tmp_path: Path) -> None:
    """Nobody else knows when it asked last, so its work is not finished before others may ask."""
    delay = 3.0
    paced = {**PACED, "WARRAQ_DOWNLOAD_DELAY": str(delay)}
    urls = sorted(expected(miniature, "enab_baladi"))[:2]
    with serve(miniature) as running, working(2, running, tmp_path, **paced) as watches:
        queue = open_queue(str(tmp_path / "q.sqlite"))
        queue.put_all(events_in.submitted(urls[:1], "urn:test"))
        until(lambda: any(watch.of("work.finished") for watch in watches), watches)
        (first,) = [watch for watch in watches if watch.of("work.finished")]
        first.kill()
        queue.put_all(events_in.submitted(urls[1:], "urn:test"))
        (heir,) = [watch for watch in watches if watch is not first]
        until(lambda: heir.of("work.finished"), watches)
        assert heir.stop() == 0
        queue.close()
        assert_handed_on(running.requests(), delay)


def _worker_of(file: Path) -> int:
    """The process that has a lease on the local queue."""
    with closing(sqlite3.connect(file)) as db:
        ((process,),) = db.execute("SELECT process FROM events WHERE token IS NOT NULL")
    return int(process.partition("@")[0])


@pytest.mark.slow
@pytest.mark.parametrize("end", [None, Watching.stop, Watching.kill], ids=["same", "stopped", "killed"])
def test_nobody_asks_before_the_time_that_a_host_named(end: Callable[[Watching], object] | None, tmp_path: Path) -> None:
    """429 with `Retry-After`, then a second crawl: of the same process, or of another as the first one ends at once."""
    world = BusyWorld.miniature()
    urls = sorted(expected(world, "enab_baladi"))[:2]
    env = {"WARRAQ_RETRY_TIMES": "0", "WARRAQ_STOP_SECONDS": "0"}
    queue = open_queue(str(tmp_path / "q.sqlite"))
    with serve(world) as running, working(2 if end else 1, running, tmp_path, **env) as watches:
        queue.put_all(events_in.submitted(urls[:1], "urn:test"))
        until(lambda: any(watch.of("failed") for watch in watches), watches)
        queue.put_all(events_in.submitted(urls[1:], "urn:test"))
        (refused,) = [watch for watch in watches if watch.of("failed")]
        assert [fact["seconds"] for fact in refused.of("host.paused")] == [PAUSE]
        if end is not None:
            end(refused)
        (last,) = [watch for watch in watches if watch.process.poll() is None]
        until(lambda: _left(queue) == EMPTY, [last])
        assert last.stop() == 0
        asked = [request for request in running.requests() if not request.url.endswith("/robots.txt")]
    queue.close()
    assert kept(tmp_path) == set(urls)
    assert [request.status for request in asked if request.status != 301] == [429, 200, 200]
    assert asked[1].at - asked[0].at >= PAUSE
