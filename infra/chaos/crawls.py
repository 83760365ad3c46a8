"""A round of `warraq crawl`: a stage is crawled by one process after the other, until one ends well that was not disturbed."""

from __future__ import annotations

from typing import Any

from infra.chaos.launcher import ProcessEnd
from infra.chaos.rounds import MOST_ATTEMPTS, OK_CODES, SETTINGS, Round, RoundError
from infra.chaos.scenarios import Stage
from infra.chaos.steps import GROUPED, drawn


class CrawlRound(Round):
    """Crawls each stage until it is complete."""

    _full = False

    def stage(self, stage: Stage, kills: int) -> None:
        left, attempts = kills, 0
        while True:
            kill = left > 0
            self.faults.calm = not kill and attempts > 0  # the first crawl without a kill may still meet what fails
            ended = self._crawl(stage, kill=kill)
            self.tally.restarts += 1
            if ended.killed:
                left -= 1
                if self.generator.random() < 0.25:
                    self.check("half")
            elif kill and ended.code in OK_CODES:
                left = 0  # it ended before its kill point: this stage is complete
            elif self.faults.calm and ended.code == 0:
                return
            attempts += not kill
            if attempts > MOST_ATTEMPTS:
                raise RoundError(
                    f"{MOST_ATTEMPTS} crawls after the last kill have not ended well: {ended.code} {ended.err[-500:]}"
                )
            self.progress(self.tally)

    def _with_writer(self, orders: dict[str, Any], *, at_random: bool) -> dict[str, Any]:
        """The orders of a victim of which a writer process writes what is new, and which dies at random, or by its writer."""
        draw = self.generator.random
        if at_random:
            return orders | {"groups": draw() < 0.5}
        if not self.first or draw() > 0.4:
            return orders
        kind, moment = self.generator.choice(sorted(GROUPED)), self.generator.choice(("inside", "after"))
        who = "writer" if draw() < 0.6 else "parent"
        step = str(drawn(self.generator, kind, moment))
        return {name: value for name, value in orders.items() if name != "step"} | {"writer": {"step": step, "who": who}}

    def _crawl(self, stage: Stage, *, kill: bool) -> ProcessEnd:
        orders, after, fresh = self.next_orders(kill=kill)
        if kill and "writer" in self.plan.faults and self.plan.place == "folder":
            orders = self._with_writer(orders, at_random=after is not None)
        self.faults.grow_disk(full=self._full)
        argv = ["crawl", *stage.outlets, *stage.options, "--archive", self.uri]
        with self.faults.around(stage.world) as env:
            ended = self.context.launcher.run(argv, SETTINGS | env, orders, after, fresh=fresh)
        self.last = f"{orders or 'a crawl without faults'}{f' killed after {after:.2f} s' if after else ''}"
        self.note(ended, orders, fresh=fresh, what="crawl")
        self._full = ended.code == 3
        return ended
