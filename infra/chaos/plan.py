"""What a round is to do, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

FAULTS: Final = ("kills", "random", "fresh", "s3", "disk", "clock", "network", "sites")


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
    """What a round is to do. steps: the kills at named steps that are to come first, in this order."""

    seed: int
    kills: int
    faults: frozenset[str]
    place: str = "folder"
    world: str = "crowd"
    pages: int = 30
    steps: tuple[tuple[str, str], ...] = ()

    @property
    def command(self) -> str:
        """What repeats this round."""
        named = f" --steps {','.join(':'.join(step) for step in self.steps)}" if self.steps else ""
        return (
            f"python -m infra.chaos --round {self.seed} --kills {self.kills} --archive {self.place} --world {self.world}"
            f" --pages {self.pages} --faults {','.join(sorted(self.faults)) or 'none'}{named}"
        )
