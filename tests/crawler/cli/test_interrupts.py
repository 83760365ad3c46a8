"""^C or SIGTERM at any moment: one line, exit code 130, no traceback of the command nor of the processes it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing.waiting import bounded
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import environment

ANNOUNCED = "from crawler.cli import main\nimport sys\nsys.stderr.write('begun\\n')\nmain()"
"""`warraq`, which says when it has begun: before that, the interpreter itself is starting."""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.6, 1, 1.4, 1.8, 2.2, 2.6, 3, 4])
def test_an_interrupted_crawl_is_one_line_whenever(served: Running, miniature: World, tmp_path: Path, seconds: float) -> None:
    """As a terminal does it: to the whole group of processes, while modules load, readers start or pages come."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANNOUNCED, "crawl", "--archive", str(tmp_path / "archive")],
        env=environment(served),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stderr is not None
    with bounded(process, "its beginning"):
        assert process.stderr.readline() == "begun\n"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=300)
    if process.returncode in (0, -signal.SIGINT):  # it was done; the second: the interpreter had taken its handlers down
        expected = sum((Counter(fates) for fates in miniature.expected_fates.values()), Counter[str]())
        assert json.loads(out.splitlines()[-1])["fates"] == expected
        assert err == ""
    else:
        assert (process.returncode, err) == (130, "warraq: interrupted\n")


HALF_MADE = """
import asyncio

def interrupted(loop):
    raise KeyboardInterrupt

asyncio.SelectorEventLoop._make_self_pipe = interrupted
from crawler.cli import main
main()
"""


def test_an_interrupt_while_something_is_half_made_is_one_line_too(tmp_path: Path) -> None:
    """An event loop without its sockets complains when Python clears it away."""
    done = subprocess.run(
        [sys.executable, "-c", HALF_MADE, "crawl", "--archive", str(tmp_path / "archive")],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (130, "warraq: interrupted\n")


TOLD_TO_STOP = """
import signal
import storage.verify.full_pass

storage.verify.full_pass.verify = lambda *_, **__: signal.raise_signal(signal.SIGTERM)
from crawler.cli import main
main()
"""


def test_a_command_that_is_told_to_stop_ends_as_by_an_interrupt(tmp_path: Path) -> None:
    """SIGTERM: it says how to go on."""
    open_archive(str(tmp_path / "archive")).store.ready()
    done = subprocess.run(
        [sys.executable, "-c", TOLD_TO_STOP, "verify", "--archive", str(tmp_path / "archive")],
        env=environment(XDG_CACHE_HOME=str(tmp_path)),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (130, "warraq: interrupted; the same command goes on from here\n")


CHILDREN_LEFT = """
import psutil
from crawler.cli import main
try:
    main()
finally:
    print([child.cmdline() for child in psutil.Process().children()])
"""


@pytest.mark.parametrize("mistake", [("--archive", "file"), ("--via", "nowhere")], ids=["archive", "via"])
def test_a_crawl_that_is_refused_leaves_no_reader(mistake: tuple[str, ...], tmp_path: Path) -> None:
    """They are begun while the command loads, before its archive is looked at."""
    (tmp_path / "file").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-c", CHILDREN_LEFT, "crawl", *mistake],
        env=environment(PYTHONPATH=str(Path.cwd())),
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode in (2, 3)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == "[]\n"
