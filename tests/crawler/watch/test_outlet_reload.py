"""The files of outlets, changed under a watch: SIGHUP, as `systemctl reload` sends it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from rich.console import Console

from crawler.cli.watch_table import WatchTable
from crawler.demo.running import Running, serve
from crawler.watch.metrics import Metrics
from crawler.watch.schedule import Schedule
from storage import open_archive
from storage.queues import open_queue
from tests.crawler.furat import HOME, FuratWorld
from tests.crawler.outlet_files.furat_file import furat_file, outlets_in
from tests.crawler.run_first import run_first
from tests.crawler.watch.watching import SELDOM, Watching


@pytest.mark.slow
def test_outlets_come_change_and_go_without_a_restart(tmp_path: Path) -> None:
    """An outlet that is new is polled at once; mended facts hold for spider and readers, which ran before; a fault changes
    nothing; what is asked of an outlet that is gone says so among the dead letters.
    """
    folder, queue = tmp_path / "outlets", open_queue(str(tmp_path / "q.sqlite"))
    folder.mkdir()
    settings = {**SELDOM, "WARRAQ_OUTLETS": str(folder), "WARRAQ_RETRY_TIMES": "0"}
    with serve(FuratWorld()) as world, Watching(world, tmp_path, **settings) as watch:

        def reload(name: str, count: int) -> dict[str, object]:
            watch.process.send_signal(signal.SIGHUP)
            facts = watch.until(lambda: found if len(found := watch.of(name)) >= count else None)
            return dict(facts[-1])

        watch.until(lambda: watch.of("watch.started"))
        outlets_in(tmp_path, furat_file().replace("/0*(?P<id>", "/story/0*(?P<id>"))
        assert reload("settings.reloaded", 1)["outlets"] == {"added": ["furat_post"], "changed": [], "removed": []}
        watch.until(lambda: watch.of("work.finished", outlet="furat_post"))
        assert not watch.of("kept")

        outlets_in(tmp_path)
        assert reload("settings.reloaded", 2)["outlets"] == {"added": [], "changed": ["furat_post"], "removed": []}
        (kept,) = watch.until(lambda: watch.of("kept", outlet="furat_post"))
        assert kept["url"] == f"{HOME}/4711"

        outlets_in(tmp_path, "name = 3\n")
        assert "furat_post.toml:1: name: 3: must be a text in quotes" in str(reload("settings.refused", 1)["reason"])

        (folder / "furat_post.toml").unlink()
        assert reload("settings.reloaded", 3)["outlets"] == {"added": [], "changed": [], "removed": ["furat_post"]}
        event = {"specversion": "1.0", "id": "1", "source": "/test", "type": "outlet.due", "subject": "furat_post"}
        queue.put(event, group="furat_post", key="furat_post")
        (letter,) = watch.until(queue.dead)
        assert letter.reason.startswith("there is no outlet furat_post here (`warraq outlets`)")
        assert watch.stop() == 0
    queue.close()
    (record,) = open_archive(str(tmp_path / "a")).articles(outlet="furat_post")
    assert record["extractor"]["layout"] == "wordpress-2024"


def test_what_is_taken_out_is_no_alarm_and_no_row() -> None:
    """Its gauges go; what was counted stays, and other outlets' too."""
    metrics = Metrics()
    for outlet in ("furat_post", "smart"):
        metrics.set("last_poll_timestamp_seconds", 1.0, outlet)
        metrics.set("outlet_silent", 1, outlet, "quiet")
        metrics.count("runs", 1, outlet, "done")
    table = WatchTable(["furat_post", "smart"], metrics, Console(width=80))
    for _ in range(2):  # one that is forgotten already
        metrics.forget("furat_post")
    table("settings.reloaded", outlets={"added": ["new_one"], "changed": [], "removed": ["furat_post"]})
    told = generate_latest(metrics.registry).decode()
    assert 'outlet="furat_post"' not in "".join(line for line in told.splitlines() if "_runs_" not in line)
    assert 'warraq_runs_total{outlet="furat_post",result="done"} 1.0' in told
    assert 'warraq_outlet_silent{cause="quiet",outlet="smart"} 1.0' in told
    assert set(table._rows) == {"smart", "new_one"}


def test_a_schedule_follows_other_outlets(tmp_path: Path) -> None:
    """Those that stay keep their time."""
    queue, now = open_queue(str(tmp_path / "q.sqlite")), 10.0
    schedule = Schedule(
        ["a", "b"], queue, open_archive(str(tmp_path / "a")), lambda: None, lambda *_, **__: None, timer=lambda: now
    )  # type: ignore[arg-type,return-value]  # neither is asked here
    now = 20.0
    schedule.follow(["b", "c"])
    assert schedule.due == {"b": 10.0, "c": 20.0}
    now = 30.0
    schedule.follow(["b", "c"], at_once=["b"])
    assert schedule.due == {"b": 30.0, "c": 20.0}
    queue.close()


RELOADED_AT_ONCE = """
import os, signal, sys
if "watch" in sys.orig_argv:
    import crawler.config

    load, signs = crawler.config.load_config, [signal.SIGHUP]

    def told(**overrides):
        while signs:
            os.kill(os.getpid(), signs.pop())
        return load(**overrides)

    crawler.config.load_config = told
"""


@pytest.mark.slow
def test_a_reload_that_is_asked_for_while_the_watch_loads_comes_once_it_has(served: Running, tmp_path: Path) -> None:
    """It would end the process, which a service manager takes for a stop in order."""
    with Watching(served, tmp_path, "smart", **run_first(tmp_path / "code", RELOADED_AT_ONCE)) as watch:
        watch.until(lambda: watch.of("settings.reloaded"))
        assert watch.stop() == 0
