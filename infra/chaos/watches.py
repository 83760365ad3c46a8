"""A round of `warraq watch`: one process after the other on one queue and one archive, while addresses are submitted and changes
delivered. A stage ends with a watch that is not disturbed and must become idle by itself.
"""

from __future__ import annotations

import json
import random
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from crawler.cli import INTERRUPTED
from infra.chaos.context import ChaosContext
from infra.chaos.file_corruption import QueueContents, corrupt, damaged_files, queue_contents
from infra.chaos.launcher import ProcessEnd
from infra.chaos.plan import Plan, Tally
from infra.chaos.receiver import Receiver
from infra.chaos.rounds import OK_CODES, SETTINGS, Round, RoundError
from infra.chaos.scenarios import Expected, Stage
from infra.chaos.watch_probe import TOKEN, WatchProbe
from infra.testing.servers import serving
from infra.world.expected import canonical
from storage.queues import open_queue

WATCHED: Final = {
    **SETTINGS,
    "WARRAQ_POLL_SHORTEST": "3600",  # each start asks at once
    "WARRAQ_POLL_LONGEST": "3600",
    "WARRAQ_WORK_RETRY": "0.2",
    "WARRAQ_STOP_SECONDS": "5",
    "WARRAQ_DOOR": "0",
    "WARRAQ_DOOR_TOKEN": TOKEN,
}
STEP_SECONDS: Final = 10.0
"""After which a watch is killed wherever it is."""
STOP_SECONDS: Final = 30.0
"""Within which a watch that is asked to stop has ended: it gives itself WARRAQ_STOP_SECONDS, 20 s after that and 2 s to say what
it left (`crawler.watch.stopping`), 27 s in all.
"""
REST_SECONDS: Final = 120.0
"""Within which one that nobody disturbs has nothing to do any more, on a machine with other things to do too."""
LOOK_SECONDS: Final = 0.05
_RESTORED: Final = re.compile(r"begun anew with (\d+) events and (\d+) dead letters")
_EXCUSED: Final = frozenset({"sites", "network"})
"""Faults of which an event may die, with its reason: its page was not to be had, time and again."""


