"""Starts victims: forks of a process that has loaded every module (`preload`), or processes started from nothing.

Loading Scrapy and the parsers takes a second or two of processor time, a fork some milliseconds. A victim is a process of
its own all the same, with its own reactor, environment and clock, and its SIGKILL is a real one. `fresh` victims are started
from nothing, with reader processes, as `warraq` is.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import ForkServerProcess, SpawnProcess
from multiprocessing.forkserver import set_forkserver_preload
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from infra.chaos.victim import Orders, run_command

PRELOADED = ["infra.chaos.preload"]
LONGEST_SECONDS = 60.0
"""What has not ended by then hangs."""
_TURN = threading.Lock()
"""multiprocessing looks at all of its processes whenever it starts one: two threads must not read one exit code."""


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

    files: what it writes to standard output, to standard error, and its notes.
    """

    def __init__(self, process: BaseProcess, files: dict[str, Path]) -> None:
        self._process, self._files, self._began = process, files, time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def ended(self, within: float = 0.0) -> bool:
        """Whether it has ended, or does so within so many seconds."""
        return bool(connection.wait([self._process.sentinel], max(0.0, within)))

    def stop(self) -> None:
        """SIGTERM, unless it has ended."""
        if not self.ended():
            self._process.terminate()

    def output(self) -> str:
        """Its standard output so far."""
        return self._files["out"].read_text("utf-8", "replace")

    def end(self, *, hung: bool = False) -> ProcessEnd:
        """It is killed if it still runs. hung: it should have ended."""
        if not self.ended():
            self._process.kill()
            connection.wait([self._process.sentinel])
        seconds = self.seconds
        with _TURN:
            self._process.join()
            code = self._process.exitcode or 0
            self._process.close()
        notes = tuple(json.loads(line) for line in self._files["notes"].read_bytes().splitlines())
        ended = ProcessEnd(code, seconds, self.output(), self._files["err"].read_text("utf-8", "replace"), notes, hung)
        for file in self._files.values():
            file.unlink()
        return ended


class Launcher:
    """Starts victims. For one thread. They end with this process."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count()

    def start(self, argv: list[str], env: dict[str, str], orders: Orders, *, fresh: bool = False) -> Victim:
        """A command, begun. fresh: as a process started from nothing.

        A command `check …` is `infra.chaos.checker`, every other is `warraq`'s.
        """
        number = next(self._numbers)
        files = {name: self._folder / f"{number}.{name}" for name in ("out", "err", "notes")}
        for file in files.values():
            file.write_bytes(b"")
        orders = {**orders, "notes": str(files["notes"]), "threads": not fresh}
        kind: type[BaseProcess] = SpawnProcess if fresh else ForkServerProcess
        arguments = (argv, _bare() | env, orders, str(files["out"]), str(files["err"]))
        process = kind(target=run_command, args=arguments, daemon=True)
        with _TURN:
            set_forkserver_preload(PRELOADED)
            process.start()
        return Victim(process, files)

    def run(
        self, argv: list[str], env: dict[str, str], orders: Orders, after: float | None = None, *, fresh: bool = False
    ) -> ProcessEnd:
        """Run a command to its end. after: seconds after which it is killed."""
        victim = self.start(argv, env, orders, fresh=fresh)
        in_time = victim.ended(after or LONGEST_SECONDS)
        return victim.end(hung=not in_time and after is None)


def _bare() -> dict[str, str]:
    """The environment without what would lead a victim elsewhere."""
    ours = ("WARRAQ_", "AWS_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
