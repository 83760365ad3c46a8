"""What a crawl waits for comes when it is due, however the machine's clock is set meanwhile."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing.waiting import LONG
from infra.world.worlds import World
from tests.crawler.conftest import warraq
from tests.crawler.run_first import run_first
from tests.crawler.watch.watching import expected, kept

IN_ORDER = """
    import asyncio
    from crawler.crawl.process import InterruptibleProcess, project_settings
    from infra.chaos import skewed_clock

    process = InterruptibleProcess(project_settings())
    from twisted.internet import reactor

    came = []

    def set_clock():
        reactor.callLater(0.3, came.append, "Twisted's")
        reactor.callLater(3600, came.append, "too early")
        asyncio.get_event_loop().call_later(0.6, came.append, "the loop's")
        skewed_clock.move({hours})
        reactor.callLater(0.9, reactor.stop)
        asyncio.get_event_loop().call_later(3, reactor.crash)

    reactor.callWhenRunning(set_clock)
    reactor.run()
    print(came)
"""

SET_AGAIN_AND_AGAIN = """
import sys
if "crawl" in sys.orig_argv:
    import threading
    from infra.chaos import skewed_clock

    skewed_clock.move(0)

    def set_clock():
        hours = 0
        while not threading.Event().wait(0.01):
            hours -= 1
            skewed_clock.move(hours)

    threading.Thread(target=set_clock, daemon=True).start()
"""


@pytest.mark.parametrize("hours", [-26, pytest.param(26, marks=pytest.mark.slow)])
def test_a_timer_comes_in_its_order_though_the_clock_is_set(hours: int) -> None:
    """Between timers of asyncio, which go by the monotonic clock: their order does not depend on how fast the machine is."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(IN_ORDER.format(hours=hours))],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=LONG,
    )
    assert (done.stdout, done.stderr) == ('["Twisted\'s", "the loop\'s"]\n', "")


@pytest.mark.slow
def test_a_crawl_ends_and_has_all_though_the_clock_is_set_back_all_the_time(
    served: Running, miniature: World, tmp_path: Path
) -> None:
    changed = run_first(tmp_path / "code", SET_AGAIN_AND_AGAIN)
    done = warraq("crawl", "enab_baladi", "--archive", str(tmp_path / "a"), world=served, **changed)
    assert (done.code, done.err) == (0, "")
    assert kept(tmp_path) == expected(miniature, "enab_baladi")
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0
