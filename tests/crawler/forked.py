"""Commands in processes of their own that need not load what all of them load: forks of a process that has loaded it."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
COMMANDS: Final = frozenset(
    "status verify seal prove check-proof search export diff reread read events queue outlets settings".split()  # noqa: SIM905
)
"""The rest load Twisted, of which each process must have a reactor of its own, or go on for long."""
_READ_AT_THE_START: Final = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC")
"""Beginnings of the names of settings that a process takes when it begins, and not from a fork on."""


class Forks:
    """Runs commands of `warraq` one after the other. Its process begins with the first and ends with `close`."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None

    def runs(self, arguments: Sequence[str], env: Mapping[str, str]) -> bool:
        """Whether it can run this, and it comes to the same as a process that began anew."""
        return bool(arguments) and arguments[0] in COMMANDS and _at_the_start(env) == _at_the_start(os.environ)

    def run(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path | None, within: float) -> tuple[int, str, str]:
        """Exit code, standard output and standard error. TimeoutError after so many seconds; what runs is killed then."""
        self._control = self._control or self._begin()
        self._control.settimeout(within)
        (out, to_out), (err, to_err) = os.pipe(), os.pipe()
        asked = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": str(cwd or Path.cwd())}).encode()
        with open(os.devnull) as nothing:  # noqa: PTH123 - a device
            socket.send_fds(self._control, [asked], [nothing.fileno(), to_out, to_err])
        os.close(to_out)
        os.close(to_err)
        with ThreadPoolExecutor(2) as readers:
            told = [readers.submit(_read, each) for each in (out, err)]
            try:
                code = int(self._control.recv(100))
            except TimeoutError:
                os.killpg(self._process.pid, 9)
                self.close()
                raise
        return code, told[0].result(), told[1].result()

    def close(self) -> None:
        if self._control:
            self._control.close()
            self._process.wait()
            self._control = None

    def _begin(self) -> socket.socket:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        code = f"from tests.crawler.forked import serve; serve({its.fileno()})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            pass_fds=[its.fileno()],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        its.close()
        return ours


def serve(number: int) -> None:
    """Forks a process for each command that comes through this socket, and answers with its exit code."""
    from crawler.cli.app import load

    control = socket.socket(fileno=number)
    for name in sorted(COMMANDS):
        load(name)
    if "twisted.internet.reactor" in sys.modules:
        raise RuntimeError("forks would share a reactor")
    gc.freeze()
    while True:
        message, streams, _, _ = socket.recv_fds(control, 1 << 20, 3)
        if not message:
            return
        if not (child := os.fork()):
            control.close()
            for place, stream in enumerate(streams):
                os.dup2(stream, place)
                os.close(stream)
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - what it knew of the last one is over
            _become(**json.loads(message))
            return
        for stream in streams:
            os.close(stream)
        control.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _become(arguments: list[str], env: dict[str, str], cwd: str) -> None:
    """`python -m crawler` with these arguments."""
    from crawler.cli import main

    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    sys.argv = [str(ROOT / "crawler/__main__.py"), *arguments]
    main()


def _at_the_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_THE_START)}


def _read(number: int) -> str:
    with open(number, encoding="utf-8") as stream:
        return stream.read()
