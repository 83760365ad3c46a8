"""Victims without the wait: a process that has loaded everything and forks one for each order.

Loading Scrapy and the parsers takes a second or two of processor time, a fork some milliseconds. A victim is a process of
its own all the same, with its own reactor, environment and clock, and its SIGKILL is a real one. `fresh` victims are started
from nothing, with reader processes, as `warraq` is.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.chaos.victim import Orders

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "infra.chaos.nursery"]
LONGEST_SECONDS = 60.0
"""What has not ended by then hangs."""


@dataclass(frozen=True, slots=True)
class Ended:
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


class Nursery:
    """Give it orders from one thread. `close` when done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        env = {**_bare(), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=env)

    def run(
        self, argv: list[str], env: dict[str, str], orders: Orders, after: float | None = None, *, fresh: bool = False
    ) -> Ended:
        """Run a command to its end. after: seconds after which it is killed; fresh: as a process started from nothing.

        A command `judge …` is `infra.chaos.judge`, every other is `warraq`'s.
        """
        out, err, notes = (self._folder / name for name in ("out", "err", "notes"))
        for file in (out, err, notes):
            file.write_bytes(b"")
        orders = {**orders, "notes": str(notes)}
        if fresh:
            code, seconds, hung = _from_nothing(argv, env, orders, after, out, err)
        else:
            asked: dict[str, Any] = {"argv": argv, "env": env, "orders": orders | {"threads": True}, "after": after}
            asked |= {"out": str(out), "err": str(err)}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            if not line:
                raise RuntimeError(f"the nursery ended with code {self._process.wait()}")
            code, seconds, hung = json.loads(line)
        told = tuple(json.loads(line) for line in notes.read_bytes().splitlines())
        return Ended(code, seconds, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace"), told, hung)

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()


def _bare() -> dict[str, str]:
    """The environment without what would lead a victim elsewhere."""
    ours = ("WARRAQ_", "AWS_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _from_nothing(
    argv: list[str], env: dict[str, str], orders: Orders, after: float | None, out: Path, err: Path
) -> tuple[int, float, bool]:
    began = time.monotonic()
    with out.open("wb") as outs, err.open("wb") as errs:
        command = [sys.executable, "-m", "infra.chaos.victim", json.dumps(orders), *argv]
        process = subprocess.Popen(command, stdout=outs, stderr=errs, cwd=ROOT, env=_bare() | env)
        hung = False
        try:
            process.wait(after or LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            hung = after is None
            process.kill()
            process.wait()
    return process.returncode, time.monotonic() - began, hung


def main() -> None:
    """Read orders from standard input, a JSON line each; answer each with [code, seconds, hung]."""
    _load()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _be(asked)
        code, hung = _wait(child, asked["after"])
        answers.write(json.dumps([code, time.monotonic() - began, hung]).encode() + b"\n")


def _wait(child: int, after: float | None) -> tuple[int, bool]:
    watched = os.pidfd_open(child)
    try:
        ended = bool(select.select([watched], [], [], after or LONGEST_SECONDS)[0])
        if not ended:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(watched)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), not ended and after is None


def _be(asked: dict[str, Any]) -> None:
    """The forked process: becomes the command. Does not return."""
    code = 1
    try:
        os.environ.update(asked["env"])
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(asked[name], os.O_WRONLY | os.O_APPEND)
            os.dup2(file, number)
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False, buffering=1) for n in (1, 2))  # noqa: SIM115
        code = _command(asked)
    except BaseException:  # noqa: BLE001 - a forked process must not run on into its parent's loop
        traceback.print_exc()
    finally:
        with contextlib.suppress(ValueError, OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _command(asked: dict[str, Any]) -> int:
    argv: list[str] = asked["argv"]
    sys.argv = ["warraq", *argv]
    try:
        if argv[0] == "judge":
            from infra.chaos import judge  # noqa: PLC0415

            judge.main(argv[1:])
        else:
            from crawler.cli import main as warraq  # noqa: PLC0415
            from infra.chaos.victim import obey  # noqa: PLC0415

            obey(asked["orders"])
            warraq()
    except SystemExit as end:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - the interpreter waits so for threads before it ends
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _load() -> None:
    """Everything a victim would load, but the settings, which are its own, and a reactor, which cannot be forked."""
    import boto3  # noqa: F401, PLC0415
    import scrapy.core.downloader.handlers.http11  # noqa: PLC0415
    import scrapy.core.engine  # noqa: F401, PLC0415
    from scrapy.settings import default_settings  # noqa: PLC0415

    import crawler.extension  # noqa: PLC0415
    import crawler.process  # noqa: F401, PLC0415
    import storage.s3  # noqa: F401, PLC0415
    from extractors import Page, read  # noqa: PLC0415
    from infra.chaos import judge  # noqa: F401, PLC0415

    for name, parts in vars(default_settings).items():  # middlewares, extensions, handlers: Scrapy loads them by name
        if name.endswith("_BASE") and isinstance(parts, dict):
            for path in filter(None, (part if isinstance(part, str) else None for part in (*parts, *parts.values()))):
                if path.count(".") > 1:
                    importlib.import_module(path.rpartition(".")[0])
    page = "<html><body><article><h1>عنوان</h1><p>" + "كلمات من خبر لا وجود له " * 30 + "</p></article></body></html>"
    url = "https://www.enabbaladi.net/1/x/"
    read(Page(url=url, body=page.encode(), fetched_at=datetime.now(UTC)), "enab_baladi")
    if "twisted.internet.reactor" in sys.modules or threading.active_count() > 1:
        raise RuntimeError("the nursery may have neither a reactor nor threads when it forks")


if __name__ == "__main__":
    main()
