"""Waits of tests for processes: each ends, and names what did not come."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infra.testing.waiting import bounded, end
from tests.crawler.conftest import environment

DEAF = """
import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("begun", flush=True)

def stands_here():
    time.sleep(600)  # until it is killed

stands_here()
"""


PARENT = """
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # until it is killed
print("begun", flush=True)
child.wait()
"""


def test_what_does_not_end_when_asked_is_killed_and_says_where_it_stood(capfd: pytest.CaptureFixture[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF], env=environment(PYTHONFAULTHANDLER="1"), stdout=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        with pytest.raises(TimeoutError, match=r"the deaf one did not end within 0\.1 s"):
            end(process, "the deaf one", 0.1)
    assert "stands_here" in capfd.readouterr().err


def test_a_line_that_never_comes_is_an_error_that_names_it() -> None:
    """Also where a child of the process has its output too."""
    process = subprocess.Popen([sys.executable, "-c", PARENT], env=environment(), stdout=subprocess.PIPE, encoding="utf-8")
    with process:
        assert process.stdout is not None
        with bounded(process, "its beginning"):
            assert process.stdout.readline() == "begun\n"
        with (
            pytest.raises(TimeoutError, match=r"the second line did not come within 0\.1 s"),
            bounded(process, "the second line", 0.1),
        ):
            assert process.stdout.readline() == "more\n"
