"""`warraq serve` at work in a process of its own: for tests, pictures and benches."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.testing.waiting import LONG, end, until


@contextmanager
def running_reader(
    archive: str,
    log: Path,
    *options: str,
    environment: Mapping[str, str],
    whole_index: bool = True,
    seconds: float = LONG,
) -> Iterator[str]:
    """The URL of a reader of an archive until the block ends; with `whole_index`, once all is in its index.

    log: gets its facts, from its first to its last. seconds: that it may take to open, and to complete its index.

    RuntimeError: it ended before that, or at its end with another code than 0; TimeoutError names the fact that did not come.
    """
    command = [sys.executable, "-m", "crawler", "serve", "--archive", archive, "--bind", "127.0.0.1:0", *options]
    with log.open("wb") as out:  # not a pipe: nobody has to read it for the reader to go on
        process = subprocess.Popen(command, env={**environment, "PYTHONFAULTHANDLER": "1"}, stdout=out)  # noqa: S603 - ours
    try:
        url: str = _fact(process, log, "serve.opened", seconds)["url"]
        if whole_index:
            _fact(process, log, "index.complete", seconds)  # before the other or after it: a thread of its own tells it
        yield url
    finally:
        code = end(process, "the reader")
    if code:
        raise RuntimeError(f"the reader ended with code {code}")


def facts_in(log: Path) -> list[dict[str, Any]]:
    """What was told so far. Of a line that is being written, nothing."""
    text = log.read_bytes()
    return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]


def _fact(process: subprocess.Popen[bytes], log: Path, name: str, seconds: float) -> dict[str, Any]:
    """The first fact of this name."""
    found: list[dict[str, Any]] = []

    def has_come() -> bool:
        ended = process.poll() is not None  # asked before what it told is read: nothing comes after that
        found[:] = [fact for fact in facts_in(log) if fact["fact"] == name]
        return bool(found) or ended

    until(has_come, lambda: f"the reader did not tell {name} within {seconds:g} s, but {facts_in(log)[-5:]}", seconds)
    if not found:
        raise RuntimeError(f"the reader ended with code {process.returncode} before it told {name}")
    return found[0]
