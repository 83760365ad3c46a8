"""When outlets are put into the queue."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.crawl.statistics import CrawlStatistics
from crawler.facts import Facts
from crawler.watch.schedule import Schedule
from storage import open_archive
from storage.queues import open_queue

BOUNDS = (timedelta(minutes=2), timedelta(hours=6))


class Clock:
    """Goes on when it is told; may also be set, which `seconds` does not notice."""

    def __init__(self) -> None:
        self.now, self.seconds = datetime(2026, 11, 18, 6, tzinfo=UTC), 0.0

    def later(self, seconds: float) -> None:
        self.now, self.seconds = self.now + timedelta(seconds=seconds), self.seconds + seconds

    def schedule(self, place: Path, *outlets: str) -> Schedule:
        queue, archive = open_queue(str(place / "q.sqlite")), open_archive(str(place / "a"))
        return Schedule(outlets, queue, archive, lambda: BOUNDS, Facts(), clock=lambda: self.now, timer=lambda: self.seconds)


def waiting(place: Path) -> int:
    """How many events wait, all of which are taken and forgotten."""
    queue = open_queue(str(place / "q.sqlite"))
    leases = queue.take(10)
    for lease in leases:
        assert lease.event["type"] == "outlet.due"
        queue.ack(lease)
    queue.close()
    return len(leases)


def answered(entries: int | None, new: int) -> CrawlStatistics:
    statistics = CrawlStatistics(answered=True)
    statistics.offered(entries or 0, new)
    return statistics


@pytest.mark.parametrize(("new", "shortest", "longest"), [(25, 120, 1800), (0, 18_000, 21_600)])
def test_an_outlet_is_asked_at_the_start_and_then_as_its_feed_teaches(
    tmp_path: Path, new: int, shortest: float, longest: float
) -> None:
    """One whose feed is all new each hour soon, one without news seldom; never beyond the bounds."""
    clock = Clock()
    schedule = clock.schedule(tmp_path, "enab_baladi", "al_jazeera")

    async def polls() -> None:
        await schedule.put_due()
        assert waiting(tmp_path) == 2
        for _ in range(48):
            await schedule.heard("enab_baladi", answered(25 if new else None, new))
            clock.later(3600)

    asyncio.run(polls())
    assert shortest <= schedule.interval["enab_baladi"] <= longest


def test_what_another_process_has_asked_is_not_asked_again(tmp_path: Path) -> None:
    """Its note in the archive tells when it was."""
    clock = Clock()
    mine, other = clock.schedule(tmp_path, "enab_baladi"), clock.schedule(tmp_path, "enab_baladi")

    async def polls() -> None:
        await mine.put_due()
        assert waiting(tmp_path) == 1
        clock.later(mine.interval["enab_baladi"] - 60)
        await other.heard("enab_baladi", answered(25, 10))
        clock.later(61)
        await mine.put_due()
        assert waiting(tmp_path) == 0
        clock.later(mine.interval["enab_baladi"] + 1)
        await mine.put_due()
        assert waiting(tmp_path) == 1

    asyncio.run(polls())


def test_a_clock_that_is_set_back_holds_up_no_poll(tmp_path: Path) -> None:
    """Polls are due by a clock that nobody sets."""
    clock = Clock()
    schedule = clock.schedule(tmp_path, "enab_baladi")

    async def polls() -> None:
        await schedule.put_due()
        await schedule.heard("enab_baladi", answered(25, 10))
        waiting(tmp_path)
        clock.later(schedule.interval["enab_baladi"] + 1)
        clock.now -= timedelta(days=30)
        await schedule.put_due()
        assert waiting(tmp_path) == 1

    asyncio.run(polls())


def test_a_damaged_note_is_learned_anew(tmp_path: Path) -> None:
    """It is a convenience."""
    clock = Clock()
    schedule = clock.schedule(tmp_path, "enab_baladi")
    open_archive(str(tmp_path / "a")).state("enab_baladi").put("rhythm.json", b"{")
    asyncio.run(schedule.put_due())
    assert waiting(tmp_path) == 1
