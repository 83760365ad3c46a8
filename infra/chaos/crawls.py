"""A round of `warraq crawl`: a chapter is crawled by one process after the other, until one that nobody disturbed has ended."""

from __future__ import annotations

from infra.chaos.launcher import ProcessEnd
from infra.chaos.rounds import MOST_ATTEMPTS, OK_CODES, SETTINGS, Round, RoundError
from infra.chaos.scenarios import Chapter


class CrawlRound(Round):
    """See the module."""

    _full = False

    def chapter(self, chapter: Chapter, kills: int) -> None:
        left, attempts = kills, 0
        while True:
            kill = left > 0
            self.troubles.calm = not kill and attempts > 0  # the first crawl without a kill may still meet what fails
            ended = self._crawl(chapter, kill=kill)
            self.tally.restarts += 1
            if ended.killed:
                left -= 1
                if self.generator.random() < 0.25:
                    self.judge("half")
            elif kill and ended.code in OK_CODES:
                left = 0  # what it was to die of did not come to pass: this chapter has been read
            elif self.troubles.calm and ended.code == 0:
                return
            attempts += not kill
            if attempts > MOST_ATTEMPTS:
                raise RoundError(
                    f"{MOST_ATTEMPTS} crawls after the last kill have not ended well: {ended.code} {ended.err[-500:]}"
                )
            self.told(self.tally)

    def _crawl(self, chapter: Chapter, *, kill: bool) -> ProcessEnd:
        orders, after, fresh = self.ill(kill=kill)
        self.troubles.grow_disk(full=self._full)
        argv = ["crawl", *chapter.outlets, *chapter.options, "--archive", self.uri]
        with self.troubles.around(chapter.world) as env:
            ended = self.shop.nursery.run(argv, SETTINGS | env, orders, after, fresh=fresh)
        self.last = f"{orders or 'a crawl without faults'}{f' killed after {after:.2f} s' if after else ''}"
        self.note(ended, orders, fresh=fresh, what="crawl")
        self._full = ended.code == 3
        return ended
