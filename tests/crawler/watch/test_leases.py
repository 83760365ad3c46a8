"""What counts as a failure of the work when a watch settles its leases, on a real queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.config import load_config
from crawler.crawl.statistics import CrawlStatistics
from crawler.facts import Facts
from crawler.watch.http import events_in
from crawler.watch.leases import Leases
from crawler.watch.task import CrawlResult, Task
from storage.queues import open_queue
from storage.queues.queue import MAX_ATTEMPTS, Queue

URL = "https://www.enabbaladi.net/100001/x/"


def ended(failure: str | None = None, *, archive_down: bool = False) -> CrawlResult:
    return CrawlResult(CrawlStatistics(), failure, {}, 1.0, archive_down=archive_down)


def settle(queue: Queue, how: Callable[[Task], CrawlResult], *, stopping: bool = False) -> None:
    """One look into the queue, and what came of it."""
    leases = Leases(queue, Facts(), 300, lambda: load_config(work_retry=0))
    task = Task("enab_baladi", queue.take(10))
    assert task.leases
    asyncio.run(leases.settle(task, how(task), rest=0, stopping=stopping))


def interrupted(task: Task) -> CrawlResult:
    """As when its lease was lost, or the second SIGTERM came."""
    task.broken_off = True
    return ended("interrupted")


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    queue = open_queue(str(tmp_path / "queue.sqlite"))
    queue.put_all([events_in.due("enab_baladi", "urn:test"), *events_in.submitted([URL], "urn:test")])
    return queue


def test_stops_and_an_archive_that_is_down_never_make_a_dead_letter(queue: Queue) -> None:
    """The work has not failed, so it is there as often as it takes."""
    for _ in range(MAX_ATTEMPTS):
        settle(queue, interrupted)
        settle(queue, lambda _: ended("no space left on device", archive_down=True))
        settle(queue, lambda _: ended("interrupted"), stopping=True)
    depth = queue.depth()
    assert (depth.waiting, depth.taken, depth.dead) == (2, 0, 0)


def test_work_that_fails_time_and_again_is_a_dead_letter_with_its_reason(queue: Queue) -> None:
    """It is not asked for for ever."""
    for _ in range(MAX_ATTEMPTS):
        settle(queue, lambda _: ended("ValueError: a bug"))
    assert [letter.reason for letter in queue.dead()] == ["ValueError: a bug"] * 2
    assert queue.depth().waiting == 0
