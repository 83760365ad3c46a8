"""Kill points: stores and queues that count their operations and kill the process at a given one.

The SIGKILL comes from the process itself, so that it comes exactly there; nothing is closed, flushed or caught.
"""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from infra.chaos import skewed_clock as clock
from infra.chaos.steps import KillStep, kind_of
from storage.queues import sqlite_file
from storage.queues.local import LocalQueue
from storage.queues.sqlite_schema import transaction
from storage.stores.store import ForwardingStore, NewObject, Store

Made = TypeVar("Made")


def die() -> None:
    """SIGKILL to this process: no handler, no finally, no atexit."""
    os.kill(os.getpid(), signal.SIGKILL)


class KillPlan:
    """Where this process dies, and when its clock jumps. jump: (n-th operation, hours)."""

    def __init__(self, step: KillStep | None, jump: tuple[int, float] | None, note: Callable[..., None]) -> None:
        self._step, self._jump, self._note = step, jump, note
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def during(self, kind: str, act: Callable[[], Made], what: str = "") -> Made:
        """The result of the operation, unless this is the step. what: the key that is written, if it writes one."""
        moment = self._moment(kind, what)
        if moment == "before":
            die()
        if moment == "inside":
            _INSIDE.dies = True
        made = act()
        if moment:  # inside: where nothing is named or sent, because the object stands already, it dies afterwards
            die()
        return made

    def _moment(self, kind: str, what: str) -> str:
        with self._lock:
            self._seen[kind] += 1
            here = self._step is not None and (kind, self._seen[kind]) == (self._step.kind, self._step.n)
            if self._jump is not None and self._seen.total() == self._jump[0]:
                clock.move(self._jump[1])
        if not here or self._step is None:
            return ""
        self._note(reached=str(self._step), key=what)
        return self._step.moment


class _Inside(threading.local):
    dies = False


_INSIDE = _Inside()


class DeadlyStore(ForwardingStore):
    """A store whose writes are kill points. groups: groups are written as they are without it, by a writer process in a folder;
    else object by object, each of them a kill point.
    """

    def __init__(self, beneath: Store, kill_plan: KillPlan, *, groups: bool = False) -> None:
        super().__init__(beneath)
        self._kill_plan, self._groups = kill_plan, groups

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        return self.beneath.create_all(phases) if self._groups else super().create_all(phases)

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        return self._kill_plan.during(kind_of(key), lambda: self.beneath.create(key, data, content_type), key)

    def replace(self, key: str, data: bytes) -> None:
        self._kill_plan.during(kind_of(key), lambda: self.beneath.replace(key, data), key)


def arm_kill_points(kill_plan: KillPlan) -> None:
    """From now on this process dies inside a write where it is told to: before an object has its name, before an answer of
    the store is received, before a transaction of the queue is committed; and at what it does with its queue.
    """
    os.link, os.replace = _dying_inside(os.link), _dying_inside(os.replace)
    http.client.HTTPConnection.getresponse = _dying_inside(http.client.HTTPConnection.getresponse)  # type: ignore[method-assign]
    for name, kind in (("put_all", "put"), ("take", "take"), ("ack", "ack"), ("release", "release")):
        setattr(LocalQueue, name, _counted(kill_plan, kind, getattr(LocalQueue, name)))
    vars(sqlite_file)["transaction"] = _uncommitted(transaction)


def _dying_inside(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but a thread that is to die inside a write dies here."""

    def called(*args: Any, **kwargs: Any) -> Any:
        if _INSIDE.dies:
            die()
        return call(*args, **kwargs)

    return called


def _counted(kill_plan: KillPlan, kind: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        return kill_plan.during(kind, lambda: method(*args, **kwargs))

    return called


def _uncommitted(call: Callable[..., Any]) -> Callable[..., Any]:
    def called(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any]) -> Any:
        def done(db: sqlite3.Connection) -> Any:
            made = work(db)
            if _INSIDE.dies:
                die()
            return made

        return call(db, done)

    return called
