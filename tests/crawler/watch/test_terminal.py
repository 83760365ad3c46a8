"""`warraq watch` on a real pseudo-terminal: a table that fits, ^C one line and 130; in a pipe, JSON lines as ever."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from crawler.cli.watch_table import WatchTable
from crawler.demo.running import Running
from crawler.watch.metrics import Metrics
from infra.testing.waiting import LONG, until
from storage.queues import Depth, GroupDepth
from tests.crawler.conftest import environment
from tests.crawler.watch.watching import LIVING, SELDOM, SHORT, Watching

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")

CONTROLLED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A command as a shell starts it: the terminal sends ^C to it and to its readers."""


class Terminal:
    """A command on a pseudo-terminal of so many columns, and what it has shown."""

    def __init__(self, columns: int, command: list[str], env: dict[str, str]) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        env = {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**env, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        self._bytes = bytearray()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def shown(self) -> str:
        """Without colours and movements."""
        return CONTROL.sub("", self._bytes.decode("utf-8", "replace"))

    def press(self, key: bytes) -> None:
        os.write(self._ours, key)

    def wait(self) -> int:
        code = self.process.wait(LONG)
        self._reading.join(LONG)
        os.close(self._ours)
        return code

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # the other side is closed
                return
            if not data:
                return
            self._bytes += data


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_shows_a_table_that_fits_and_an_interrupt_is_one_line(served: Running, tmp_path: Path, columns: int) -> None:
    command = [sys.executable, "-m", "crawler", "watch", "--archive", str(tmp_path / "a"), "--queue", str(tmp_path / "q.sqlite")]
    terminal = Terminal(columns, command, environment(served, **{**SHORT, **SELDOM}))
    try:
        until(lambda: re.search(r"in \d+ (min|h)", terminal.shown) is not None, lambda: terminal.shown[-3000:])
        until(lambda: terminal.shown.count(" ago") > 3, lambda: terminal.shown[-3000:])
        terminal.press(b"\x03")
        assert terminal.wait() == 130, terminal.shown[-3000:]
    finally:
        if terminal.process.poll() is None:
            os.killpg(terminal.process.pid, signal.SIGKILL)
    shown = terminal.shown
    assert "Traceback" not in shown
    assert shown.rstrip().endswith("warraq: interrupted")
    assert shown.count("interrupted") == 1
    assert '"fact"' not in shown
    for outlet in LIVING:
        assert outlet in shown
    rows = [line for line in re.split(r"[\r\n]+", shown) if any(outlet in line for outlet in LIVING)]
    assert rows
    assert max(map(cell_len, rows)) <= columns


@pytest.mark.slow
def test_in_a_pipe_facts_are_json_lines_and_an_interrupt_is_130(served: Running, tmp_path: Path) -> None:
    with Watching(served, tmp_path, "enab_baladi", **SELDOM) as watch:
        watch.until_worked("enab_baladi")
        assert watch.stop(signal.SIGINT) == 130
    assert watch.said == "warraq: interrupted\n"
    assert all(json.dumps(fact) for fact in watch.facts)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_cuts_no_name_and_says_what_is_wrong(columns: int) -> None:
    """Also with figures of years, all alarms at once and a reason as long as a page."""
    metrics = Metrics()
    metrics.queue(Depth(waiting=4000, taken=1, dead=2, groups={"baladi_news": GroupDepth(4000, 1)}))
    metrics.set("poll_interval_seconds", 3600, "enab_baladi")
    metrics.set("outlet_silent", 1, "enab_baladi", "challenge")
    metrics.set("outlet_drift", 1, "enab_baladi")
    metrics.paused(["baladi_news"])
    console = Console(width=columns, force_terminal=True, file=open(os.devnull, "w"), color_system=None)  # noqa: SIM115, PTH123
    board = WatchTable(["enab_baladi", "baladi_news"], metrics, console)
    board("watch.started", archive="/srv/archive", queue="/srv/queue.sqlite")
    for _ in range(12_345):
        board("kept", outlet="enab_baladi", url="https://x")
    board("work.finished", outlet="enab_baladi")
    board("source.failed", outlet="enab_baladi", url="https://enabbaladi.net/feed", reason="HTTP 503 " + "x" * 5000)
    with console.capture() as captured:
        console.print(board._drawn())
    lines = captured.get().splitlines()
    text = " ".join(captured.get().split())
    assert max(map(cell_len, lines)) <= columns
    for words in (
        "enab_baladi",
        "baladi_news",
        "12,345",
        "4,001",
        "in 60 min",
        "silent: challenge",
        "read worse",
        "paused",
        "source failed",
    ):
        assert words in text or words.replace(" ", "") in text.replace(" ", ""), (words, captured.get())
    assert len(lines) < 40
    console.file.close()


def test_figures_begin_anew_with_the_day() -> None:
    board = WatchTable(["smart"], Metrics(), Console(file=open(os.devnull, "w")))  # noqa: SIM115, PTH123
    board("kept", outlet="smart")
    board._day = board._day.replace(year=2020)
    board("revised", outlet="smart")
    assert dict(board._rows["smart"].counts) == {"revised": 1}
    board._console.file.close()


def test_a_watch_that_is_cut_off_leaves_the_terminal_as_it_was() -> None:
    """The process ends where it is then: the cursor is shown again, and the last table says what happened."""
    shown = io.StringIO()
    board = WatchTable(["smart"], Metrics(), Console(file=shown, force_terminal=True, width=100))
    with board:
        assert shown.getvalue().count("\x1b[?25h") == 0
        board("watch.stopping", seconds=60, active=["smart"])
        board("watch.stopping", seconds=0, active=["smart"])
        board("watch.cut_off", reason="it waited for the crawls of smart", threads={})
        assert shown.getvalue().count("\x1b[?25h") == 1
        assert "it waited for the crawls of smart" in shown.getvalue()
