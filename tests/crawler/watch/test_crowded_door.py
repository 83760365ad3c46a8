"""A crowd before the door while outlets are crawled: it is shed, and the crawls feel nothing of it."""

from __future__ import annotations

import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import urllib3

from crawler.demo.running import serve
from crawler.http_server.connections import HEAD_SECONDS, MOST_CONNECTIONS
from infra.testing.waiting import until
from infra.world.worlds import World
from tests.crawler.watch.watching import SELDOM, Watching, kept

IDLE = 1_100
FILES = 1_024
"""What most systems give a process."""
ARTICLES = 150


@pytest.fixture
def few_files_for_the_watch() -> Iterator[None]:
    """The watch inherits the soft limit; this process raises its own to hold the crowd."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
@pytest.mark.usefixtures("few_files_for_the_watch")
def test_a_crowd_of_idle_connections_is_shed_and_crawls_feel_nothing(
    tmp_path: Path, record_property: pytest.FixtureRequest
) -> None:
    """1,100 connections without a request: no descriptor is missing, every article is kept, /healthz answers, and of all of them
    no more is told than a fact a minute.
    """
    with ExitStack() as stack:
        running = stack.enter_context(serve(World.generated(articles=ARTICLES, kilobytes=20)))
        settings = {**SELDOM, "WARRAQ_DOOR": "0", "WARRAQ_DOWNLOAD_DELAY": "0.05"}
        watch = stack.enter_context(Watching(running, tmp_path, "enab_baladi", **settings))
        (opened,) = watch.until(lambda: watch.of("door.opened"))
        host, _, port = opened["address"].rpartition(":")
        watch.until(lambda: watch.of("kept"))
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(8_192, hard), hard))
        began = time.monotonic()
        crowd = [stack.enter_context(socket.create_connection((host, int(port)), timeout=120)) for _ in range(IDLE)]
        until(lambda: open_ones(crowd) <= MOST_CONNECTIONS)
        thinned = time.monotonic() - began
        assert urllib3.request("GET", f"http://{host}:{port}/healthz", timeout=120).status == 200
        until(lambda: open_ones(crowd) == 0)
        gone = time.monotonic() - began
        watch.until_worked("enab_baladi")
        assert watch.stop() == 0
    record_property("seconds until 128 are left", round(thinned, 1))  # type: ignore[operator]
    record_property("seconds until none is left", round(gone, 1))  # type: ignore[operator]
    print(f"\n{IDLE} idle connections: {MOST_CONNECTIONS} left after {thinned:.1f} s, none after {gone:.1f} s")  # noqa: T201
    assert gone >= HEAD_SECONDS * 0.9
    assert not watch.of("failed")
    assert len(kept(tmp_path)) == ARTICLES
    assert len(watch.of("door.shed")) <= 2
    assert watch.said == ""


def open_ones(crowd: list[socket.socket]) -> int:
    """Connections that the other side has not closed: nothing is to be read from them."""
    poll = select.poll()
    for one in crowd:
        poll.register(one, select.POLLIN | select.POLLHUP | select.POLLERR)
    return len(crowd) - len(poll.poll(0))
