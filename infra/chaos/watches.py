"""A round of `warraq watch`: one process after the other on one queue and one archive, with addresses asked for and changes
delivered meanwhile; at the end of a chapter one that nobody disturbs, which must come to rest by itself.
"""

from __future__ import annotations

import json
import random
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from infra.chaos.context import Workshop
from infra.chaos.file_corruption import QueueContents, damaged_files, spoil, standing
from infra.chaos.launcher import ProcessEnd
from infra.chaos.plan import Plan, Tally
from infra.chaos.receiver import Receiver
from infra.chaos.rounds import OK_CODES, SETTINGS, Round, RoundError
from infra.chaos.scenarios import Chapter, Expected
from infra.chaos.watch_probe import TOKEN, Watched
from infra.world.expected import canonical
from storage.queues import open_queue

WATCHED: Final = {
    **SETTINGS,
    "WARRAQ_POLL_SHORTEST": "3600",  # each start asks at once
    "WARRAQ_POLL_LONGEST": "3600",
    "WARRAQ_WORK_RETRY": "0.2",
    "WARRAQ_STOP_SECONDS": "10",
    "WARRAQ_DOOR": "0",
    "WARRAQ_DOOR_TOKEN": TOKEN,
}
STEP_SECONDS: Final = 10.0
"""After which a watch is killed wherever it is."""
STOP_SECONDS: Final = 25.0
"""Within which a watch that is asked to stop has ended."""
REST_SECONDS: Final = 120.0
"""Within which one that nobody disturbs has nothing to do any more, on a machine with other things to do too."""
LOOK_SECONDS: Final = 0.05
_SAID: Final = re.compile(r"begun anew with (\d+) events and (\d+) dead letters")
_EXCUSED: Final = frozenset({"sites", "network"})
"""Faults of which an event may die, with its reason: its page was not to be had, time and again."""


