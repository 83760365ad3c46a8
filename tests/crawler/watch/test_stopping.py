"""A watch that is asked to stop ends, whatever it waits for: a site, a reader, an archive, somebody else. Nothing is lost by it.

What it would have to wait for takes longer than the tests wait for the watch (`infra.testing.waiting.LONG`).
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from crawler.demo.running import Running, serve
from infra.world.worlds import World
from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.crawler.run_first import STUCK_READER, run_first
from tests.crawler.watch.silent import SILENT, SilentWorld
from tests.crawler.watch.watching import SELDOM, Watching, expected, kept

PATIENT = {"WARRAQ_DOWNLOAD_TIMEOUT": "3600", "WARRAQ_READ_TIMEOUT": "3600"}

IN_THE_WATCH = """
import os, sys, time
if "watch" in sys.orig_argv:
{}
"""
HELD_ARCHIVE = """
    from storage.run.run import Run

    def held(of):
        def keep(*arguments):
            open({hold!r} + ".begun", "w").close()
            while os.path.exists({hold!r}):
                time.sleep(0.01)  # until the test lets it go on
            return of(*arguments)
        return keep

    Run.keep_new, Run.keep_one = held(Run.keep_new), held(Run.keep_one)
"""
SOON = """
    import crawler.watch.stopping

    crawler.watch.stopping.END_SECONDS = 0.5
"""
HELD_SEAL = """
    import crawler.watch.sealing

    crawler.watch.sealing.seal_archive = lambda *_: time.sleep(3600)  # until the watch ends itself
"""
CLOCK = """
    from datetime import timedelta

    import time_machine
    from crawler.watch.stopping import Stopping

    told = Stopping.told

    def set_clock(*arguments):
        time_machine.travel(timedelta(hours={hours}), tick=True).start()
        told(*arguments)

    Stopping.told = set_clock
"""
AT_ITS_BEGINNING = """
    import signal
    from scrapy.crawler import AsyncCrawlerProcess
    from crawler.watch.worker import Worker

    made, crawl = [], AsyncCrawlerProcess.crawl
    init = Worker.__init__

    def noted(worker, *arguments, **options):
        made.append(worker)
        init(worker, *arguments, **options)

    def broken_off(*arguments, **options):
        crawling = crawl(*arguments, **options)
        for task in made[0].active.values():
            made[0].break_off(task)
        return crawling

    Worker.__init__, AsyncCrawlerProcess.crawl = noted, broken_off
