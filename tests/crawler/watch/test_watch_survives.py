"""A watch that is killed, whose archive or sink is down: nothing is lost, nothing stands twice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.world.worlds import World
from storage import open_archive
from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.crawler.delivery.conftest import SECRET, Receiver
from tests.crawler.watch.watching import SELDOM, Watching, expected, kept


def announced(place: Path) -> list[str]:
    """Addresses of the events about articles, in order."""
    changes = open_archive(str(place / "a")).changes()
    return [change.event["data"]["url"] for change in changes if change.event["type"].startswith("article.")]


@pytest.mark.slow
def test_a_killed_watch_goes_on_where_it_was(served: Running, miniature: World, tmp_path: Path) -> None:
    """SIGKILL in the middle, three times: a start later everything is kept once, and announced."""
    slow = {"WARRAQ_DOWNLOAD_DELAY": "0.1", "WARRAQ_CONCURRENCY": "1"}
    for enough in (1, 4, 7):
        with Watching(served, tmp_path, "enab_baladi", **slow) as watch:
            watch.until(lambda enough=enough: (tmp_path / "a/archive.json").exists() and len(kept(tmp_path)) >= enough)
            watch.kill()
    queue = open_queue(str(tmp_path / "q.sqlite"))
    with Watching(served, tmp_path, "enab_baladi", **SELDOM) as watch:
        watch.until_worked("enab_baladi")
        # The poll of this start may wait behind the one that was begun before.
        watch.until(lambda: (depth := queue.depth()).waiting + depth.taken == 0)
        assert watch.stop() == 0
    assert queue.depth().dead == 0
    queue.close()
    assert kept(tmp_path) == expected(miniature, "enab_baladi")
    assert set(announced(tmp_path)) >= kept(tmp_path)
    verified = warraq("verify", "--archive", str(tmp_path / "a"))
    assert verified.code == 0, verified.out


@pytest.mark.slow
def test_an_archive_that_takes_nothing_is_waited_for(served: Running, miniature: World, tmp_path: Path) -> None:
    """The work is given back with the reason; nobody asks the outlet for pages that cannot be kept; then it goes on."""
    blocked = tmp_path / "a" / "warc"
    blocked.parent.mkdir()
    open_archive(str(tmp_path / "a"))
    blocked.write_text("a file where a folder is needed", encoding="utf-8")
    with Watching(served, tmp_path, "enab_baladi", WARRAQ_WORK_RETRY="1") as watch:
        (failed, *_) = watch.until(lambda: watch.of("work.failed"))
        assert "warc" in failed["reason"]
        assert not kept(tmp_path)
        blocked.unlink()
        watch.until_worked("enab_baladi")
        assert watch.stop() == 0
    assert kept(tmp_path) == expected(miniature, "enab_baladi")
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_sink_that_is_down_holds_up_nothing_and_gets_everything_later(
    served: Running, miniature: World, tmp_path: Path
) -> None:
    """The crawl ends while the sink refuses; when it answers it gets each event, in order."""
    sink, secret = Receiver(), {"WARRAQ_WEBHOOK_SECRET": SECRET}
    sink.answers = [(503, {"Retry-After": "1"})] * 10_000
    serving = threading.Thread(target=sink.serve_forever)
    serving.start()
    try:
        with Watching(served, tmp_path, "enab_baladi", **SELDOM, **secret, WARRAQ_SINKS=sink.url) as watch:
            watch.until_worked("enab_baladi")
            watch.until(lambda: watch.of("sink.unavailable"))
            assert kept(tmp_path) == expected(miniature, "enab_baladi")
            assert not sink.events
            assert "hidden" not in str(watch.facts)
            sink.answers = []
            wanted = [change.event["id"] for change in open_archive(str(tmp_path / "a")).changes()]
            watch.until(lambda: len(sink.events) >= len(wanted))
            assert watch.stop() == 0
    finally:
        sink.shutdown()
        serving.join()
        sink.server_close()
    assert [event["id"] for event in sink.events] == wanted
