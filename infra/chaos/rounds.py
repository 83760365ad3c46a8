"""One round: an archive from nothing, crawled by processes that are killed over places that fail, then judged.

What a round does follows from its seed alone, as far as threads and clocks allow: the same seed gives the same plan.
"""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from crawler.demo.world import Running, serve
from infra.chaos import steps, worlds
from infra.chaos.bucket import NAME, Bucket
from infra.chaos.disk import Disk, disk
from infra.chaos.line import Line
from infra.chaos.nursery import Ended, Nursery
from infra.chaos.plan import Plan, Tally
from infra.chaos.worlds import BadMood, Chapter, Expected

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
FIRST_KB: Final = 150
MOST_ATTEMPTS: Final = 12
"""Crawls without a kill after which a chapter that has not ended well never will."""
OK_CODES: Final = frozenset({0, 1})


class RoundError(Exception):
    """The round cannot go on: what a process did that it must not do."""


class Workshop:
    """Where rounds are made, one after the other: a nursery, the worlds being served, a bucket. `close` when done."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._seed = folder, seed
        self.nursery = Nursery(folder)
        self._bucket: Bucket | None = None
        self._served: dict[int, Any] = {}

    def bucket(self) -> Bucket:
        """The S3 server, started when first wanted."""
        if self._bucket is None:
            self._bucket = Bucket(self._seed, rate=0.1, hang=3.0)
        return self._bucket

    def serving(self, chapter: Chapter) -> Running:
        """The chapter's world, served from its first use on."""
        if id(chapter) not in self._served:
            manager = serve(chapter.world, log=False)
            self._served[id(chapter)] = (chapter, manager, manager.__enter__())
        return self._served[id(chapter)][2]  # type: ignore[no-any-return]

    def close(self) -> None:
        """End everything."""
        self.nursery.close()
        for _, manager, _ in self._served.values():
            manager.__exit__(None, None, None)
        if self._bucket:
            self._bucket.close()


