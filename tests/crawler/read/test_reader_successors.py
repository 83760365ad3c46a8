"""The successor of a reader that has read nearly enough: in time, alone, and never with what was told before."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from crawler.read import reader_pool
from crawler.read.reader_pool import ReaderPool
from tests.crawler.read.test_reader_processes import processes

Done = tuple[int, set[int]]
"""The process that read a page, and all readers there were meanwhile."""
AT_ONCE = os.devnull


def read(gate: str) -> Done:
    """A page that is read until somebody opens its gate, a named pipe, for writing."""
    Path(gate).read_bytes()
    return os.getpid(), {each.pid for each in psutil.Process(os.getppid()).children()}


async def read_in_turn(readers: ReaderPool, folder: Path, pages: int) -> list[Done]:
    """All are asked for at once. Each is done when the one before it is, so that a reader never finds nothing to do."""
    gates = [folder / str(n) for n in range(pages)]
    for gate in gates:
        os.mkfifo(gate)
    tasks = [asyncio.create_task(readers.run(read, str(gate))) for gate in gates]
    done = []
    for gate, task in zip(gates, tasks, strict=True):
        await asyncio.to_thread(gate.write_bytes, b"")
        done.append(await task)
    return done


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderPool]:
    """One at a time, replaced after 20 pages, of which the last ten are read while the next one is started."""
    monkeypatch.setattr(reader_pool, "PAGES_PER_READER", 20)
    monkeypatch.setattr(reader_pool, "PAGES_AHEAD", 10)
    pool = ReaderPool(1, 60.0, 2048)
    yield pool
    pool.close()
    assert not processes(os.getpid())


def test_the_next_reader_is_started_before_one_ends(readers: ReaderPool, tmp_path: Path) -> None:
    """So that no page waits until it has loaded."""

    async def work() -> None:
        done = await read_in_turn(readers, tmp_path, 25)
        (first, _), (second, _) = done[0], done[20]
        assert [pid for pid, _ in done] == [first] * 20 + [second] * 5
        assert second in done[14][1]

    asyncio.run(work())


def test_a_reader_with_a_successor_gives_way_when_it_has_nothing_to_do(readers: ReaderPool, tmp_path: Path) -> None:
    """Two processes where one is enough would be one too many, for days where pages are few."""

    async def work() -> None:
        done = await read_in_turn(readers, tmp_path, 16)
        (left,) = processes(os.getpid())
        assert left.pid not in {pid for pid, _ in done}
        assert (await readers.run(read, AT_ONCE))[0] == left.pid
        assert [each.pid for each in processes(os.getpid())] == [left.pid]

    asyncio.run(work())


@pytest.mark.parametrize("end", [ReaderPool.renew, ReaderPool.close])
def test_a_successor_that_waits_ends_with_its_pool_and_with_what_it_was_told(
    end: Callable[[ReaderPool], None], readers: ReaderPool, tmp_path: Path
) -> None:
    """One that was started before the outlets changed does not know them."""

    async def work() -> None:
        await read_in_turn(readers, tmp_path, 16)
        assert processes(os.getpid())
        end(readers)
        assert not processes(os.getpid())

    asyncio.run(work())
