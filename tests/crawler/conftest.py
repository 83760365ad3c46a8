"""Crawls for the tests: the real command in a process of its own, against a world on loopback."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.running import Running, serve
from infra.testing.waiting import bounded
from infra.world.worlds import World
from tests.crawler.forked import Forks

_forks = Forks()
UNPACED = {"WARRAQ_DOWNLOAD_DELAY": "0", "WARRAQ_AUTOTHROTTLE": "0", "WARRAQ_HISTORY_DELAY": "0", "WARRAQ_CONCURRENCY": "8"}
WITHIN = 300.0
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Done:
    """A command that ended: exit code, what it printed, and its facts if it printed any."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, *names: str) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if fact["fact"] in names]

    @property
    def finished(self) -> dict[str, Any]:
        (fact,) = self.of("run.finished")
        return fact


def environment(world: Running | None = None, **more: str) -> dict[str, str]:
    """The environment of a command: nothing of ours, unpaced, and the world as its web."""
    return {**os.environ, **UNPACED, **(world.env() if world else {}), **more}


def warraq(*arguments: str, world: Running | None = None, cwd: Path | None = None, **env: str) -> Done:
    """Runs `warraq` to its end, in a process of its own."""
    if _forks.runs(arguments, whole := environment(world, **env)):
        return Done(*_forks.run(arguments, whole, cwd, WITHIN))
    return module("crawler", *arguments, world=world, cwd=cwd, **env)


def module(name: str, *arguments: str, world: Running | None = None, cwd: Path | None = None, **env: str) -> Done:
    """Runs `python -m name` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        env=environment(world, **env),
        cwd=cwd,
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=WITHIN,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def killed(facts: int, *arguments: str, world: Running | None = None, **env: str) -> None:
    """Runs `warraq` until it has told so many facts, then SIGKILL."""
    command = [sys.executable, "-m", "crawler", *arguments]
    with subprocess.Popen(command, env=environment(world, **env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        with bounded(process, f"{facts} facts"):
            for _ in range(facts):
                process.stdout.readline()
        process.kill()


def tree(folder: Path) -> dict[str, bytes]:
    """Every object of a folder archive by key."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(autouse=True, scope="session")
def _without_forks_in_the_end() -> Iterator[None]:
    yield
    _forks.close()


@pytest.fixture(scope="session")
def miniature() -> World:
    return World.miniature()


@pytest.fixture(scope="session")
def served(miniature: World) -> Iterator[Running]:
    with serve(miniature) as running:
        yield running


@pytest.fixture(scope="session")
def crawled_once(served: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first of the processes that run tests left for all: `archive`, and `outcomes.json`."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "crawled-once"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "outcomes.json").exists():
            before = len(served.requests())
            crawls = [asdict(warraq("crawl", "--archive", str(shared / "archive"), world=served)) for _ in range(2)]
            asked = [request.url for request in served.requests()[before:]]
            (shared / "outcomes.json").write_text(json.dumps({"crawls": crawls, "asked": asked}), encoding="utf-8")
    return shared


@pytest.fixture(scope="session")
def crawled(crawled_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done, Done]:
    """The miniature crawled twice: the archive (each process that runs tests has a copy), the first crawl, the second."""
    first, second = (Done(**each) for each in json.loads((crawled_once / "outcomes.json").read_text("utf-8"))["crawls"])
    place = tmp_path_factory.mktemp("crawled") / "archive"
    return Path(shutil.copytree(crawled_once / "archive", place)), first, second


@pytest.fixture(scope="session")
def asked(crawled_once: Path) -> list[str]:
    """The URLs that these two crawls asked for."""
    return list(json.loads((crawled_once / "outcomes.json").read_text("utf-8"))["asked"])
