"""`make eval`: how well pages are read, against gold and beside other readers.

Without options: every reader that is installed, tables here, figures in bench-results/eval.json, a page to look at in
bench-results/eval.html. `--check` is the gate of `make check`: our reader alone against infra/eval/floors.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from infra.eval import floors
from infra.eval.gold import Gold, demo, recorded
from infra.eval.metrics import Score, by_group, by_site, scores
from infra.eval.mutation import degradation
from infra.eval.peers import peers
from infra.eval.reading import OURS
from infra.eval.shared_gold import SHARED, cases, layouts, seeds, sites
from infra.eval.table import comparison, faults, faults_of
from infra.eval.table import sites as table_of_sites
from infra.eval.webpage import webpage

RESULTS = Path("bench-results")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done · 1 a figure is below its floor · 2 wrong use."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--check", action="store_true", help="our reader alone; fails when a figure is below its floor")
    one.add_argument("--update", action="store_true", help="raises the floors to what is measured; refuses to lower one")
    one.add_argument("--pages", metavar="GROUP", help="our reader alone, page by page, the worst first: layouts, cases, sites, …")
    one.add_argument("--mutate", type=int, metavar="SEED", help="reads variations of our own pages, drawn from the seed")
    parser.add_argument("--floors", type=Path, default=floors.FLOORS, help="another file of floors")
    chosen = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 200)
    if chosen.mutate is not None:
        return _mutate(console, chosen.mutate)
    gold = gather(console)
    if chosen.pages is not None:
        return _pages(console, [each for each in gold if each.group == chosen.pages])
    found = scores(OURS, gold)
    if chosen.update:
        return _update(console, found, chosen.floors)
    if not chosen.check:
        _compare(console, gold, found)
    return _check(console, found, chosen.floors)


def gather(console: Console) -> list[Gold]:
    """All gold there is; what is absent is said."""
    beside = {"seeds": seeds, "sites": sites, "layouts": layouts, "cases": cases}
    gold = [*recorded(), *demo()]
    for name, collection in beside.items():
        found = list(collection())
        if not found:
            console.print(f"Skipped: {name}, there is no gold at {SHARED / 'gold'}", soft_wrap=True)
        gold += found
    return gold


def _pages(console: Console, gold: Sequence[Gold]) -> int:
    """One line a page: F1 (or whether a case holds), layout or reason, what went wrong."""
    for each in sorted(scores(OURS, gold), key=lambda one: one.figures.get("f1", one.figures.get("holds", 1.0))):
        value = each.figures.get("f1", each.figures.get("holds", each.figures.get("refused", 0.0)))
        faults = "; ".join(each.leaked if each.gold.expected else faults_of(each))
        how = each.reading.layout or each.reading.reason
        console.print(f"{value:.3f} {each.gold.site}/{each.gold.name} [{how}] {faults}", markup=False, soft_wrap=True)
    return 0


def _check(console: Console, found: Sequence[Score], file: Path) -> int:
    below = floors.complaints(floors.load(file), found)
    for line in below:
        console.print(line, style="red", markup=False, soft_wrap=True)
    if not below:
        console.print(f"{len(found)} pages read; no figure is below its floor", soft_wrap=True)
    return 1 if below else 0


def _update(console: Console, found: Sequence[Score], file: Path) -> int:
    try:
        new = floors.raised(floors.load(file), found)
    except floors.FloorError as error:
        console.print(f"{error}\nFloors are never lowered; {file} is as it was", style="red", markup=False, soft_wrap=True)
        return 1
    floors.save(new, file)
    console.print(f"Floors in {file}", soft_wrap=True)
    return 0


def _compare(console: Console, gold: Sequence[Gold], found: Sequence[Score]) -> None:
    others, versions, missing = peers()
    runs: dict[str, Sequence[Score]] = {OURS.name: found}
    for peer in others:
        console.print(f"reading with {peer.name} …", style="dim")
        runs[peer.name] = scores(peer, gold)
    for name in missing:
        console.print(f"Not installed, so not measured: {name} (make eval installs it)", style="yellow")
    console.print(comparison(runs), table_of_sites(found, OURS.name))
    if (table := faults(found)) is not None:
        console.print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "eval.json").write_text(_json(runs, versions, missing), encoding="utf-8")
    (RESULTS / "eval.html").write_text(webpage(runs, OURS.name, versions), encoding="utf-8")
    console.print(f"Kept in {RESULTS / 'eval.json'} and {RESULTS / 'eval.html'}")


def _json(runs: Mapping[str, Sequence[Score]], versions: Mapping[str, str], missing: Sequence[str]) -> str:
    readers = {
        name: {
            "groups": by_group(found),
            "sites": {f"{group}/{site}": figures for (group, site), figures in by_site(found).items()},
            "pages": {
                each.gold.key: {**each.figures, "leaked": each.leaked, "day_is": each.day, "minute_is": each.minute}
                | ({"reason": each.reading.reason} if each.reading.reason else {})
                for each in found
            },
        }
        for name, found in runs.items()
    }
    at = datetime.now(UTC).isoformat(timespec="seconds")
    result = {"at": at, "versions": versions, "not_installed": missing, "readers": readers}
    return json.dumps(result, ensure_ascii=False, indent=1) + "\n"


def _mutate(console: Console, seed: int) -> int:
    table, figures = degradation([*recorded(), *demo()], seed)
    console.print(table)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"mutations-{seed}.json"
    file.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.print(f"Kept in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
