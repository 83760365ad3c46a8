"""What a round is to do, and what came of it."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from infra.chaos.steps import every_step

FAULTS: Final = {
    "kills": "SIGKILL at named steps",
    "random": "SIGKILL at random moments",
    "writer": "SIGKILL to the process that writes groups of new articles, or from it to its parent, at named steps",
    "fresh": "some of the victims start from nothing, with all their processes",
    "stop": "a watch is asked to stop (SIGTERM) amid its work",
    "s3": "S3 answers 500, 503, 409, not in time, not at all, or the answer to a write that was done is lost",
    "disk": "the disk is full",
    "clock": "the clock is wrong, and is set while it runs",
    "network": "the web goes away and comes back",
    "sites": "sites answer 429, 503 with Retry-After and 500, truncate, reset, drip",
    "sink": "the receiver of webhooks answers 503 or hangs up",
    "queue": "the queue's file is damaged: bytes flipped, pages of zeros, cut off",
}
"""Each fault that there is, and what it does."""
DESTRUCTIVE: Final = frozenset({"kills", "random", "writer", "fresh", "stop"})
_OTHERS: Final = {"crawl": ("disk", "clock", "network", "sites"), "watch": ("queue", "clock", "network", "disk", "sites", "sink")}
KILLS_A_ROUND: Final = 10


@dataclass(slots=True)
class Tally:
    """What happened. steps: kills by step; recoveries: seconds that `Archive.begin` took to complete killed runs."""

    kills: int = 0
    restarts: int = 0
    rounds: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    recovered_urls: int = 0
    recovered_runs: int = 0
    recoveries: list[float] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in another's."""
        for name in ("kills", "restarts", "rounds", "recovered_urls", "recovered_runs"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.steps.update(other.steps)
        self.faults.update(other.faults)
        self.recoveries += other.recoveries
        self.complaints += other.complaints


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round is to do. command: what is killed, crawl or watch; steps: the kills at named steps that are to come first, in
    this order.
    """

    seed: int
    kills: int
    faults: frozenset[str]
    command: str = "crawl"
    place: str = "folder"
    world: str = "crowd"
    pages: int = 30
    steps: tuple[tuple[str, str], ...] = ()

    @property
    def repeat(self) -> str:
        """The command that repeats this round."""
        named = f" --steps {','.join(':'.join(step) for step in self.steps)}" if self.steps else ""
        return (
            f"python -m infra.chaos --round {self.seed} --command {self.command} --kills {self.kills} --archive {self.place}"
            f" --world {self.world} --pages {self.pages} --faults {','.join(sorted(self.faults)) or 'none'}{named}"
        )


@dataclass(frozen=True, slots=True)
class RoundOptions:
    """What rounds may be made of. `both`: by turns."""

    seed: int
    kills: int
    faults: frozenset[str]
    command: str = "both"
    place: str = "both"
    world: str = "both"
    kills_a_round: int = KILLS_A_ROUND

    def plans(self) -> Iterator[Plan]:
        """Rounds without end. The named steps are dealt out so that all of them come by turns."""
        decks = {command: _deck(self.seed, command) for command in _OTHERS}
        for n in itertools.count():
            command = ("watch", "crawl")[n % 2] if self.command == "both" else self.command
            turn = n // 2 if self.command == "both" else n
            place = ("s3" if turn % 10 == 4 else "folder") if self.place == "both" else self.place  # S3 is ten times as slow
            mixed = "miniature" if turn % 4 == 2 and place == "folder" else "crowd"
            dealt = round(self.kills_a_round * 0.6) if "kills" in self.faults else 0
            yield Plan(
                seed=self.seed * 100_000 + n,
                kills=min(self.kills_a_round, self.kills) if self.faults & DESTRUCTIVE else 0,
                faults=(self.faults & DESTRUCTIVE) | self._others(command, place, turn),
                command=command,
                place=place,
                world=mixed if self.world == "both" else self.world,
                pages=12 if place == "s3" else 30,
                steps=tuple(itertools.islice(decks[command], dealt)),
            )

    def _others(self, command: str, place: str, turn: int) -> frozenset[str]:
        """Every other round has kills only: what fails then is not excused by anything else."""
        extra = frozenset({"s3"} & self.faults) if place == "s3" else frozenset[str]()
        others = [fault for fault in _OTHERS[command] if fault in self.faults and (fault, place) != ("disk", "s3")]
        return extra | {others[turn // 2 % len(others)]} if others and turn % 2 else extra


def _deck(seed: int, command: str) -> Iterator[tuple[str, str]]:
    generator = random.Random(f"{seed} {command}")  # noqa: S311 - faults, no secrets
    while True:
        fresh = every_step(command)
        generator.shuffle(fresh)
        yield from fresh
