"""A round of `warraq crawl`: a stage is crawled by one process after the other, until one ends well that was not disturbed."""

from __future__ import annotations

from infra.chaos.launcher import ProcessEnd
from infra.chaos.rounds import MOST_ATTEMPTS, OK_CODES, SETTINGS, Round, RoundError
from infra.chaos.scenarios import Stage


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

    def _crawl(self, stage: Stage, *, kill: bool) -> ProcessEnd:
        orders, after, fresh = self.next_orders(kill=kill)
        self.faults.grow_disk(full=self._full)
        argv = ["crawl", *stage.outlets, *stage.options, "--archive", self.uri]
        with self.faults.around(stage.world) as env:
            ended = self.context.launcher.run(argv, SETTINGS | env, orders, after, fresh=fresh)
        self.last = f"{orders or 'a crawl without faults'}{f' killed after {after:.2f} s' if after else ''}"
        self.note(ended, orders, fresh=fresh, what="crawl")
        self._full = ended.code == 3
        return ended
