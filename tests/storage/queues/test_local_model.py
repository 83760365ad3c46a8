"""Whatever is done to a local queue in whatever order: it does what a list would do."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storage.queues import Lease, LeaseLost
from storage.queues.local import LocalQueue
from tests.storage.queues.events import put

LEASE, MOST = 100, 3
GROUPS, KEYS = st.sampled_from("ab"), st.sampled_from("xyz")
WORKERS = st.integers(0, 1)


@dataclass
class Kept:
    """An event as the model keeps it. until: of its lease (`lease` is then one) or of its delay."""

    order: int
    group: str
    key: str
    attempts: int = 0
    lease: Lease | None = None
    until: float = 0.0


@dataclass
class Model:
    events: list[Kept] = field(default_factory=list)
    dead: list[tuple[str, str]] = field(default_factory=list)

    def waiting(self, group: str, key: str) -> Kept | None:
        return next((e for e in self.events if (e.group, e.key) == (group, key) and e.lease is None), None)

    def give_back(self, kept: Kept, now: float, until: float = 0.0) -> None:
        if kept.attempts >= MOST:
            self.events.remove(kept)
            self.dead.append((kept.group, kept.key))
            return
        if newer := self.waiting(kept.group, kept.key):
            self.events.remove(newer)
        kept.lease, kept.until = None, until

    def end_leases(self, now: float) -> None:
        for kept in [e for e in self.events if e.until and e.until <= now]:
            if kept.lease:
                self.give_back(kept, now)
            kept.until = 0.0 if kept.lease is None else kept.until


class QueueAgainstModel(RuleBasedStateMachine):
    """Two handles on one file, a clock that only rules move."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now = 1000.0
        self.queues = [self.opened(), self.opened()]
        self.model, self.orders = Model(), itertools.count()
        self.leases: list[Lease] = []

    def opened(self) -> LocalQueue:
        path = Path(self.folder.name, "queue.db")
        return LocalQueue(path, lease_seconds=LEASE, max_attempts=MOST, clock=lambda: self.now)

    @rule(worker=WORKERS, group=GROUPS, key=KEYS)
    def put(self, worker: int, group: str, key: str) -> None:
        wanted = self.model.waiting(group, key) is None
        assert put(self.queues[worker], key, group) == wanted
        if wanted:
            self.model.events.append(Kept(next(self.orders), group, key))

    @rule(worker=WORKERS, limit=st.integers(1, 4))
    def take(self, worker: int, limit: int) -> None:
        self.model.end_leases(self.now)
        leases = self.queues[worker].take(limit)
        busy = {e.group for e in self.model.events if e.until}
        free = [e for e in self.model.events if e.group not in busy]
        assert len(leases) == min(limit, len(free))
        for group in "ab":
            expected = sorted((e for e in free if e.group == group), key=lambda e: e.order)
            given_to = [lease for lease in leases if lease.group == group]
            for kept, lease in zip(expected, given_to, strict=False):
                kept.attempts += 1
                assert (lease.key, lease.attempt, lease.until) == (kept.key, kept.attempts, self.now + LEASE)
                kept.lease, kept.until = lease, lease.until
        self.leases += leases

    def settled(self, data: st.DataObject) -> tuple[Lease | None, Kept | None]:
        if not self.leases:
            return None, None
        lease = data.draw(st.sampled_from(self.leases))
        return lease, next((e for e in self.model.events if e.lease and e.lease.token == lease.token), None)

    @rule(worker=WORKERS, data=st.data())
    def ack(self, worker: int, data: st.DataObject) -> None:
        lease, kept = self.settled(data)
        if lease is None:
            return
        try:
            self.queues[worker].ack(lease)
        except LeaseLost:
            assert kept is None
        else:
            if kept:
                self.model.events.remove(kept)

    @rule(worker=WORKERS, data=st.data(), delay=st.sampled_from([0, 50]))
    def release(self, worker: int, data: st.DataObject, delay: int) -> None:
        lease, kept = self.settled(data)
        if lease is None:
            return
        try:
            self.queues[worker].release(lease, "why", delay)
        except LeaseLost:
            assert kept is None
        else:
            assert kept
            self.model.give_back(kept, self.now, self.now + delay if delay else 0.0)

    @rule(worker=WORKERS, data=st.data(), seconds=st.sampled_from([10, 500]))
    def extend(self, worker: int, data: st.DataObject, seconds: int) -> None:
        lease, kept = self.settled(data)
        if lease is None:
            return
        try:
            self.queues[worker].extend(lease, seconds)
        except LeaseLost:
            assert kept is None
        else:
            assert kept
            kept.until = self.now + seconds

    @rule(seconds=st.sampled_from([1, 49, 50, 99, 100, 600]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(worker=WORKERS, limit=st.sampled_from([1, None]))
    def redrive(self, worker: int, limit: int | None) -> None:
        again = self.model.dead[:limit]
        assert self.queues[worker].redrive(limit) == len(again)
        self.model.dead = self.model.dead[len(again) :]
        for group, key in again:
            if self.model.waiting(group, key) is None:
                self.model.events.append(Kept(next(self.orders), group, key))

    @rule(worker=WORKERS)
    def close_and_open(self, worker: int) -> None:
        self.queues[worker].close()
        self.queues[worker] = self.opened()

    @invariant()
    def depths_agree(self) -> None:
        self.model.end_leases(self.now)
        depth = self.queues[0].depth()
        taken = sum(1 for e in self.model.events if e.lease)
        assert (depth.waiting, depth.taken, depth.dead) == (len(self.model.events) - taken, taken, len(self.model.dead))

    def teardown(self) -> None:
        for queue in getattr(self, "queues", ()):
            queue.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()


QueueAgainstModel.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestQueueAgainstModel = QueueAgainstModel.TestCase
