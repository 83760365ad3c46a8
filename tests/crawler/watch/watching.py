"""A watch in a process of its own, and what it tells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crawler.demo.running import Running
from infra.testing.waiting import LONG
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import environment, tree

LIVING = ("al_jazeera", "baladi_news", "enab_baladi")
SHORT = {"WARRAQ_POLL_SHORTEST": "0.5", "WARRAQ_POLL_LONGEST": "0.5", "WARRAQ_WORK_RETRY": "0.2", "WARRAQ_WARC_SECONDS": "0.2"}
SELDOM = {"WARRAQ_POLL_SHORTEST": "3600", "WARRAQ_POLL_LONGEST": "3600"}

Fact = dict[str, Any]


class Watching:
    """`warraq watch` at work. Use as a context: it is killed at its end if it still runs."""

    def __init__(
        self, world: Running, place: Path, *arguments: str, archive: str | None = None, queue: str | None = None, **env: str
    ) -> None:
        """place: the folder of archive and queue where no others are named."""
        self.facts: list[Fact] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "crawler",
                "watch",
                *arguments,
                "--archive",
                archive or str(place / "a"),
                "--queue",
                queue or str(place / "q.sqlite"),
            ],
            env=environment(world, **{**SHORT, **env}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        self._said: list[str] = []
        # Both pipes are read all the time: one that fills up stops the process.
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._listen)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.kill()
        for reader in self._readers:
            reader.join(LONG)
        self.said = "".join(self._said)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        if kind is None:
            assert "Traceback" not in self.said, self.said

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.facts.append(json.loads(line))
                self._news.notify_all()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self._said.extend(self.process.stderr)

    def of(self, name: str, **like: object) -> list[Fact]:
        """The facts of this name so far that have these details."""
        return [fact for fact in list(self.facts) if fact["fact"] == name and like.items() <= fact.items()]

    def until(self, done: Callable[[], object], seconds: float = LONG) -> Any:
        """What `done` gives as soon as it gives something; asked at each fact. Fails after so many seconds."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                if found := done():
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise AssertionError(f"it did not come to pass: {self.last_words()}")
                self._news.wait(min(left, 0.2))

    def until_worked(self, *outlets: str, since: int = 0) -> int:
        """Until each outlet's work was finished after the first `since` facts; how many facts there are then."""

        def done() -> bool:
            return set(outlets) <= {fact["outlet"] for fact in self.facts[since:] if fact["fact"] == "work.finished"}

        self.until(done)
        return len(self.facts)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop; its exit code. All its facts are there then."""
        self.process.send_signal(sign)
        try:
            code = self.process.wait(LONG)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not stop within {LONG:g} s: {self.last_words()}") from None
        for reader in self._readers:
            reader.join(LONG)
        return code

    def last_words(self) -> str:
        """For who fails because of it: its exit code, the last facts, and what it said on stderr."""
        tail = "\n".join(json.dumps(fact, ensure_ascii=False) for fact in self.facts[-20:])
        return f"exit code {self.process.poll()}; {''.join(self._said)!r}; the last facts:\n{tail}"

    def kill(self) -> None:
        """It dies without a word, and its readers with it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def kept(place: Path) -> set[str]:
    """Addresses of the articles."""
    return {record["url"] for record in open_archive(str(place / "a")).articles()}


def contents(place: Path) -> set[str]:
    """Which texts are kept, by outlet: what two archives of one world have in common, whoever was first."""
    return {record["content_hash"] for record in open_archive(str(place / "a")).articles()}


def expected(world: World, *outlets: str) -> set[str]:
    """What a crawl of these outlets keeps; of two pages with one text either may be the one."""
    return {article.url for outlet in outlets or LIVING for article in world.expected[outlet]}


def lasting(place: Path) -> dict[str, bytes]:
    """Everything but what may be lost, and but files of state/ that are just being written."""
    return {key: data for key, data in tree(place / "a").items() if not key.startswith(("state/", ".partial/"))}
