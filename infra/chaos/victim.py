"""A `warraq` command that dies when it is told to: `python -m infra.chaos.victim '{"step": "claim:after:3"}' crawl …`.

It is the real command in a process of its own; only the store that it opens is wrapped, and it kills itself with SIGKILL:
nothing is closed, flushed or caught. Orders, all optional:

    step        where to die (`infra.chaos.steps`)
    hours       by how much the clock is wrong; then [n, hours]: from the n-th write on by so much
    timeout     seconds that a store has to answer
    file_bytes  no file may become larger (RLIMIT_FSIZE), as with a full disk or a quota
    threads     pages are read in this process and not in processes of their own, which take a second to start
    notes       a file that gets a JSON line for what is worth knowing even of a process that died
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from infra.chaos import clock
from infra.chaos.steps import Step, kind_of
from storage.store import Store, Stored

Orders = dict[str, Any]


def die() -> None:
    """As if the machine's power went: no handler, no finally, no atexit."""
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyStore:
    """A store in which the process dies at a step, or its clock jumps at a write."""

    def __init__(self, beneath: Store, step: Step | None, jump: tuple[int, float] | None, note: Callable[..., None]) -> None:
        self._beneath, self._step, self._jump, self._note = beneath, step, jump, note
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self.uri = beneath.uri

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        """See `Store.create`."""
        standing: bytes = self._written(key, lambda: self._beneath.create(key, data, content_type))
        return standing

    def replace(self, key: str, data: bytes) -> None:
        """See `Store.replace`."""
        self._written(key, lambda: self._beneath.replace(key, data))

    def ready(self) -> None:
        """See `Store.ready`."""
        self._beneath.ready()

    def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        return self._beneath.get(key)

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        """See `Store.part`."""
        return self._beneath.part(key, offset, length)

    def stat(self, key: str) -> Stored | None:
        """See `Store.stat`."""
        return self._beneath.stat(key)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.listing`."""
        return self._beneath.listing(prefix, start_after)

    def _written(self, key: str, write: Callable[[], Any]) -> Any:
        with self._lock:
            kind = kind_of(key)
            self._seen[kind] += 1
            here = self._step is not None and (kind, self._seen[kind]) == (self._step.kind, self._step.n)
            if self._jump is not None and self._seen.total() == self._jump[0]:
                clock.move(self._jump[1])
        moment = self._step.moment if here and self._step else ""
        if moment:
            self._note(reached=str(self._step), key=key)
        if moment == "before":
            die()
        if moment == "inside":
            _INSIDE.dies = True
        standing = write()
        if moment:  # inside: where nothing is named or sent, because the object stands already, it dies afterwards
            die()
        return standing


class _Inside(threading.local):
    dies = False


_INSIDE = _Inside()


def _deadly(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but a thread that is to die inside a write dies here."""

    def called(*args: Any, **kwargs: Any) -> Any:
        if _INSIDE.dies:
            die()
        return call(*args, **kwargs)

    return called


class ThreadsForProcesses:
    """What `crawler.reading` needs of a pool, with a thread in it."""

    def __init__(self, **_: Any) -> None:
        self._pool = ThreadPoolExecutor(1)

    def schedule(self, call: Callable[..., Any], args: tuple[Any, ...] = (), timeout: float | None = None) -> Future[Any]:  # noqa: ARG002
        """The result of the call, later."""
        return self._pool.submit(call, *args)

    def stop(self) -> None:
        """Drop what has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Wait for the rest."""
        self._pool.shutdown()


def obey(orders: Orders) -> None:
    """Prepare this process: from now on its stores, clock and limits are as ordered."""
    import storage.archive as archives  # noqa: PLC0415
    import storage.run as runs  # noqa: PLC0415

    note = _notes(orders.get("notes"))
    step = Step.parse(orders["step"]) if orders.get("step") else None
    hours, *jumps = orders.get("hours") or (0.0,)
    jump = (int(jumps[0][0]), float(jumps[0][1])) if jumps else None
    open_store, recover = archives._store, runs.Run.recover  # noqa: SLF001 - the one place where a store is made

    def opened(uri: str, *, single_writer: bool) -> Store:
        return DeadlyStore(open_store(uri, single_writer=single_writer), step, jump, note)

    def timed(run: runs.Run) -> list[str]:
        began = time.monotonic()
        found = recover(run)
        if found:
            note(recovered=len(found), urls=len(run._recovered["urls"]), seconds=time.monotonic() - began)  # noqa: SLF001
        return found

    archives._store = opened  # noqa: SLF001
    runs.Run.recover = timed  # type: ignore[method-assign,assignment]
    os.link, os.replace = _deadly(os.link), _deadly(os.replace)
    http.client.HTTPConnection.getresponse = _deadly(http.client.HTTPConnection.getresponse)  # type: ignore[method-assign]
    if hours or jump:
        clock.move(hours)
    if orders.get("timeout"):
        _hurry(float(orders["timeout"]))
    if orders.get("threads"):
        from crawler import reading  # noqa: PLC0415

        reading.ProcessPool = ThreadsForProcesses  # type: ignore[attr-defined,assignment]
    if orders.get("file_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(orders["file_bytes"]),) * 2)


def _hurry(seconds: float) -> None:
    from botocore.config import Config  # noqa: PLC0415

    from storage import aws  # noqa: PLC0415

    aws.CONFIG = aws.CONFIG.merge(Config(read_timeout=seconds, connect_timeout=seconds))  # type: ignore[misc]


def _notes(file: str | None) -> Callable[..., None]:
    def note(**told: Any) -> None:
        if file is not None:
            with Path(file).open("ab", buffering=0) as notes:
                notes.write(json.dumps(told).encode() + b"\n")

    return note


def main() -> None:
    """The orders as JSON, then the command."""
    obey(json.loads(sys.argv.pop(1)))
    from crawler.cli import main as warraq  # noqa: PLC0415

    warraq()


if __name__ == "__main__":
    main()
