"""Waiting for a fact, with a deadline: for tests, benches, and servers that start."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

LONG = 120.0
"""Seconds after which waiting is given up: a bound, not an expectation. Machines are shared, and may do a fifth of the usual."""


def until(fact: Callable[[], object], explain: Callable[[], object] | None = None, seconds: float = LONG) -> None:
    """Returns as soon as `fact` is true. TimeoutError after so many seconds; its message is what `explain` gives then."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise TimeoutError(explain() if explain else f"not within {seconds:g} s")
        time.sleep(0.01)  # what is waited for (a process, a port, a file) calls nobody: it is looked at a hundred times a second


def until_started(process: subprocess.Popen[bytes], answers: Callable[[], bool], name: str, seconds: float) -> None:
    """Returns as soon as the server answers. RuntimeError if it ends, or does not answer within so many seconds."""
    try:
        until(lambda: process.poll() is not None or answers(), seconds=seconds)
    except TimeoutError as error:
        raise RuntimeError(f"{name} does not start") from error
    if process.poll() is not None:
        raise RuntimeError(f"{name} does not start")


@contextmanager
def bounded(process: subprocess.Popen[Any], what: str, seconds: float = LONG) -> Iterator[None]:
    """Around whatever waits for a process: a line of its output, its end. TimeoutError names what did not come in so many
    seconds; the process is dead then, and all that it started, so that nobody waits for their output.
    """
    late = threading.Event()

    def kill() -> None:
        late.set()
        _kill_all(process)

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield
    except Exception as error:
        if not late.is_set():
            raise
        raise TimeoutError(f"{what} did not come within {seconds:g} s") from error
    finally:
        timer.cancel()
        timer.join()
    if late.is_set():
        raise TimeoutError(f"{what} did not come within {seconds:g} s")


def _kill_all(process: subprocess.Popen[Any]) -> None:
    import psutil  # noqa: PLC0415 - only where it is too late

    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()


def end(process: subprocess.Popen[Any], name: str, seconds: float = LONG) -> int:
    """Asks it to stop (SIGTERM) and waits for its end; its exit code.

    TimeoutError if it goes on for so many seconds: it is killed then, by a signal upon which Python prints where it stood, if the
    process was started with PYTHONFAULTHANDLER=1.
    """
    process.terminate()
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WORDS)
        process.kill()
        process.wait()
        raise TimeoutError(f"{name} did not end within {seconds:g} s after SIGTERM") from None


_LAST_WORDS = 10.0