class WatchRound(Round):
    """See the module."""

    def __init__(self, workshop: Workshop, plan: Plan, told: Callable[[Tally], None] | None = None) -> None:
        super().__init__(workshop, plan, told)
        self._receiver = Receiver(plan.seed)
        self._visitor = random.Random(plan.seed)  # noqa: S311 - whether somebody is at the door is asked as often as time allows
        self._pending: list[str] = []
        self._accepted: set[str] = set()
        self._risked: dict[Path, QueueContents] = {}
        self._spoilt: QueueContents | None = None
        self._losable = 0

    def run(self) -> Tally:
        with self._receiver:
            tally = super().run()
        tally.faults["sink"] += self._receiver.failed
        return tally

    def judged(self, expected: Expected) -> None:
        ordered = "clock" not in self.plan.faults  # the log is read in the order of what its writers took for the time
        self.judge("whole", expected, delivered=self._receiver.heard(), ordered=ordered)

    def chapter(self, chapter: Chapter, kills: int) -> None:
        self._pending = self.generator.sample(chapter.submits, len(chapter.submits))
        self._accepted.clear()
        self.troubles.calm, last = False, self.tally.kills + kills
        while self.tally.kills < last:
            self._ask(some=True)
            self._damage()
            if self.tally.kills < last:
                self._watch(chapter, kill=True)
            if self.generator.random() < 0.25:
                self.judge("half")
            self.told(self.tally)
        self.troubles.calm = True
        self.troubles.grow_disk(full=False)
        self._ask(some=False)
        self._watch(chapter, kill=False)
        self.told(self.tally)

    @property
    def queue(self) -> Path:
        """Its file."""
        return self.local / "queue.sqlite"

    def _ask(self, *, some: bool) -> None:
        """`warraq submit`, which may be killed too. Whoever was not told that it is accepted asks again later."""
        urls = self._pending[: self.generator.randint(0, 5)] if some else self._pending[:]
        if not urls:
            return
        deadly = some and "kills" in self.plan.faults and self.generator.random() < 0.15
        orders = {"step": f"put:{self.generator.choice(('before', 'inside', 'after'))}:1"} if deadly else {}
        ended = self.shop.nursery.run(["submit", *urls, "--queue", str(self.queue)], SETTINGS, orders)
        self.last = f"warraq submit {orders or ''}"
        self.note(ended, orders, fresh=False, what="submit")
        self._mended(ended)
        if ended.code == 0:
            self._are_accepted(urls)
        self.troubles.grow_disk(full=ended.code == 3)

    def _are_accepted(self, urls: Sequence[str]) -> None:
        self._accepted.update(urls)
        self._pending = [url for url in self._pending if url not in urls]

    def _damage(self) -> None:
        if "queue" not in self.plan.faults or self.generator.random() < 0.4:
            return
        before = standing(self.queue)
        if before is None:
            return
        self.last = spoil(self.queue, self.generator)
        self.tally.faults["queue"] += 1
        self._spoilt = before

    def _mended(self, ended: ProcessEnd) -> None:
        """Whoever opened the queue first found the damage, if it shows, and said how much could still be read."""
        new = damaged_files(self.queue) - self._risked.keys()
        if not new or self._spoilt is None:
            return
        said = _SAID.search(ended.err)
        self._risked[new.pop()] = self._spoilt
        self._losable += len(self._spoilt.keys) - (int(said[1]) if said else 0)

    def _watch(self, chapter: Chapter, *, kill: bool) -> None:
        orders, after, fresh = self.ill(kill=kill)
        stop = kill and "stop" in self.plan.faults and self.generator.random() < 0.1
        if stop:
            orders.pop("step", None)
            after, fresh = self.generator.uniform(0.3, 3.0), False
        self._receiver.moody = "sink" in self.plan.faults and not self.troubles.calm
        argv = ["watch", *chapter.outlets, "--archive", self.uri, "--queue", str(self.queue)]
        with self.troubles.around(chapter.world) as env:
            victim = self.shop.nursery.start(argv, WATCHED | self._receiver.env | env, orders, fresh=fresh)
            watched = Watched(victim, self.queue)
            try:
                if kill:
                    self._attend(watched, after or (2 * STEP_SECONDS if fresh else STEP_SECONDS))
                else:
                    self._come_to_rest(watched)
                by_itself = victim.ended()
                if stop or not kill:
                    victim.signal(signal.SIGTERM)
                    victim.ended(STOP_SECONDS)
            finally:
                ended = victim.end(hung=(stop or not kill) and not victim.ended())
        self.tally.restarts += 1
        self.tally.faults["stop"] += stop
        self.last = f"a watch: {orders or 'without faults'}{f', killed after {after:.2f} s' if after else ''}"
        if by_itself and ended.code in OK_CODES:
            raise RoundError(f"the watch has ended by itself: {ended.err[-1500:]} {ended.out[-1500:]}")
        if not (stop and ended.code == -signal.SIGTERM and "watch.started" not in ended.out):  # so early that nothing was begun
            self.note(ended, orders, fresh=fresh, what="watch")
        self._mended(ended)
        self.troubles.grow_disk(full=ended.code == 3)

    def _attend(self, watched: Watched, seconds: float) -> None:
        """Until it is dead, or so many seconds are over, or it has nothing to do any more and would never reach its step."""
        while not watched.victim.ended(LOOK_SECONDS) and watched.victim.seconds < seconds and not watched.idle():
            batch = self._pending[:2]
            if batch and watched.of("door.opened") and self._visitor.random() < 0.2 and watched.post(batch):
                self._are_accepted(batch)
            self.troubles.grow_disk(full=watched.news("archive.unavailable", "queue.unavailable"))

    def _come_to_rest(self, watched: Watched) -> None:
        """Until everything that was asked for is kept and everything that was announced is delivered, or it is dead."""
        while not watched.victim.ended(LOOK_SECONDS):
            if watched.victim.seconds > REST_SECONDS:
                self.complain(f"it does not come to rest: {self._unrest()}")
                return
            if watched.idle() and self._is_done(watched):
                return

    def _is_done(self, watched: Watched) -> bool:
        """Whether nothing is owed. What a damaged file has lost is asked for again, as the message says; dead letters too."""
        ended = self.shop.nursery.run(["judge", "told", self.uri], self.troubles.bucket_env(well=True), {})
        told: dict[str, list[str]] = json.loads(ended.out)
        self._redrive()
        kept = set(told["urls"])
        missing = sorted(url for url in self._accepted if canonical(url) not in kept)
        if missing:
            self._are_lost(missing)
            watched.post(missing)
            return False
        return {event["id"] for event in self._receiver.heard()} >= set(told["ids"])

    def _are_lost(self, urls: Sequence[str]) -> None:
        at_risk = {key for found in self._risked.values() for key in found.keys}
        unsaid = [url for url in urls if f"url:{canonical(url)}" not in at_risk]
        if unsaid or len(urls) > self._losable:
            raise RoundError(f"accepted, not kept, and nobody said that it was lost (of {self._losable}): {', '.join(urls)}")
        self._losable -= len(urls)
        self.tally.faults["queue, events lost"] += len(urls)

    def _redrive(self) -> None:
        """Dead letters of what could not be had are queued again; there must be no others."""
        found = standing(self.queue)
        if found is None or not found.dead:
            return
        for key, reason in found.dead.items():
            if not _EXCUSED & self.plan.faults or "never answered" in reason:
                raise RoundError(f"a dead letter: {key}: {reason}")
        queue = open_queue(str(self.queue))
        self.tally.faults["dead letters"] += queue.redrive()
        queue.close()

    def _unrest(self) -> dict[str, Any]:
        found = standing(self.queue)
        return {"queue": found and (sorted(found.keys), found.dead), "delivered": len(self._receiver.heard())}
