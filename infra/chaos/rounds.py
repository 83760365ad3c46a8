"""One round: an archive made from nothing by processes that are killed while their surroundings fail, then checked.

What a round does follows from its seed alone, as far as threads and clocks allow: the same seed gives the same plan.
"""

from __future__ import annotations

import json
import random
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

from infra.chaos import scenarios, steps
from infra.chaos.context import ChaosContext
from infra.chaos.faults import Faults
from infra.chaos.launcher import ProcessEnd
from infra.chaos.plan import Plan, Tally
from infra.chaos.scenarios import Expected, Stage

SETTINGS: Final = {
    "WARRAQ_DOWNLOAD_DELAY": "0",
    "WARRAQ_AUTOTHROTTLE": "0",
    "WARRAQ_HISTORY_DELAY": "0",
    "WARRAQ_CONCURRENCY": "16",
    "WARRAQ_RECHECK_GONE_HOURS": "0",
    "WARRAQ_WARC_SECONDS": "0.1",
    "WARRAQ_DOWNLOAD_TIMEOUT": "10",
    "WARRAQ_READERS": "1",
    "WARRAQ_IN_FLIGHT": "6",  # few at once: a kill leaves much for the next one
}
MOST_ATTEMPTS: Final = 12
"""Starts without a kill after which a stage that has not ended well never will."""
OK_CODES: Final = frozenset({0, 1})


class RoundError(Exception):
    """The round cannot go on: what a process did that it must not do."""


class Round(ABC):
    """One archive, from its first process to the final check. `run` it once; subclasses carry out a stage."""

    def __init__(self, context: ChaosContext, plan: Plan, progress: Callable[[Tally], None] | None = None) -> None:
        self.context, self.plan, self.progress = context, plan, progress or (lambda _: None)
        self.generator = random.Random(plan.seed)  # noqa: S311 - faults, no secrets
        self.folder = context.folder / f"round-{plan.seed}"
        self.tally = Tally(rounds=1)
        self.faults = Faults(context, plan, self.generator, self.tally)
        self.last = "nothing"
        self.local, self.uri = self.folder, ""
        self.first = True
        """Whether this is the stage that makes most of the articles."""
        self._named = sorted(plan.steps, key=lambda step: step[0] in steps.LATE)

    @abstractmethod
    def stage(self, stage: Stage, kills: int) -> None:
        """Until all of it is kept, after so many kills. RoundError."""

    def final_check(self, expected: Expected) -> None:
        """Checks the finished archive."""
        self.check("whole", expected)

    def run(self) -> Tally:
        """The tally. A round that fails leaves its archive where its complaint says, and every other nothing."""
        stages, expected = scenarios.scenario(self.plan.command, self.plan.world, self.plan.pages)
        self.folder.mkdir()
        with self.faults.place(self.folder) as (self.local, self.uri):
            try:
                for n, stage in enumerate(stages):
                    self.first = n == 0
                    left = self.plan.kills - self.tally.kills
                    self.stage(stage, round(0.7 * left) if n + 1 < len(stages) else left)
                if "clock" in self.plan.faults:  # what is seen while the clock is behind is taken for an older capture
                    expected = Expected(expected.texts)
                self.final_check(expected)
            except RoundError as failure:
                self.complain(str(failure))
        if not self.tally.complaints:
            shutil.rmtree(self.folder)
        return self.tally

    def next_orders(self, *, kill: bool) -> tuple[dict[str, Any], float | None, bool]:
        """(orders of the next victim, seconds after which it is killed from outside, whether it is started from nothing)."""
        orders: dict[str, Any] = {}
        faults, draw = self.plan.faults, self.generator.random
        after, fresh = None, "fresh" in faults and kill and draw() < 0.04
        if kill and self._named and draw() < 0.7:
            orders["step"] = str(self._next_step())
        elif kill and "random" in faults and draw() < 0.3:
            after = self.generator.uniform(0.05, 8.0 if fresh else 2.0)
        elif kill and "kills" in faults:
            orders["step"] = str(self._next_step())
        return orders | self.faults.orders(), after, fresh

    def _next_step(self) -> steps.KillStep:
        """The next of the plan that this stage can reach, else any: a page that is known already makes no article."""
        reachable = [step for step in self._named if self.first or step[0] not in steps.NEW]
        if reachable:
            self._named.remove(reachable[0])
        else:
            every = [step for step in steps.every_step(self.plan.command) if self.first or step[0] not in steps.NEW]
            reachable = [self.generator.choice(every)]
        kind, moment = reachable[0]
        return steps.drawn(self.generator, kind, moment, first=self.first)

    def note(self, ended: ProcessEnd, orders: dict[str, Any], *, fresh: bool, what: str) -> None:
        """Into the tally; RoundError if it ended as it must not."""
        if ended.hung:
            raise RoundError(f"the {what} hangs: {ended.err[-1500:]} {ended.out[-1500:]}")
        if ended.killed:
            self.tally.kills += 1
            self.tally.steps[f"{what} {_killed_at(ended, orders)}{', from nothing' if fresh else ''}"] += 1
        else:
            if any("writer" in note for note in ended.notes):  # its death is no concern of the crawl's
                self.tally.kills += 1
                self.tally.steps[f"{what} {_killed_at(ended, orders)}"] += 1
            if ended.code not in OK_CODES and not self._excused(ended):
                raise RoundError(f"the {what} ended with code {ended.code}: {ended.err[-1500:]}")
        if "Traceback" in ended.err and not ended.killed:
            raise RoundError(f"a traceback: {ended.err[-1500:]}")
        for note in ended.notes:
            if "recovered" in note:
                self.tally.recovered_runs += note["recovered"]
                self.tally.recovered_urls += note["urls"]
                self.tally.recoveries.append(note["seconds"])

    def _excused(self, ended: ProcessEnd) -> bool:
        """Whether an exit code 3 was to be expected: the archive or queue was made to fail, and one line names it."""
        lines = [line for line in ended.err.splitlines() if line.startswith("warraq: ") and "is silent: " not in line]
        return ended.code == 3 and len(lines) == 1 and not self.faults.calm and bool(self.plan.faults & {"s3", "disk"})

    def check(self, kind: str, expected: Expected | None = None, **more: Any) -> None:
        """Runs the checker and notes its complaints. expected: what must be there in the end; more: added to it."""
        cursor = str(self.folder / "cursor.json")
        arguments = ["check", kind, self.uri]
        if expected is not None:
            file = self.folder / "expected.json"
            file.write_text(expected.dump(**more), "utf-8")
            arguments.append(str(file))
        ended = self.context.launcher.run([*arguments, cursor], self.faults.bucket_env(well=True), {})
        if ended.code != 0:
            if kind == "half" and "no archive here" in ended.err:
                return
            raise RoundError(f"it cannot be final_check: {ended.err[-1500:]}")
        for complaint in json.loads(ended.out):
            self.complain(complaint)

    def complain(self, complaint: str) -> None:
        """Into the tally, with what repeats it."""
        entry = {"complaint": complaint, "after": self.last, "archive": str(self.folder), "repeat": self.plan.repeat}
        self.tally.complaints.append(entry)


def _killed_at(ended: ProcessEnd, orders: dict[str, Any]) -> str:
    """The step at which the victim, or its writer, was killed."""
    for note in ended.notes:
        if "writer" in note:
            return str(note["writer"])
    reached = any("reached" in note for note in ended.notes)
    return str(orders["step"]).rpartition(":")[0] if reached else "at random"