class Round:
    """One archive. `run` it once."""

    def __init__(self, workshop: Workshop, plan: Plan, told: Callable[[Tally], None] | None = None) -> None:
        self._shop, self._plan, self._told = workshop, plan, told or (lambda _: None)
        self._generator = random.Random(plan.seed)  # noqa: S311 - faults, no secrets
        self._folder = workshop.folder / f"round-{plan.seed}"
        self._named = sorted(plan.steps, key=lambda step: step[0] in steps.LATE)
        self._first, self._full, self._room = True, False, FIRST_KB
        self._last = "nothing"
        self._calm = False
        self._disk: Disk | None = None
        self.tally = Tally(rounds=1)

    def run(self) -> Tally:
        """The tally. A round that fails leaves its archive where its complaint says, and every other nothing."""
        chapters, expected = worlds.miniature() if self._plan.world == "miniature" else worlds.crowd(self._plan.pages)
        self._folder.mkdir()
        with self._place() as uri:
            before = self._shop.bucket().faults() if self._plan.place == "s3" else Counter()
            try:
                for n, chapter in enumerate(chapters):
                    self._first = n == 0
                    left = self._plan.kills - self.tally.kills
                    self._chapter(uri, chapter, kills=round(0.7 * left) if n + 1 < len(chapters) else left)
                if "clock" in self._plan.faults:  # what is seen while the clock is behind is taken for an older capture
                    expected = Expected(expected.texts)
                self._judge("whole", uri, expected)
            except RoundError as failure:
                self._complain(str(failure))
            if self._plan.place == "s3":
                self.tally.faults.update({f"s3 {name}": n for name, n in (self._shop.bucket().faults() - before).items()})
        if not self.tally.complaints:
            shutil.rmtree(self._folder)
        return self.tally

    @contextmanager
    def _place(self) -> Iterator[str]:
        if self._plan.place == "s3":
            yield f"s3://{NAME}/{self._plan.seed}"
        elif "disk" in self._plan.faults:
            with disk(self._folder / "disk", FIRST_KB) as self._disk:
                yield str(self._folder / "disk" / "archive")
        else:
            yield str(self._folder / "archive")

    def _chapter(self, uri: str, chapter: Chapter, kills: int) -> None:
        """Crawl until a crawl that nobody disturbed has ended."""
        left, attempts = kills, 0
        while True:
            kill = left > 0
            self._calm = not kill and attempts > 0  # the first crawl without a kill may still meet what fails
            ended = self._crawl(uri, chapter, kill=kill)
            self.tally.restarts += 1
            if ended.killed:
                left -= 1
                if self._generator.random() < 0.25:
                    self._judge("half", uri)
            elif kill and ended.code in OK_CODES:
                left = 0  # what it was to die of did not come to pass: this chapter has been read
            elif self._calm and ended.code == 0:
                return
            attempts += not kill
            if attempts > MOST_ATTEMPTS:
                raise RoundError(
                    f"{MOST_ATTEMPTS} crawls after the last kill have not ended well: {ended.code} {ended.err[-500:]}"
                )
            self._told(self.tally)

    def _crawl(self, uri: str, chapter: Chapter, *, kill: bool) -> Ended:
        orders, after, fresh = self._orders(kill=kill)
        self._mend_disk()
        running = self._shop.serving(self._moody(chapter))
        env = {**SETTINGS, **running.env()}
        if self._plan.place == "s3":
            faulty = "s3" in self._plan.faults and not self._calm
            env |= self._shop.bucket().faulty_env if faulty else self._shop.bucket().env
        argv = ["crawl", *chapter.outlets, *chapter.options, "--archive", uri]
        with self._cut(running) as instead:
            env |= instead
            ended = self._shop.nursery.run(argv, env, orders, after, fresh=fresh)
        self._last = f"{orders or 'a crawl without faults'}{f' killed after {after:.2f} s' if after else ''}"
        self._note(ended, orders, fresh=fresh)
        self._full = ended.code == 3
        self.tally.faults["disk"] += self._full and self._disk is not None and self._disk.mounted
        return ended

    def _orders(self, *, kill: bool) -> tuple[dict[str, Any], float | None, bool]:
        """What the next victim is told; when it is killed from outside; whether it starts from nothing."""
        orders: dict[str, Any] = {}
        after, draw = None, self._generator.random
        fresh = "fresh" in self._plan.faults and kill and draw() < 0.04
        if kill and self._named and draw() < 0.7:
            orders["step"] = str(self._next_step())
        elif kill and "random" in self._plan.faults and draw() < 0.3:
            after = self._generator.uniform(0.05, 8.0 if fresh else 2.0)
        elif kill and "kills" in self._plan.faults:
            orders["step"] = str(self._next_step())
        if "clock" in self._plan.faults and not self._calm:
            orders["hours"] = [self._generator.uniform(-30, 30)]
            if draw() < 0.5:
                orders["hours"].append([self._generator.randint(2, 60), self._generator.uniform(-30, 30)])
            self.tally.faults["clock"] += 1
        if self._plan.place == "s3":
            orders["timeout"] = 2.0
        if self._disk is not None and not self._disk.mounted and not self._calm and draw() < 0.5:
            orders["file_bytes"] = self._generator.randint(400, 40_000)
            self.tally.faults["disk"] += 1
        return orders, after, fresh

    def _next_step(self) -> steps.Step:
        """The next of the plan that this chapter can reach, else any: a page that is known already makes no article."""
        reachable = [step for step in self._named if self._first or step[0] not in steps.NEW]
        if reachable:
            self._named.remove(reachable[0])
        else:
            every = [step for step in steps.every_step() if self._first or step[0] not in steps.NEW]
            reachable = [self._generator.choice(every)]
        kind, moment = reachable[0]
        return steps.drawn(self._generator, kind, moment, first=self._first)

    def _moody(self, chapter: Chapter) -> Chapter:
        if "sites" not in self._plan.faults or self._calm:
            return chapter
        self.tally.faults["sites"] += 1
        return _in_bad_mood(chapter)

    @contextmanager
    def _cut(self, running: Running) -> Iterator[dict[str, str]]:
        """A web that goes away while the crawl runs and comes back; gives the environment that leads there."""
        if "network" not in self._plan.faults or self._calm:
            yield {}
            return
        line = Line(running.port)
        cut = threading.Timer(self._generator.uniform(0.2, 1.2), line.cut)
        mend = threading.Timer(cut.interval + self._generator.uniform(0.2, 1.5), line.mend)
        url = f"http://127.0.0.1:{line.port}"
        for timer in (cut, mend):
            timer.start()
        try:
            yield {"http_proxy": url, "https_proxy": url}
        finally:
            for timer in (cut, mend):
                timer.cancel()
                timer.join()
            line.close()
            self.tally.faults["network"] += 1

    def _note(self, ended: Ended, orders: dict[str, Any], *, fresh: bool) -> None:
        if ended.hung:
            raise RoundError("the crawl hangs")
        if ended.killed:
            self.tally.kills += 1
            name = orders["step"].rpartition(":")[0] if orders.get("step") else "at random"
            self.tally.steps[f"{name}, from nothing" if fresh else name] += 1
        elif ended.code not in OK_CODES and not self._excused(ended):
            raise RoundError(f"the crawl ended with code {ended.code}: {ended.err[-1500:]}")
        if "Traceback" in ended.err and not ended.killed:
            raise RoundError(f"a traceback: {ended.err[-1500:]}")
        for note in ended.notes:
            if "recovered" in note:
                self.tally.recovered_runs += note["recovered"]
                self.tally.recovered_urls += note["urls"]
                self.tally.recoveries.append(note["seconds"])

    def _excused(self, ended: Ended) -> bool:
        """The archive could not be used, and that was said in one line, where something was done to it."""
        lines = [line for line in ended.err.splitlines() if "is silent: " not in line]
        return ended.code == 3 and len(lines) == 1 and not self._calm and bool(self._plan.faults & {"s3", "disk"})

    def _mend_disk(self) -> None:
        """Room for some more, when there was none."""
        if self._disk is not None and self._disk.mounted and (self._full or self._calm):
            self._room = 40_000 if self._calm else self._room + self._generator.randint(50, 400)
            self._disk.resize(self._room)

    def _judge(self, kind: str, uri: str, expected: Expected | None = None) -> None:
        cursor = str(self._folder / "cursor.json")
        arguments = ["judge", kind, uri]
        if expected is not None:
            file = self._folder / "expected.json"
            file.write_text(expected.dump(), "utf-8")
            arguments.append(str(file))
        env = self._shop.bucket().env if self._plan.place == "s3" else {}
        ended = self._shop.nursery.run([*arguments, cursor], env, {})
        if ended.code != 0:
            if kind == "half" and "no archive here" in ended.err:
                return
            raise RoundError(f"it cannot be judged: {ended.err[-1500:]}")
        for complaint in json.loads(ended.out):
            self._complain(complaint)

    def _complain(self, complaint: str) -> None:
        told = {"complaint": complaint, "after": self._last, "archive": str(self._folder), "repeat": self._plan.command}
        self.tally.complaints.append(told)


_MOODS: dict[int, Chapter] = {}


def _in_bad_mood(chapter: Chapter) -> Chapter:
    if id(chapter) not in _MOODS:
        _MOODS[id(chapter)] = Chapter(BadMood.of(chapter.world, seed=1, rate=0.15), chapter.outlets, chapter.options)
    return _MOODS[id(chapter)]
