"""The figures that reading may not fall below, floors.json: group by group, figure by figure, in the repository.

A floor is raised by `--update` and never lowered by it. Who must lower one (new gold that is harder than the old) edits the file
by hand, where a reviewer sees it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.eval.metrics import Score, by_group

FLOORS = Path(__file__).with_name("floors.json")
OWN = frozenset({"recorded", "demo"})  # gold that is always there
DECIMALS = 4
NAMED = 5  # pages named in a complaint

Figures = Mapping[str, Mapping[str, float]]


class FloorError(Exception):
    """A floor would have to be lowered; the message has a line for each."""


def load(file: Path = FLOORS) -> dict[str, dict[str, float]]:
    """Floors by group and figure; none yet: empty."""
    floors: dict[str, dict[str, float]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return floors


def complaints(floors: Figures, scores: Iterable[Score]) -> list[str]:
    """One line for each figure below its floor, with the pages that miss most; none: the gate is passed.

    Groups of gold that lie beside the repository may be absent; our own may not.
    """
    known = list(scores)
    measured = by_group(known)
    if not floors:
        return ["there are no floors: write them with --update"]
    found = [f"{group}: no gold found, its floors say nothing" for group in sorted(OWN & set(floors)) if group not in measured]
    for group, figures in floors.items():
        for name, floor in figures.items():
            value = measured.get(group, {}).get(name)
            if value is not None and value < floor - 1e-9:
                found.append(f"{group}: {name} {_down(value, 6)} is below its floor {floor}: {_worst(known, group, name)}")
            elif value is None and group in measured:
                found.append(f"{group}: {name} has a floor of {floor} and no page that states it")
    return found


def raised(floors: Figures, scores: Iterable[Score]) -> dict[str, dict[str, float]]:
    """The floors, each at what is measured now. Raises FloorError if one would sink; groups that are absent keep theirs."""
    known = list(scores)
    if floors and (sunk := complaints(floors, known)):
        raise FloorError("\n".join(sunk))
    new = {group: dict(figures) for group, figures in floors.items()}
    for group, figures in by_group(known).items():
        kept = new.setdefault(group, {})
        for name, value in figures.items():
            kept[name] = max(kept.get(name, 0.0), _down(value, DECIMALS))
    return new


def save(floors: Figures, file: Path = FLOORS) -> None:
    """Writes them, a figure a line."""
    file.write_text(json.dumps(floors, indent=1) + "\n", encoding="utf-8")


def _down(value: float, decimals: int) -> float:
    """Rounded down, so that the value itself is never below what was made of it."""
    scale: int = 10**decimals
    return math.floor(value * scale + 1e-9) / scale


def _worst(scores: Iterable[Score], group: str, name: str) -> str:
    missed = [(each.figures[name], each) for each in scores if each.gold.group == group and each.figures.get(name, 1.0) < 1.0]
    missed.sort(key=lambda pair: pair[0])
    named = [f"{each.gold.key} ({_down(value, 3):g}{_why(each, name)})" for value, each in missed[:NAMED]]
    more = len(missed) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _why(score: Score, name: str) -> str:
    if score.reading.reason and not score.gold.refusal:
        return f", {score.reading.reason}"
    return f": «{score.leaked[0]}»" if name == "clean" and score.leaked else ""
