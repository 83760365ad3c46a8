"""What a crawl that is broken off still waits for, and what not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler

from crawler.config import load_config
from crawler.crawl.session import Session
from crawler.download.errors import InterruptedCrawlError
from crawler.download.waits import Waits
from crawler.download.web_archives import HOSTS, ArchivePace

Wait = Callable[[Waits], AbstractContextManager[None]]


async def for_ever(around: AbstractContextManager[None]) -> str:
    with around:
        await asyncio.Event().wait()
    return "it came"


async def begun(waits: Waits, wait: Wait) -> asyncio.Task[str]:
    """A task that waits for what never comes."""
    task = asyncio.ensure_future(for_ever(wait(waits)))
    await asyncio.sleep(0)
    return task


def test_a_turn_ends_when_the_crawl_is_interrupted_and_an_answer_when_it_is_dropped() -> None:
    async def both() -> None:
        waits = Waits()
        turn, answer = await begun(waits, Waits.turn), await begun(waits, Waits.answer)
        waits.interrupt()
        with pytest.raises(InterruptedCrawlError):
            await turn
        waits.interrupt()
        await asyncio.sleep(0)
        assert not answer.done()
        waits.drop()
        with pytest.raises(InterruptedCrawlError):
            await answer
        for wait in (waits.turn(), waits.answer()):
            with pytest.raises(InterruptedCrawlError):
                await for_ever(wait)

    asyncio.run(both())


@pytest.mark.parametrize("wait", [Waits.turn, Waits.answer])
@pytest.mark.parametrize("first", ["cancel", "drop"])
def test_a_task_that_is_cancelled_by_somebody_else_too_is_cancelled(wait: Wait, first: str) -> None:
    async def cancelled() -> None:
        waits = Waits()
        task = await begun(waits, wait)
        for each in (first, "drop" if first == "cancel" else "cancel"):
            if each == "cancel":
                task.cancel()
            else:
                waits.drop()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


def test_what_came_before_the_end_is_taken() -> None:
    """A wait that is over is not ended afterwards, and its task does something else."""

    async def over() -> str:
        waits, came = Waits(), asyncio.Event()

        async def waiting() -> str:
            with waits.answer():
                await came.wait()
            await asyncio.sleep(0)
            return "it came"

        task = asyncio.ensure_future(waiting())
        await asyncio.sleep(0)
        came.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waits.drop()
        return await task

    assert asyncio.run(over()) == "it came"


def test_a_request_that_waits_for_a_web_archive_ends_at_once() -> None:
    """However long a pause the archive asked for; whoever waits behind it has its turn."""

    async def ended() -> None:
        sessions = Session(load_config()), Session(load_config())
        host, pace, tasks = min(HOSTS), sessions[0].pace, []
        pace.hold(host, 100.0, asked=True)
        assert pace.look_is_due, "and no archive is looked at from now on"
        for session in sessions:
            session.pace = pace
            crawler = Crawler(Spider)
            crawler.spider = Spider(name="any", session=session)
            tasks.append(asyncio.ensure_future(ArchivePace(crawler).process_request(Request(f"https://{host}/"))))
        await asyncio.sleep(0)
        for session, task in zip(sessions, tasks, strict=True):
            session.waits.interrupt()
            with pytest.raises(InterruptedCrawlError):
                await task

    asyncio.run(ended())