"""


def changed(folder: Path, code: str) -> dict[str, str]:
    """An environment in which a watch runs this first; its other processes do not."""
    return run_first(folder, IN_THE_WATCH.format(code))


def waiting(place: Path) -> int:
    """Events in the queue that nobody has."""
    queue = open_queue(str(place / "q.sqlite"))
    try:
        return queue.depth().waiting
    finally:
        queue.close()


def told(watch: Watching) -> list[str]:
    """Names of its facts about its end, in order."""
    wanted = ("watch.stopping", "work.failed", "work.finished", "watch.stopped", "watch.cut_off")
    return [fact["fact"] for fact in watch.facts if fact["fact"] in wanted]


def until_silence(watch: Watching, running: Running) -> None:
    """Until the site has been asked for what it does not send, and something else was kept."""

    def waits() -> bool:
        asked = any(SILENT.search(request.url) for request in running.requests())
        return asked and bool(watch.of("kept"))

    watch.until(waits)


@pytest.mark.slow
@pytest.mark.parametrize("clock", [None, -30, 30], ids=["right", "set-back", "set-forward"])
def test_a_site_that_never_answers_holds_up_no_stop(tmp_path: Path, clock: int | None) -> None:
    """Nor does a clock that is set meanwhile. What had come is kept; the rest goes back into the queue."""
    env = changed(tmp_path / "code", CLOCK.format(hours=clock)) if clock else {}
    with (
        serve(SilentWorld.miniature()) as running,
        Watching(running, tmp_path, "enab_baladi", **SELDOM, **PATIENT, **env, WARRAQ_STOP_SECONDS="0.1") as watch,
    ):
        until_silence(watch, running)
        assert watch.stop() == 0
    assert told(watch) == ["watch.stopping", "work.failed", "watch.stopped"]
    (failed,) = watch.of("work.failed")
    assert failed["reason"] == "interrupted"
    reasons = {fact["reason"] for fact in watch.of("failed")}
    assert reasons == {"interrupted"}
    assert waiting(tmp_path) == 1
    assert kept(tmp_path) == {fact["url"] for fact in watch.of("kept")}
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_second_signal_does_not_wait_for_the_end_of_what_is_under_way(tmp_path: Path) -> None:
    with (
        serve(SilentWorld.miniature()) as running,
        Watching(running, tmp_path, "enab_baladi", **SELDOM, **PATIENT, WARRAQ_STOP_SECONDS="3600") as watch,
    ):
        until_silence(watch, running)
        watch.process.send_signal(signal.SIGTERM)
        watch.until(lambda: watch.of("watch.stopping"))
        assert watch.stop() == 0
    assert told(watch) == ["watch.stopping", "watch.stopping", "work.failed", "watch.stopped"]
    assert waiting(tmp_path) == 1
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_reader_that_is_stuck_at_a_page_holds_up_no_stop(served: Running, miniature: World, tmp_path: Path) -> None:
    """The page is no worse for it: the next crawl reads it."""
    mark = tmp_path / "stuck"
    env = run_first(tmp_path / "code", STUCK_READER.format(mark=str(mark)))
    with Watching(served, tmp_path, "enab_baladi", **SELDOM, **PATIENT, **env, WARRAQ_STOP_SECONDS="0.1") as watch:
        watch.until(mark.exists)
        assert watch.stop() == 0
    assert told(watch) == ["watch.stopping", "work.failed", "watch.stopped"]
    assert {fact["reason"] for fact in watch.of("failed")} == {"interrupted"}
    with Watching(served, tmp_path, "enab_baladi", **SELDOM) as watch:
        watch.until_worked("enab_baladi")
        assert watch.stop() == 0
    assert kept(tmp_path) == expected(miniature, "enab_baladi")


@pytest.mark.slow
@pytest.mark.parametrize("signals", [1, 3])
def test_an_archive_that_takes_nothing_and_says_nothing_ends_the_time_of_a_stop(
    served: Running, miniature: World, tmp_path: Path, signals: int
) -> None:
    """It is said where it stood, and the next start takes up what is half done. Who asks three times is not held up at all."""
    hold = tmp_path / "hold"
    hold.touch()
    code = HELD_ARCHIVE.format(hold=str(hold)) + (SOON if signals == 1 else "")
    env = changed(tmp_path / "code", code) | {"WARRAQ_STOP_SECONDS": "0.1" if signals == 1 else "3600"}
    with Watching(served, tmp_path, "enab_baladi", **SELDOM, **env) as watch:
        watch.until(Path(f"{hold}.begun").exists)
        for number in range(1, signals):
            watch.process.send_signal(signal.SIGTERM)
            watch.until(lambda number=number: len(watch.of("watch.stopping")) == number)
        assert watch.stop() == 1
    assert told(watch) == [*["watch.stopping"] * min(signals, 2), "watch.cut_off"]
    (cut_off,) = watch.of("watch.cut_off")
    assert cut_off["reason"] == "it waited for the crawls of enab_baladi"
    assert any(place.startswith("crawler/crawl/") for place in cut_off["threads"].values())
    hold.unlink()
    with Watching(served, tmp_path, "enab_baladi", **SELDOM) as watch:
        watch.until_worked("enab_baladi")
        watch.until(lambda: waiting(tmp_path) == 0)
        assert watch.stop() == 0
    assert kept(tmp_path) == expected(miniature, "enab_baladi")
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_thread_that_waits_for_somebody_does_not_keep_the_process(served: Running, tmp_path: Path) -> None:
    """Such as an authority that is to stamp the time of a seal."""
    env = changed(tmp_path / "code", HELD_SEAL)
    with Watching(served, tmp_path, "enab_baladi", **SELDOM, **env, WARRAQ_SEAL_HOURS="1") as watch:
        watch.until_worked("enab_baladi")
        assert watch.stop() == 0
    assert told(watch)[-2:] == ["watch.stopped", "watch.cut_off"]
    (cut_off,) = watch.of("watch.cut_off")
    assert cut_off["reason"] == "it waited for its threads"


@pytest.mark.slow
def test_a_crawl_can_be_broken_off_before_it_has_begun(served: Running, miniature: World, tmp_path: Path) -> None:
    """Its work is given back, and the watch goes on."""
    env = changed(tmp_path / "code", AT_ITS_BEGINNING) | {"WARRAQ_WORK_RETRY": "3600"}
    with Watching(served, tmp_path, "enab_baladi", **SELDOM, **env) as watch:
        (failed,) = watch.until(lambda: watch.of("work.failed"))
        assert failed["reason"] == "interrupted"
        assert watch.stop() == 0
    assert not watch.of("source.failed")
    assert not kept(tmp_path) >= expected(miniature, "enab_baladi")
