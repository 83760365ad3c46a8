"""A writer process (`storage.stores.writer_main`) that kills itself, or its parent, at a given step of what it writes.

Orders as JSON in the environment (CHAOS_WRITER), beside those of `infra.chaos.victim`:

    marker     a file that stands until the kill, so that it comes once; it holds the writer's PID then. None: every writer dies
    step       where (`infra.chaos.steps`; «inside»: the bytes are written and have no name), or
    operation  before which of the links, syncs and new folders, counted from 0
    who        «writer» or «parent»
    notes      a file that gets a JSON line when the step is reached
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from infra.chaos.steps import KillStep, kind_of
from storage.stores import writer_main

VARIABLE: Final = "CHAOS_WRITER"
_KEY: Final = re.compile(r"(?:hashes|articles|changes|urls)/.*")


class _Kill:
    """Counts what the writer does, from any of its threads."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self._orders = orders
        self._step = KillStep.parse(orders["step"]) if "step" in orders else None
        self._operation = orders.get("operation")
        self._operations, self._links = 0, Counter[str]()
        self._lock = threading.Lock()

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same operation, before which the kill may come."""

        def called(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                here, self._operations = self._operations == self._operation, self._operations + 1
                if here:
                    self._kill()
            return call(*args, **kwargs)

        return called

    def link(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same, to give a file its name, before or after which the kill may come."""

        def called(source: str, target: str, **kwargs: Any) -> None:
            found = _KEY.search(target)
            kind = kind_of(found[0]) if found else ""
            self._links[kind] += 1
            here = self._step is not None and (kind, self._links[kind]) == (self._step.kind, self._step.n)
            if here and self._step is not None and self._step.moment != "after":
                self._kill()
            call(source, target, **kwargs)
            if here:
                self._kill()

        return called

    def _kill(self) -> None:
        marker = self._orders["marker"]
        if marker is not None:
            dead = Path(f"{marker}.dead")
            if not Path(marker).exists():
                return
            Path(marker).rename(dead)
            dead.write_text(str(os.getpid()))
        if self._orders.get("notes"):
            with Path(self._orders["notes"]).open("ab", buffering=0) as notes:
                step = str(self._step).rpartition(":")[0]
                notes.write(json.dumps({"writer": f"{step}, {self._orders['who']} of a group"}).encode() + b"\n")
        os.kill(os.getppid() if self._orders["who"] == "parent" else os.getpid(), signal.SIGKILL)


def serve(channel: socket.socket) -> None:
    """The writer, armed."""
    kill = _Kill(json.loads(os.environ[VARIABLE]))
    os.link, os.fsync, os.mkdir = kill.link(kill.counted(os.link)), kill.counted(os.fsync), kill.counted(os.mkdir)
    writer_main.serve(channel)
