"""Articles a second of one, two and four watches on one queue, over an unpaced world of three outlets.

An outlet is worked by one worker at a time, so three of four have work. Site, queue and workers share the machine's cores:
CPU time an article, which the sharing hardly changes, stands beside the rate. On two cores one worker, its reader and the site
leave nothing to a second one, so the same is also measured with a quarter of a core for each worker: small machines.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil

from crawler.demo.running import Running, serve
from crawler.demo.story import DemoStory, StoryBlock, stories
from crawler.watch.http.events_in import submitted
from infra.bench.crawling import UNPACED, watch_command
from infra.bench.measure import cpu_of
from infra.bench.quota import NoQuotaError, of_a_core
from infra.testing.waiting import until
from infra.world.worlds import World
from storage import open_archive
from storage.queues import Queue, open_queue

MOST_SECONDS = 600.0
"""After which a round is given up."""
LIVING = ("al_jazeera", "baladi_news", "enab_baladi")
TEXT = ("paragraph", "subhead", "items", "quote")
WARM_UP = 10
"""Articles of each outlet before the clock starts: the readers have begun by then."""


def throughput(each: int, rounds: int, counts: tuple[int, ...] = (1, 2, 4)) -> dict[str, object]:
    """Medians of the rounds, interleaved. each: articles of an outlet, whose addresses are put into the queue at once."""
    world = crowd(each + WARM_UP)
    rates: dict[int, list[float]] = {count: [] for count in counts}
    costs: dict[int, list[float]] = {count: [] for count in counts}
    with serve(world, log=False) as running:
        for _ in range(rounds):
            for count in counts:
                seconds, cpu = _round(world, running, count)
                rates[count].append(len(LIVING) * each / seconds)
                costs[count].append(1000 * cpu / (len(LIVING) * each))
    figures: dict[str, object] = {
        "articles": len(LIVING) * each,
        "outlets": len(LIVING),
        "rounds": rounds,
        "cores": os.cpu_count(),
    }
    for count in counts:
        rate = statistics.median(rates[count])
        figures[f"articles_per_second_{count}_workers"] = round(rate, 1)
        figures[f"ratio_to_one_{count}_workers"] = round(rate / statistics.median(rates[counts[0]]), 2)
        figures[f"cpu_ms_an_article_{count}_workers"] = round(statistics.median(costs[count]), 1)
    return figures


def small_machines(each: int, share: float = 0.25, counts: tuple[int, ...] = (1, 2, 3)) -> dict[str, object]:
    """The same once, with so much of a core for each worker and its reader."""
    world = crowd(each + WARM_UP)
    rates = list[float]()
    try:
        with serve(world, log=False) as running:
            rates = [len(LIVING) * each / _round(world, running, count, share)[0] for count in counts]
    except NoQuotaError as error:
        return {"small_machines": f"not measured: {error}"}
    return {
        f"articles_per_second_{count}_workers_of_{share:g}_cores": f"{rate:.1f}, {rate / rates[0]:.2f} times one"
        for count, rate in zip(counts, rates, strict=True)
    }


def crowd(each: int) -> World:
    """So many articles of each living outlet, which no document names."""
    return World([_other(_like(outlet), number) for outlet in LIVING for number in range(each)])


def _like(outlet: str) -> DemoStory:
    """An article of usual length."""
    usual = [
        story for story in stories(outlet) if story.kind == "article" and not (story.refused or story.duplicate_of or story.more)
    ]
    return max(usual, key=lambda story: len(story.blocks))


def _other(like: DemoStory, number: int) -> DemoStory:
    """The same article with other words, at an address of its own."""
    blocks = (
        StoryBlock(block.kind, tuple(f"{line} {number}" for line in block.lines)) for block in like.blocks if block.kind in TEXT
    )
    return replace(
        like,
        id=str(900_000 + number),
        slug=f"{number}",
        headline=f"{like.headline} {number}",
        published=like.published - timedelta(minutes=number),
        modified=None,
        blocks=tuple(blocks),
        offered=frozenset(),
        related=(),
    )


def _round(world: World, running: Running, count: int, share: float | None = None) -> tuple[float, float]:
    """Seconds from the first address put to the last acknowledged, and CPU seconds of the workers and their readers.

    share: of a core, for each worker and its reader; None: all that there is.
    """
    urls = [world.url(story) for story in world.stories]
    early = [url for number, url in enumerate(urls) if number % (len(urls) // len(LIVING)) < WARM_UP]
    with tempfile.TemporaryDirectory() as name, ExitStack() as started:
        place, queue = Path(name), open_queue(f"{name}/q.sqlite")
        workers = list[psutil.Process]()
        for number in range(count):
            group = started.enter_context(of_a_core(share)) if share is not None else None
            workers.append(psutil.Process(started.enter_context(_worker(running, place, number)).pid))
            if group is not None:
                group.write_text(str(workers[-1].pid))  # its children will be born there
        files = [place / f"facts-{number}.jsonl" for number in range(count)]
        until(lambda: all(b"watch.started" in file.read_bytes() for file in files), seconds=MOST_SECONDS)
        _until_done(queue, early)
        before = cpu_of(*workers)
        begun = time.monotonic()
        _until_done(queue, sorted({*urls} - {*early}))
        seconds, cpu = time.monotonic() - begun, cpu_of(*workers) - before
        for worker in workers:
            worker.terminate()
            worker.wait()
        kept = sum(1 for _ in open_archive(str(place / "a")).articles())
        if kept != len(urls):
            raise RuntimeError(f"{kept} of {len(urls)} articles were kept")
        queue.close()
    return seconds, cpu


def _worker(running: Running, place: Path, number: int) -> subprocess.Popen[bytes]:
    """A watch that polls nothing: what it watches is dead."""
    env = {**os.environ, **UNPACED, **running.env(), "WARRAQ_READERS": "1"}
    with (place / f"facts-{number}.jsonl").open("wb") as out:
        return subprocess.Popen(watch_command(place, "geiroon"), env=env, stdout=out)


def _until_done(queue: Queue, urls: list[str]) -> None:
    queue.put_all(submitted(urls, "urn:bench"))
    until(lambda: not (depth := queue.depth()).waiting + depth.taken, seconds=MOST_SECONDS)
    depth = queue.depth()
    if depth.dead:
        raise RuntimeError(f"{depth.dead} addresses failed: {queue.dead()[0].reason}")