class WatchRound(Round):
    """Watches each stage until nothing is left to do."""

    def __init__(self, context: ChaosContext, plan: Plan, progress: Callable[[Tally], None] | None = None) -> None:
        super().__init__(context, plan, progress)
        self._receiver = Receiver(plan.seed)
        self._visitor = random.Random(plan.seed)  # noqa: S311 - whether somebody is at the door is asked as often as time allows
        self._pending: list[str] = []
        self._accepted: set[str] = set()
        self._risked: dict[Path, QueueContents] = {}
        self._before_damage: QueueContents | None = None
        self._losable = 0

    def run(self) -> Tally:
        with serving(self._receiver):
            tally = super().run()
        tally.faults["sink"] += self._receiver.failed
        return tally

    def final_check(self, expected: Expected) -> None:
        ordered = "clock" not in self.plan.faults  # the log is read in the order of what its writers took for the time
        self.check("whole", expected, delivered=self._receiver.received(), ordered=ordered)

    def stage(self, stage: Stage, kills: int) -> None:
        self._pending = self.generator.sample(stage.submits, len(stage.submits))
        self._accepted.clear()
        self.faults.calm, last = False, self.tally.kills + kills
        while self.tally.kills < last:
            self._ask(some=True)
            self._damage()
            if self.tally.kills < last:
                self._watch(stage, kill=True)
            if self.generator.random() < 0.25:
                self.check("half")
            self.progress(self.tally)
        self.faults.calm = True
        self.faults.grow_disk(full=False)
        self._ask(some=False)
        self._watch(stage, kill=False)
        self.progress(self.tally)

    @property
    def queue(self) -> Path:
        """Its file."""
        return self.local / "queue.sqlite"

    def _ask(self, *, some: bool) -> None:
        """Runs `warraq submit`, which may be killed too. Addresses that were not acknowledged stay pending."""
        urls = self._pending[: self.generator.randint(0, 5)] if some else self._pending[:]
        if not urls:
            return
        deadly = some and "kills" in self.plan.faults and self.generator.random() < 0.15
        orders = {"step": f"put:{self.generator.choice(('before', 'inside', 'after'))}:1"} if deadly else {}
        ended = self.context.launcher.run(["submit", *urls, "--queue", str(self.queue)], SETTINGS, orders)
        self.last = f"warraq submit {orders or ''}"
        self.note(ended, orders, fresh=False, what="submit")
        self._mended(ended)
        if ended.code == 0:
            self._mark_accepted(urls)
        self.faults.grow_disk(full=ended.code == 3)

    def _mark_accepted(self, urls: Sequence[str]) -> None:
        self._accepted.update(urls)
        self._pending = [url for url in self._pending if url not in urls]

    def _damage(self) -> None:
        if "queue" not in self.plan.faults or self.generator.random() < 0.4:
            return
        before = queue_contents(self.queue)
        if before is None:
            return
        self.last = corrupt(self.queue, self.generator)
        self.tally.faults["queue"] += 1
        self._before_damage = before

    def _mended(self, ended: ProcessEnd) -> None:
        """Whichever process opened the damaged queue moved it aside, if the damage shows, and printed how much it could read."""
        new = damaged_files(self.queue) - self._risked.keys()
        if not new or self._before_damage is None:
            return
        restored = _RESTORED.search(ended.err)
        self._risked[new.pop()] = self._before_damage
        self._losable += len(self._before_damage.keys) - (int(restored[1]) if restored else 0)

    def _watch(self, stage: Stage, *, kill: bool) -> None:
        orders, after, fresh = self.next_orders(kill=kill)
        stop = kill and "stop" in self.plan.faults and self.generator.random() < 0.1
        if stop:
            orders.pop("step", None)
            after, fresh = self.generator.uniform(0.3, 3.0), False
        self._receiver.faulty = "sink" in self.plan.faults and not self.faults.calm
        argv = ["watch", *stage.outlets, "--archive", self.uri, "--queue", str(self.queue)]
        with self.faults.around(stage.world) as env:
            victim = self.context.launcher.start(argv, WATCHED | self._receiver.env | env, orders, fresh=fresh)
            probe = WatchProbe(victim, self.queue)
            try:
                if kill:
                    self._disturb(probe, after or (2 * STEP_SECONDS if fresh else STEP_SECONDS))
                else:
                    self._wait_until_idle(probe)
                by_itself = victim.ended()
                if stop or not kill:
                    victim.stop()
                    victim.ended(STOP_SECONDS)
            finally:
                ended = victim.end(hung=(stop or not kill) and not victim.ended())
        self.tally.restarts += 1
        self.tally.faults["stop"] += stop
        self.last = f"a watch: {orders or 'without faults'}{f', killed after {after:.2f} s' if after else ''}"
        if by_itself and ended.code in OK_CODES:
            raise RoundError(f"the watch has ended by itself: {ended.err[-1500:]} {ended.out[-1500:]}")
        began = "watch.started" in ended.out
        if began or not (stop and ended.code in (-signal.SIGTERM, INTERRUPTED)):  # so early that nothing was begun
            self.note(ended, orders, fresh=fresh, what="watch")
        self._mended(ended)
        self.faults.grow_disk(full=ended.code == 3)

    def _disturb(self, probe: WatchProbe, seconds: float) -> None:
        """Until it is dead, or so many seconds are over, or it has nothing to do any more and would never reach its step."""
        while not probe.victim.ended(LOOK_SECONDS) and probe.victim.seconds < seconds and not probe.idle():
            batch = self._pending[:2]
            if batch and probe.of("door.opened") and self._visitor.random() < 0.2 and probe.post(batch):
                self._mark_accepted(batch)
            self.faults.grow_disk(full=probe.news("archive.unavailable", "queue.unavailable"))

    def _wait_until_idle(self, probe: WatchProbe) -> None:
        """Until everything that was asked for is kept and everything that was announced is delivered, or it is dead."""
        while not probe.victim.ended(LOOK_SECONDS):
            if probe.victim.seconds > REST_SECONDS:
                self.complain(f"it does not come to rest: {self._busy_work()}")
                return
            if probe.idle() and self._is_done(probe):
                return

    def _is_done(self, probe: WatchProbe) -> bool:
        """Whether nothing is owed. What a damaged file has lost is asked for again, as the message says; dead letters too."""
        ended = self.context.launcher.run(["check", "contents", self.uri], self.faults.bucket_env(well=True), {})
        contents: dict[str, list[str]] = json.loads(ended.out)
        self._redrive()
        kept = set(contents["urls"])
        missing = sorted(url for url in self._accepted if canonical(url) not in kept)
        if missing:
            self._forgotten(missing)
            probe.post(missing)
            return False
        return {event["id"] for event in self._receiver.received()} >= set(contents["ids"])

    def _forgotten(self, urls: Sequence[str]) -> None:
        at_risk = {key for found in self._risked.values() for key in found.keys}
        not_named = [url for url in urls if f"url:{canonical(url)}" not in at_risk]
        if not_named or len(urls) > self._losable:
            raise RoundError(f"accepted, not kept, and not reported as lost (of {self._losable}): {', '.join(urls)}")
        self._losable -= len(urls)
        self.tally.faults["queue, events lost"] += len(urls)

    def _redrive(self) -> None:
        """Dead letters of what could not be had are queued again; there must be no others."""
        found = queue_contents(self.queue)
        if found is None or not found.dead:
            return
        for key, reason in found.dead.items():
            if not _EXCUSED & self.plan.faults or "never answered" in reason:
                raise RoundError(f"a dead letter: {key}: {reason}")
        queue = open_queue(str(self.queue))
        self.tally.faults["dead letters"] += queue.redrive()
        queue.close()

    def _busy_work(self) -> dict[str, Any]:
        found = queue_contents(self.queue)
        return {"queue": found and (sorted(found.keys), found.dead), "delivered": len(self._receiver.received())}
