"""Taking over a past: `warraq crawl --from` with one reader and with two, by what each process spends."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from infra.bench.crawling import crawl_command
from infra.bench.measure import Cost, cost
from infra.bench.rereading import fill


def taking_over(pages: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """Pages a second of whole commands, start included, and CPU milliseconds a page by process; medians of rounds in turn."""
    costs: dict[int, list[Cost]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        past = Path(folder) / "past"
        fill(str(past), pages, kilobytes)
        for number in range(rounds):
            for workers, found in costs.items():
                command = crawl_command(Path(folder) / f"archive-{number}-{workers}")
                found.append(cost([*command, "--from", str(past / "warc"), "--workers", str(workers)], os.environ))
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    figures: dict[str, object] = {"pages": pages, "kilobytes": kilobytes, "rounds": rounds, "load": load}
    for workers, found in costs.items():
        main = statistics.median(each.by_process["main"] for each in found)
        readers = statistics.median(each.children_cpu for each in found)
        figures[f"workers_{workers}_pages_per_second"] = round(statistics.median(pages / each.seconds for each in found), 1)
        figures[f"workers_{workers}_main_ms_a_page"] = round(main * 1000 / pages, 2)
        figures[f"workers_{workers}_readers_ms_a_page"] = round(readers * 1000 / pages, 2)
        figures[f"workers_{workers}_family_mb"] = round(max(each.family_mb for each in found), 1)
    one, two = (statistics.median(each.seconds for each in costs[workers]) for workers in (1, 2))
    return {**figures, "two_workers_to_one": round(one / two, 2)}
