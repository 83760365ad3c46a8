"""The processes behind a reader pool: what each death costs, that none is left behind, that work goes through in any size."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from crawler.read import reader_pool
from crawler.read.reader_pool import BrokenReaderError, ReaderPool
from infra.testing.waiting import bounded


def same(value: bytes) -> tuple[int, bytes]:
    """(process, value)."""
    return os.getpid(), value


HELD: list[frozenset[str]] = []


def hold(lines: frozenset[str]) -> tuple[frozenset[str], int]:
    """(lines, how many objects this process was ever given as such)."""
    HELD.append(lines)
    return lines, len({id(each) for each in HELD})


def hang() -> None:
    time.sleep(600)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    raise SystemExit(3)


class UnportableError(Exception):
    """Cannot be made again from its pickle."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def raise_unportable() -> None:
    raise UnportableError("two", " words")


def unportable() -> Any:
    return lambda: None


@pytest.fixture
def readers() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 60.0, 2048)
    yield pool
    pool.close()
    assert not processes(os.getpid())


def processes(parent: int) -> list[psutil.Process]:
    """The readers of a process."""
    children = psutil.Process(parent).children()
    return [child for child in children if any("crawler.read.reader_main" in part for part in child.cmdline())]


@asynccontextmanager
async def started(*calls: Coroutine[Any, Any, Any]) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """The calls, begun in their order; what they came to is looked at later."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0)
    yield tasks
    await asyncio.wait(tasks)


def test_a_death_costs_the_page_that_was_read_and_not_the_one_behind_it(readers: ReaderPool) -> None:
    """The second waits in the dead process' socket, the third in the parent; both are read by the next process."""

    async def work() -> None:
        first = await readers.run(same, b"")
        async with started(readers.run(die), readers.run(same, b"1"), readers.run(leave), readers.run(same, b"2")) as tasks:
            await asyncio.wait(tasks)
        assert str(tasks[0].exception()) == "the reader died (exit code -9)"
        assert str(tasks[2].exception()) == "the reader died (exit code 3)"
        assert [tasks[n].result()[1] for n in (1, 3)] == [b"1", b"2"]
        assert len({first[0], tasks[1].result()[0], tasks[3].result()[0]}) == 3

    asyncio.run(work())


def test_a_reader_that_is_killed_while_it_has_nothing_to_do_costs_no_page(readers: ReaderPool) -> None:
    async def work() -> None:
        pid, _ = await readers.run(same, b"")
        os.kill(pid, signal.SIGKILL)
        while readers._readers:  # until the loop has heard of it
            await asyncio.sleep(0.01)
        assert (await readers.run(same, b"x"))[1] == b"x"

    asyncio.run(work())


@pytest.mark.parametrize("call", [raise_unportable, unportable])
def test_what_cannot_be_sent_back_is_named(call: Any, readers: ReaderPool) -> None:
    """And the reader goes on."""

    async def work() -> None:
        with pytest.raises(Exception, match=r"UnportableError: two words|local object") as caught:
            await readers.run(call)
        assert not isinstance(caught.value, BrokenReaderError) or caught.value.kind == "error"
        assert (await readers.run(same, b"x"))[1] == b"x"

    asyncio.run(work())


def test_a_call_that_cannot_be_sent_costs_itself(readers: ReaderPool) -> None:
    async def work() -> None:
        with pytest.raises(Exception, match="local object"):
            await readers.run(same, lambda: None)  # type: ignore[arg-type]
        assert (await readers.run(same, b"x"))[1] == b"x"

    asyncio.run(work())


def test_frames_of_any_size_come_through_in_both_directions(readers: ReaderPool) -> None:
    """Larger than the sockets' buffers, both directions at once, and empty."""
    sizes = [0, 1, 70_000, 5_000_000, 3, 1_000_000]

    async def work() -> None:
        values = [os.urandom(size) for size in sizes]
        results = await asyncio.gather(*(readers.run(same, value) for value in values))
        assert [value for _, value in results] == values

    asyncio.run(work())


def test_lines_that_calls_share_are_sent_once_to_each_process(readers: ReaderPool) -> None:
    """And to the one that takes over the calls of a dead one, which had them."""
    some, others = frozenset({"a", "b"}), frozenset({"c"})

    async def work() -> None:
        given = [await readers.run(hold, lines) for lines in (some, some, others, frozenset(), others, some)]
        assert given == [(some, 1), (some, 1), (others, 2), (frozenset(), 3), (others, 3), (some, 4)]
        async with started(readers.run(die), readers.run(hold, some), readers.run(hold, some)) as tasks:
            await asyncio.wait(tasks)
        assert str(tasks[0].exception()) == "the reader died (exit code -9)"
        assert [task.result() for task in tasks[1:]] == [(some, 1), (some, 1)]

    asyncio.run(work())


def test_a_reader_is_replaced_after_so_many_pages(readers: ReaderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is lost, and none is read by a process that had enough."""
    monkeypatch.setattr(reader_pool, "PAGES_PER_READER", 3)

    async def work() -> list[int]:
        return [pid for pid, _ in await asyncio.gather(*(readers.run(same, b"") for _ in range(7)))]

    pids = asyncio.run(work())
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_event_loops_that_come_and_go_and_callers_that_give_up(readers: ReaderPool) -> None:
    """A page that nobody waits for any more is read and dropped."""

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(readers.run(time.sleep, 0.3), 0.01)

    asyncio.run(give_up())
    assert asyncio.run(readers.run(same, b"x"))[1] == b"x"


def test_no_reader_is_started_that_is_not_needed() -> None:
    """And all work at once when there is enough to do."""
    pool = ReaderPool(2, 60.0, 2048)

    async def work() -> None:
        for _ in range(3):
            await pool.run(same, b"")
        assert len(processes(os.getpid())) == 1
        assert len({pid for pid, _ in await asyncio.gather(*(pool.run(same, b"") for _ in range(2)))}) == 2

    try:
        asyncio.run(work())
    finally:
        pool.close()


def test_closed_amid_its_work_it_leaves_no_process() -> None:
    pool = ReaderPool(1, 60.0, 2048)

    async def work() -> None:
        async with started(pool.run(hang), pool.run(hang), pool.run(hang)) as tasks:
            await asyncio.sleep(0.5)
            pool.close()
            for task in tasks[2:]:
                task.cancel()
        assert all(task.cancelled() for task in tasks)

    asyncio.run(work())
    assert not processes(os.getpid())


ORPHAN = """
import asyncio, sys
from crawler.read.reader_pool import ReaderPool
from tests.crawler.read.test_reader_processes import hang, same

async def work():
    pool = ReaderPool(2, 1.0, 2048)
    print((await pool.run(same, b""))[0], flush=True)
    if sys.argv[1] == "busy":
        await pool.run(hang)
    await asyncio.sleep(600)

asyncio.run(work())
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["idle", "busy"])
def test_readers_end_when_their_parent_is_killed(how: str) -> None:
    """One that hangs ends itself some seconds after its time limit."""
    command = [sys.executable, "-c", ORPHAN, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        with bounded(parent, "the process id of the reader"):
            reader = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    reader.wait(120)
