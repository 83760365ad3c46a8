"""`make bench`: every figure that the project claims, against a peer in the same run. `--quick` for a look, `--only NAME`."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from infra.bench import (
    commands,
    crawling,
    edit_week,
    fixity,
    history,
    hostile,
    queues,
    quiet,
    reading,
    requests,
    rereading,
    scale,
    scale_bucket,
    sealing,
    searching,
    serving,
    tables,
    taking_over,
    warc,
    watching,
    whole_crawl,
    workers,
)
from infra.world.hostile_documents import HOSTILE

RESULTS = Path("bench-results")


def main() -> None:
    """Runs the benches, prints a table for each, and leaves the figures in bench-results/."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, not a measurement")
    parser.add_argument("--only", choices=tuple(_benches(quick=True)), help="one of them")
    parser.add_argument("--big", action="store_true", help="scale, memory, commands: 100,000 articles too (minutes)")
    parser.add_argument("--cost", action="store_true", help="scale: what the requests of a month cost, in dollars")
    chosen = parser.parse_args()
    console = Console()
    results: dict[str, object] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
    for name, bench in _benches(quick=chosen.quick, big=chosen.big, cost=chosen.cost).items():
        if chosen.only in (None, name):
            figures = results[name] = bench()
            table = Table("figure", "value", title=name, box=box.SIMPLE_HEAD, title_justify="left")
            for figure, value in figures.items():
                table.add_row(figure.replace("_", " "), str(value))
            console.print(table)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    file.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.print(f"Kept in {file}")


def _benches(*, quick: bool, big: bool = False, cost: bool = False) -> dict[str, Callable[[], dict[str, object]]]:
    """By name, each ready to run."""
    return {
        "crawl": lambda: crawling.speed(articles=200 if quick else 5_000, kilobytes=160, rounds=1 if quick else 5),
        "reading": lambda: reading.reading(pages=20 if quick else 100, kilobytes=160, rounds=1 if quick else 3),
        "requests": lambda: {
            **requests.requests(20 if quick else 100),
            **requests.rate(40 if quick else 200, (1, 8, 32)),
        },
        "warc": lambda: warc.warc(pages=100 if quick else 1_000, kilobytes=160, rounds=1 if quick else 3),
        "from": lambda: taking_over.taking_over(pages=200 if quick else 1_000, kilobytes=160, rounds=1 if quick else 3),
        "reread": lambda: rereading.rereading(pages=200 if quick else 2_000, kilobytes=160, rounds=1 if quick else 3),
        "memory": lambda: crawling.memory((200, 400) if quick else (10_000, 100_000) if big else (2_500, 10_000), kilobytes=20),
        "commands": lambda: commands.commands((400, 1_200) if quick else (10_000, 100_000) if big else (2_000, 10_000)),
        "history": lambda: history.takeover(articles=300 if quick else 10_000, kilobytes=40),
        "fixity": lambda: fixity.fixity(articles=200 if quick else 2_000, kilobytes=40, rounds=1 if quick else 3),
        "hostile": lambda: hostile.hostile(("wp-json",) if quick else tuple(HOSTILE)),
        "quiet": lambda: {**({} if quick else quiet.polls()), **edit_week.edits(days=2 if quick else 7)},
        "seals": lambda: sealing.sealing(1_000 if quick else 25_000),
        "search": lambda: searching.searching(1_000 if quick else 100_000),
        "tables": lambda: tables.tables(1_000 if quick else 100_000),
        "serve": lambda: serving.serving(1_000 if quick else 100_000),
        "watch": lambda: {**watching.idle(20.0 if quick else 60.0), **watching.latency(20 if quick else 100)},
        "workers": lambda: {
            **workers.throughput(each=50 if quick else 400, rounds=1 if quick else 3),
            **workers.small_machines(each=30 if quick else 150),
        },
        "week": lambda: watching.week(polls=200 if quick else 5_040),
        "scale": lambda: {
            **scale.scale((500, 2_000) if quick else (1_000, 10_000, *((100_000,) if big else ())), cost=cost),
            **whole_crawl.whole_crawl(300 if quick else 3_000),
            **scale_bucket.through_moto(),
            **scale_bucket.export_of_some_days(),
        },
        "queues": lambda: queues.queues(400 if quick else 4_000, 80 if quick else 400, rounds=1 if quick else 3),
    }


if __name__ == "__main__":
    main()
