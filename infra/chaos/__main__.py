"""`make chaos`: crawls that are killed, over places that fail, until so many kills are done; then what is wrong, if anything.

Exit code 0: nothing was lost, nothing stands twice. 1: something is; each complaint comes with the command that repeats it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from infra.chaos.context import ChaosContext
from infra.chaos.crawls import CrawlRound
from infra.chaos.plan import FAULTS, KILLS_A_ROUND, Plan, RoundOptions, Tally
from infra.chaos.rounds import Round
from infra.chaos.watches import WatchRound

ROUNDS: Final[dict[str, type[Round]]] = {"crawl": CrawlRound, "watch": WatchRound}


class Runner:
    """Rounds at once in as many threads, each with processes of its own."""

    def __init__(self, folder: Path, kills: int, seconds: float | None, *, quiet: bool) -> None:
        self._folder, self._kills, self._quiet = folder, kills, quiet
        self._until = time.monotonic() + seconds if seconds else None
        self._lock = threading.Lock()
        self._under_way: dict[int, int] = {}
        self._done: dict[int, int] = {}
        self._shown = 0.0
        self.began = time.monotonic()
        self.tally = Tally()

    def run(self, planned: Iterator[Plan], jobs: int, rounds: int | None) -> Tally:
        """Until the kills are done, or the rounds, or the time."""
        source = itertools.islice(planned, rounds)
        with ThreadPoolExecutor(jobs) as pool:
            for worker in [pool.submit(self._work, n, source) for n in range(jobs)]:
                worker.result()
        return self.tally

    def _work(self, number: int, source: Iterator[Plan]) -> None:
        folder = self._folder / str(number)
        folder.mkdir()
        context = ChaosContext(folder, seed=number)
        try:
            while (plan := self._next(number, source)) is not None:
                tally = ROUNDS[plan.command](context, plan, lambda tally: self._show(number, tally)).run()
                with self._lock:
                    self.tally.add(tally)
                    self._under_way[number] = self._done[number] = 0
                    for complaint in tally.complaints:
                        sys.stderr.write(f"\n{complaint['complaint']}\n  after: {complaint['after']}\n  {complaint['repeat']}\n")
        finally:
            context.close()

    def _next(self, number: int, source: Iterator[Plan]) -> Plan | None:
        with self._lock:
            done = self.tally.kills + sum(self._under_way.values())
            late = self._until is not None and time.monotonic() > self._until
            if late or (self._kills and done >= self._kills):
                return None
            plan = next(source, None)
            self._under_way[number] = plan.kills if plan else 0
            return plan

    def _show(self, number: int, tally: Tally) -> None:
        self._done[number] = tally.kills
        if self._quiet or time.monotonic() - self._shown < 2:
            return
        self._shown = time.monotonic()
        done, spent = self.tally.kills + sum(self._done.values()), time.monotonic() - self.began
        sys.stderr.write(
            f"\r{done}/{self._kills} kills, {self.tally.rounds} rounds, {spent:.0f} s, {len(self.tally.complaints)} complaints  "
        )
        sys.stderr.flush()


def summary(tally: Tally, seconds: float, seed: int) -> dict[str, object]:
    """The figures as JSON has them."""
    found = sorted(tally.recoveries)
    return {
        "seed": seed,
        "seconds": round(seconds, 1),
        "kills": tally.kills,
        "rounds": tally.rounds,
        "restarts": tally.restarts,
        "recovered_runs": tally.recovered_runs,
        "recovered_urls": tally.recovered_urls,
        "recovery_seconds_median": round(statistics.median(found), 4) if found else None,
        "recovery_seconds_p95": round(found[int(len(found) * 0.95)], 4) if found else None,
        "kills_by_step": dict(sorted(tally.steps.items())),
        "faults": {name: number for name, number in sorted(tally.faults.items()) if number},
        "complaints": tally.complaints,
    }


def _print(figures: dict[str, object]) -> None:
    table = Table("what", "how many", title="chaos", box=box.SIMPLE_HEAD, title_justify="left")
    for name, value in figures.items():
        if isinstance(value, dict):
            for inner, number in value.items():
                table.add_row(f"{name.replace('_', ' ')}: {inner}", str(number))
        else:
            table.add_row(name.replace("_", " "), str(len(value) if isinstance(value, list) else value))
    Console().print(table)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m infra.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="kills to be done (1000)")
    parser.add_argument("--seed", type=int, default=1, help="another one gives other kills and faults")
    parser.add_argument("--faults", default=",".join(FAULTS), help=f"some of {', '.join(FAULTS)}; or none")
    parser.add_argument("--command", choices=("crawl", "watch", "both"), default="both", help="what is killed")
    parser.add_argument("--archive", choices=("folder", "s3", "both"), default="both")
    parser.add_argument("--world", choices=("crowd", "miniature", "both"), default="both")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at once")
    parser.add_argument("--kills-a-round", type=int, default=KILLS_A_ROUND)
    parser.add_argument("--rounds", type=int, help="at most so many")
    parser.add_argument("--seconds", type=float, help="begin no round after so many seconds")
    parser.add_argument("--pages", type=int, help="of the crowd, with --round")
    parser.add_argument("--steps", default="", help="with --round: its first kills, kind:moment by comma")
    parser.add_argument("--round", type=int, help="only the round of this seed, as a complaint names it")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on stdout, no progress")
    chosen = parser.parse_args()
    faults = frozenset(chosen.faults.split(",")) - {"none", ""}
    if unknown := faults - FAULTS.keys():
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    wanted = RoundOptions(chosen.seed, chosen.kills, faults, chosen.command, chosen.archive, chosen.world, chosen.kills_a_round)
    planned = wanted.plans()
    if chosen.round is not None:
        steps = tuple(tuple(step.split(":")) for step in chosen.steps.split(",") if step)
        command = "watch" if chosen.command == "watch" else "crawl"
        place = "s3" if chosen.archive == "s3" else "folder"
        world = "miniature" if chosen.world == "miniature" else "crowd"
        planned = iter([Plan(chosen.round, chosen.kills, faults, command, place, world, chosen.pages or 30, steps)])
    folder = Path(tempfile.mkdtemp(prefix="warraq-chaos-"))
    runner = Runner(folder, chosen.kills if chosen.round is None else 0, chosen.seconds, quiet=chosen.json)
    tally = runner.run(planned, 1 if chosen.round is not None else chosen.jobs, chosen.rounds)
    figures = summary(tally, time.monotonic() - runner.began, chosen.seed)
    if chosen.json:
        sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write("\n")
        _print(figures)
    if not tally.complaints:
        shutil.rmtree(folder)
    return 1 if tally.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
