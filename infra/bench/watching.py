"""What a watch costs while nothing happens, also for a week, and how soon an accepted event is kept and announced."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

from crawler.demo.running import Running, serve
from crawler.watch.http.events_in import submitted
from infra.bench.crawling import UNPACED, watch_command
from infra.bench.measure import cpu_of
from infra.testing.waiting import until
from infra.world.generated import Generated
from infra.world.worlds import World
from storage.queues import open_queue

POLL_SECONDS = 3.0
USUAL_POLLS = 6.0
"""Polls of an outlet in an hour, for the extrapolation: every ten minutes. The bounds are 30 (two minutes) and a sixth."""


def idle(seconds: float) -> dict[str, object]:
    """The demo's five outlets (two are dead and cost nothing), polled every 3 s so that a bounded run has many polls; and the
    same time without a poll. Hours are extrapolated at six polls an outlet.
    """
    with serve(World.miniature()) as world, tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with _watch(world, place, poll=POLL_SECONDS) as (process, facts):
            until(lambda: len(facts("work.finished")) >= 6)
            before, asked, polls = cpu_of(process), len(world.requests()), len(facts("work.finished"))
            objects = _objects(place)
            time.sleep(seconds)
            busy, asked_since, polls = (
                cpu_of(process) - before,
                len(world.requests()) - asked,
                len(facts("work.finished")) - polls,
            )
            memory = _memory(process)
            written = _objects(place) - objects
        with _watch(world, place, poll=3600.0) as (process, facts):
            until(lambda: len(facts("work.finished")) >= 3)
            before = cpu_of(process)
            time.sleep(seconds)
            resting = cpu_of(process) - before
    per_poll = (busy - resting) / polls
    hourly = 3 * USUAL_POLLS
    return {
        "polls_watched": polls,
        "requests_a_poll": round(asked_since / polls, 2),
        "objects_a_poll": written / polls,
        "cpu_ms_a_poll": round(1000 * per_poll, 1),
        "cpu_ms_a_second_at_rest": round(1000 * resting / seconds, 2),
        "cpu_seconds_an_hour": round(hourly * per_poll + 3600 * resting / seconds, 1),
        "requests_an_hour": round(hourly * asked_since / polls),
        "memory_mb_with_reader": round(memory),
    }


def latency(events: int) -> dict[str, object]:
    """One address at a time is put into the queue: seconds until it is kept and announced, less what the site took to answer."""
    crowd = Generated(events, 40, 1)
    with serve(World(generated_pages=crowd)) as world, tempfile.TemporaryDirectory() as name:
        place, urls = Path(name), [crowd.url(number) for number in range(events)]
        queue = open_queue(str(place / "q.sqlite"))
        taken: list[float] = []
        with _watch(world, place, "geiroon", poll=3600.0) as (_, facts):
            until(lambda: len(facts("watch.started")) >= 1)
            for number, url in enumerate(urls, 1):
                begun = time.time()
                queue.put_all(submitted([url], "urn:bench"))
                until(lambda number=number: len(facts("kept")) >= number)  # type: ignore[misc]
                seen = facts("kept")[number - 1]["seen"]
                taken.append(seen - begun)
                until(lambda number=number: len(facts("work.finished")) >= number)  # type: ignore[misc]
        queue.close()
    rest = taken[1:]  # the first one starts the reader
    return {
        "events": len(rest),
        "kept_and_announced_p50_s": round(median(rest), 3),
        "kept_and_announced_p95_s": round(quantiles(rest, n=20)[18], 3),
        "first_s": round(taken[0], 3),
    }


def week(polls: int) -> dict[str, object]:
    """As many polls without news as five outlets have in a week, in one process without a pause: its memory at the start (once
    a twentieth is done), in the middle and at the end, MiB, and how much it grew from then on, for each thousand polls.
    """
    with serve(World.miniature(), log=False) as world, tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with _watch(world, place, poll=0.01) as (process, _):
            seen = place / "facts-0.01.jsonl"
            own, family = list[tuple[int, float]](), list[float]()
            begun = time.monotonic()
            for mark in range(1, 21):
                done = _polled(seen, process, polls * mark // 20)
                own.append((done, process.memory_info().rss / 2**20))
                family.append(_memory(process))
            seconds = time.monotonic() - begun
        errors = seen.read_bytes().count(b'"fact":"work.failed"') + seen.read_bytes().count(b'"fact": "work.failed"')
    (first, least), (last, most) = own[len(own) // 2], own[-1]
    return {
        "polls": own[-1][0],
        "polls_that_failed": errors,
        "days_of_five_outlets": round(own[-1][0] / (5 * USUAL_POLLS * 24), 1),
        "seconds": round(seconds),
        "watch_mb_start_middle_end": " ".join(f"{own[at][1]:.1f}" for at in (0, len(own) // 2, -1)),
        "with_reader_mb_start_middle_end": " ".join(f"{family[at]:.1f}" for at in (0, len(own) // 2, -1)),
        "growth_kb_a_thousand_polls_second_half": round(1024 * (most - least) / (last - first) * 1000),
    }


def _polled(seen: Path, process: psutil.Process, count: int) -> int:
    """Waits until so many polls are done; how many are."""
    while True:
        done = seen.read_bytes().count(b'"work.finished"')
        if done >= count:
            return done
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError(f"the watch ended after {done} polls")
        time.sleep(0.5)


@contextmanager
def _watch(world: Running, place: Path, *outlets: str, poll: float) -> Iterator[tuple[psutil.Process, Any]]:
    """A watch, unpaced, and a way to ask for its facts by name."""
    env = {
        **os.environ,
        **UNPACED,
        **world.env(),
        "WARRAQ_CONCURRENCY": "8",
        "WARRAQ_READERS": "1",
        "WARRAQ_POLL_SHORTEST": str(poll),
        "WARRAQ_POLL_LONGEST": str(poll),
    }
    seen = place / f"facts-{poll:g}.jsonl"
    with seen.open("wb") as out:
        child = subprocess.Popen(watch_command(place, *outlets), env=env, stdout=out)

    def facts(name: str) -> list[dict[str, Any]]:
        now = time.time()
        found = [json.loads(line) for line in seen.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
        return [{**fact, "seen": now} for fact in found if fact["fact"] == name]

    try:
        yield psutil.Process(child.pid), facts
    finally:
        child.terminate()
        child.wait()


def _memory(process: psutil.Process) -> float:
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 2**20


def _objects(place: Path) -> int:
    return sum(1 for file in (place / "a").rglob("*") if file.is_file() and "state" not in file.relative_to(place / "a").parts)
