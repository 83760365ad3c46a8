"""`warraq queue pause` while a watch is at work: it breaks off, asks nothing more, and loses nothing; on every kind of queue."""

from __future__ import annotations

from pathlib import Path

import pytest
import urllib3

from crawler.demo.running import serve
from infra.world.worlds import World
from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.crawler.watch.test_workers import PACED, queue_place
from tests.crawler.watch.watching import SELDOM, Watching, expected, kept

OUTLET = "enab_baladi"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "sqs", "redis"])
def test_a_paused_outlet_is_left_alone_until_it_is_resumed(
    kind: str, miniature: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with queue_place(kind, tmp_path) as (uri, env), serve(miniature) as world:

        def asked() -> int:
            return sum("enabbaladi" in request.url for request in world.requests())

        settings = {**SELDOM, **PACED, **env, "WARRAQ_DOOR": "0"}
        with Watching(world, tmp_path, OUTLET, queue=uri, **settings) as watch:
            watch.until(lambda: watch.of("kept"))
            done = warraq("queue", "pause", OUTLET, "--queue", uri, **env)
            assert done.code == 0, done.err
            (finished,) = watch.until(lambda: watch.of("work.failed", outlet=OUTLET))
            assert finished["reason"] == "the outlet is paused"
            (fact,) = watch.of("outlet.paused")
            assert fact["outlet"] == OUTLET
            door = watch.of("door.opened")[0]["address"]
            metrics = urllib3.request("GET", f"http://{door}/metrics").data.decode()
            assert f'warraq_outlet_paused{{outlet="{OUTLET}"}} 1.0' in metrics
            before = asked()
            assert watch.stop() == 0
        with Watching(world, tmp_path, OUTLET, queue=uri, **settings) as watch:
            watch.until(lambda: watch.of("outlet.paused"))
            shown = warraq("queue", "show", "--queue", uri, **env).out
            assert OUTLET in shown
            assert warraq("queue", "resume", OUTLET, "--queue", uri, **env).code == 0
            watch.until(lambda: watch.of("outlet.resumed"))
            assert asked() == before, "nothing was asked of it in between"
            watch.until(lambda: watch.of("work.finished", outlet=OUTLET))
            assert watch.stop() == 0
        queue = open_queue(uri)
        assert queue.depth().dead == 0
        queue.close()
    assert kept(tmp_path) == expected(miniature, OUTLET)
