"""Starts victims: forks of a process that has loaded every module (`fork_server`), or processes started from nothing.

Loading Scrapy and the parsers takes a second or two of processor time, a fork some milliseconds. A victim is a process of
its own all the same, with its own reactor, environment and clock, and its SIGKILL is a real one. `fresh` victims are started
from nothing, with reader processes, as `warraq` is.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.chaos.victim import Orders

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "infra.chaos.fork_server"]
LONGEST_SECONDS = 60.0
"""What has not ended by then hangs."""


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How a process ended. code: its exit code, or minus the signal; hung: it had to be ended because it did not end."""

    code: int
    seconds: float
    out: str
    err: str
    notes: tuple[dict[str, Any], ...] = ()
    hung: bool = False

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL and not self.hung


class Victim:
    """A command at work. Wait for it, or end it; then take its `end`, once.

    files: what it writes to standard output, to standard error, and its notes. reap: its exit code, once it has ended.
    """

    def __init__(self, pid: int, files: dict[str, Path], reap: Callable[[], int]) -> None:
        self._pid, self._files, self._reap = pid, files, reap
        self._began, self._watched = time.monotonic(), os.pidfd_open(pid)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def ended(self, within: float = 0.0) -> bool:
        """Whether it has ended, or does so within so many seconds."""
        return bool(select.select([self._watched], [], [], max(0.0, within))[0])

    def signal(self, sign: signal.Signals) -> None:
        """Sends a signal, unless the process has ended."""
        if not self.ended():
            os.kill(self._pid, sign)

    def output(self) -> str:
        """Its standard output so far."""
        return self._files["out"].read_text("utf-8", "replace")

    def end(self, *, hung: bool = False) -> ProcessEnd:
        """It is killed if it still runs. hung: it should have ended."""
        self.signal(signal.SIGKILL)
        code, seconds = self._reap(), self.seconds
        os.close(self._watched)
        notes = tuple(json.loads(line) for line in self._files["notes"].read_bytes().splitlines())
        ended = ProcessEnd(code, seconds, self.output(), self._files["err"].read_text("utf-8", "replace"), notes, hung)
        for file in self._files.values():
            file.unlink()
        return ended


class Launcher:
    """Starts and reaps victims. For one thread; `close` when done."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count()
        env = {**_bare(), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=env)

    def start(self, argv: list[str], env: dict[str, str], orders: Orders, *, fresh: bool = False) -> Victim:
        """A command, begun. fresh: as a process started from nothing.

        A command `check …` is `infra.chaos.checker`, every other is `warraq`'s.
        """
        number = next(self._numbers)
        files = {name: self._folder / f"{number}.{name}" for name in ("out", "err", "notes")}
        for file in files.values():
            file.write_bytes(b"")
        orders = {**orders, "notes": str(files["notes"])}
        if fresh:
            process = _from_nothing(argv, env, orders, files)
            return Victim(process.pid, files, process.wait)
        asked: dict[str, Any] = {"argv": argv, "env": env, "orders": orders | {"threads": True}}
        pid = self._ask({"start": asked | {name: str(files[name]) for name in ("out", "err")}})
        return Victim(pid, files, lambda: self._ask({"reap": pid}))

    def run(
        self, argv: list[str], env: dict[str, str], orders: Orders, after: float | None = None, *, fresh: bool = False
    ) -> ProcessEnd:
        """Run a command to its end. after: seconds after which it is killed."""
        victim = self.start(argv, env, orders, fresh=fresh)
        in_time = victim.ended(after or LONGEST_SECONDS)
        return victim.end(hung=not in_time and after is None)

    def close(self) -> None:
        """Ends the fork server and every process it has started."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()

    def _ask(self, asked: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the fork server ended with code {self._process.wait()}")
        return int(json.loads(line))


def _bare() -> dict[str, str]:
    """The environment without what would lead a victim elsewhere."""
    ours = ("WARRAQ_", "AWS_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _from_nothing(argv: list[str], env: dict[str, str], orders: Orders, files: dict[str, Path]) -> subprocess.Popen[bytes]:
    with files["out"].open("wb") as out, files["err"].open("wb") as err:
        command = [sys.executable, "-m", "infra.chaos.victim", json.dumps(orders), *argv]
        return subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT, env=_bare() | env)
