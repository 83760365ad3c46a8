"""A `warraq` command that kills itself at a given step.

It is the real command in a process of its own; only the store and the queue that it opens are wrapped (`kill_points`).

Orders, all optional:

    step        where to die (`infra.chaos.steps`)
    hours       by how much the clock is wrong; then [n, hours]: from the n-th write on by so much
    timeout     seconds that a store has to answer
    file_bytes  no file may become larger (RLIMIT_FSIZE), as with a full disk or a quota
    threads     pages are read in this process and not in processes of their own, which take a second to start
    groups      groups of new articles are written by a writer process, as they are in the field, and are no kill points
    writer      the same, and that process kills itself or this one: {"step", "who"} (`infra.chaos.deadly_writer`)
    notes       a file that gets a JSON line for what is worth knowing even of a process that died
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from infra.chaos import skewed_clock as clock
from infra.chaos.kill_points import DeadlyStore, KillPlan, arm_kill_points
from infra.chaos.steps import KillStep
from storage.stores.store import Store

Orders = dict[str, Any]


def _read_in_thread() -> None:
    """From now on `ReaderPool` calls what it is given in a thread of this process."""
    from crawler.read.reader_pool import ReaderPool  # noqa: PLC0415

    thread = ThreadPoolExecutor(1)

    async def run(_: ReaderPool, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(thread, lambda: function(*args, **kwargs))

    ReaderPool.run = run  # type: ignore[method-assign,assignment]
    ReaderPool.warm_up = lambda _: None  # type: ignore[method-assign,assignment]


def apply_orders(orders: Orders) -> None:
    """Prepare this process: from now on its stores, queues, clock and limits are as ordered."""
    note = _notes(orders.get("notes"))
    step = KillStep.parse(orders["step"]) if orders.get("step") else None
    hours, *jumps = orders.get("hours") or (0.0,)
    jump = (int(jumps[0][0]), float(jumps[0][1])) if jumps else None
    kill_plan = KillPlan(step, jump, note)
    arm_kill_points(kill_plan)
    _wrap_stores(kill_plan, groups=bool(orders.get("groups") or orders.get("writer")))
    if orders.get("writer"):
        _arm_writer(orders)
    _time_recovery(note)
    if hours or jump:
        clock.move(hours)
    if orders.get("timeout"):
        _limit_waiting(float(orders["timeout"]))
    if orders.get("threads"):
        _read_in_thread()
    if orders.get("file_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(orders["file_bytes"]),) * 2)


def _arm_writer(orders: Orders) -> None:
    from infra.chaos import deadly_writer  # noqa: PLC0415
    from storage.stores import written_folder  # noqa: PLC0415

    marker = Path(f"{orders['notes']}.writer")
    marker.touch()
    os.environ[deadly_writer.VARIABLE] = json.dumps({**orders["writer"], "notes": orders["notes"], "marker": str(marker)})
    written_folder.serve = deadly_writer.serve  # type: ignore[attr-defined]


def _wrap_stores(kill_plan: KillPlan, *, groups: bool) -> None:
    from storage.stores import opening, written_folder  # noqa: PLC0415

    written_folder.WORTHWHILE = 1  # type: ignore[misc]

    open_store = opening.open_store

    def opened(uri: str, *, single_writer: bool = False) -> Store:
        return DeadlyStore(open_store(uri, single_writer=single_writer), kill_plan, groups=groups)

    opening.open_store = opened


def _time_recovery(note: Callable[..., None]) -> None:
    """Notes how many seconds a run needs to complete the runs that were killed."""
    import storage.run.run as runs  # noqa: PLC0415

    recover = runs.Run.recover

    def timed(run: runs.Run) -> list[str]:
        began = time.monotonic()
        found = recover(run)
        if found:
            note(recovered=len(found), urls=len(run._recovered["urls"]), seconds=time.monotonic() - began)  # noqa: SLF001
        return found

    runs.Run.recover = timed  # type: ignore[method-assign,assignment]


def _limit_waiting(seconds: float) -> None:
    from botocore.config import Config  # noqa: PLC0415

    from storage import aws  # noqa: PLC0415

    aws.CONFIG = aws.CONFIG.merge(Config(read_timeout=seconds, connect_timeout=seconds))  # type: ignore[misc]


def _notes(file: str | None) -> Callable[..., None]:
    def note(**fields: Any) -> None:
        if file is not None:
            with Path(file).open("ab", buffering=0) as notes:
                notes.write(json.dumps(fields).encode() + b"\n")

    return note


def run_command(argv: list[str], env: dict[str, str], orders: Orders, out: str, err: str) -> None:
    """What a process becomes: the command, in this environment, with its output in these files. Ends as a command does."""
    os.environ.clear()
    os.environ.update(env)
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), number)
    sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False, buffering=1) for n in (1, 2))  # noqa: SIM115
    sys.argv = ["warraq", *argv]
    if argv[0] == "check":
        from infra.chaos import checker  # noqa: PLC0415

        checker.main(argv[1:])
    else:
        from crawler.cli import main as warraq  # noqa: PLC0415

        apply_orders(orders)
        warraq()
