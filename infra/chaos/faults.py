"""The faults of a round, drawn from its seed: of disk, clock, network, sites and S3."""

from __future__ import annotations

import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from crawler.demo.running import Running
from infra.chaos.context import ChaosContext
from infra.chaos.disk import Disk, disk
from infra.chaos.faulty_network import FaultyNetwork
from infra.chaos.faulty_s3 import NAME
from infra.chaos.plan import Plan, Tally
from infra.chaos.scenarios import FaultyWorld
from infra.world.worlds import World

FIRST_KB: Final = {"crawl": 150, "watch": 250}
"""Of a small disk; the queue of a watch is on it too."""
ROOM_KB: Final = 40_000


class Faults:
    """Makes the surroundings of victims fail, until `calm` is set."""

    def __init__(self, context: ChaosContext, plan: Plan, generator: random.Random, tally: Tally) -> None:
        self._context, self._plan, self._generator, self._tally = context, plan, generator, tally
        self._disk: Disk | None = None
        self._room = FIRST_KB[plan.command]
        self._before = Counter[str]()
        self.calm = False

    @contextmanager
    def place(self, folder: Path) -> Iterator[tuple[Path, str]]:
        """A folder for what is local, on a small disk if disks are to fail; and where the archive is."""
        s3 = self._plan.place == "s3"
        if s3:
            self._before = self._context.bucket().faults()
        if "disk" in self._plan.faults:
            with disk(folder / "disk", self._room) as self._disk:
                yield folder / "disk", str(folder / "disk" / "archive")
                if self._tally.complaints and self._disk.mounted:  # it goes with its file system, and somebody will want to look
                    shutil.copytree(folder / "disk", folder / "kept")
        else:
            yield folder, f"s3://{NAME}/{self._plan.seed}" if s3 else str(folder / "archive")
        if s3:
            failed = self._context.bucket().faults() - self._before
            self._tally.faults.update({f"s3 {name}": n for name, n in failed.items()})

    def orders(self) -> dict[str, Any]:
        """The orders of the next victim: its clock, time limits, largest file."""
        orders: dict[str, Any] = {}
        if "clock" in self._plan.faults and not self.calm:
            orders["hours"] = [self._generator.uniform(-30, 30)]
            if self._generator.random() < 0.5:
                orders["hours"].append([self._generator.randint(2, 60), self._generator.uniform(-30, 30)])
            self._tally.faults["clock"] += 1
        if self._plan.place == "s3":
            orders["timeout"] = 2.0
        limited = self._disk is not None and not self._disk.mounted and not self.calm
        if limited and self._generator.random() < 0.5:
            orders["file_bytes"] = self._generator.randint(400, 40_000)
            self._tally.faults["disk"] += 1
        return orders

    @contextmanager
    def around(self, world: World) -> Iterator[dict[str, str]]:
        """The environment of a victim: a proxy into the world, which may fail, and the archive's credentials."""
        running = self._context.serving(self._faulty_sites(world))
        env = running.env() | self.bucket_env()
        if "network" not in self._plan.faults or self.calm:
            yield env
            return
        with self._cut(running) as instead:
            yield env | instead

    def bucket_env(self, *, well: bool = False) -> dict[str, str]:
        """The credentials and address of the archive's S3. well: of the server that does not fail."""
        if self._plan.place != "s3":
            return {}
        faulty = "s3" in self._plan.faults and not self.calm and not well
        return self._context.bucket().faulty_env if faulty else self._context.bucket().env

    def grow_disk(self, *, full: bool) -> None:
        """Room for some more, when there was none; for everything, when nothing is to fail any more."""
        if self._disk is None or not self._disk.mounted:
            return
        self._tally.faults["disk"] += full
        if full or self.calm:
            self._room = ROOM_KB if self.calm else self._room + self._generator.randint(50, 400)
            self._disk.resize(self._room)

    def _faulty_sites(self, world: World) -> World:
        if "sites" not in self._plan.faults or self.calm:
            return world
        self._tally.faults["sites"] += 1
        if id(world) not in _FAULTY:
            _FAULTY[id(world)] = world, FaultyWorld.of(world, seed=1, rate=0.15)
        return _FAULTY[id(world)][1]

    @contextmanager
    def _cut(self, running: Running) -> Iterator[dict[str, str]]:
        """A web that goes away while the victim is at work and comes back; gives the environment that leads there."""
        line = FaultyNetwork(running.port)
        cut = threading.Timer(self._generator.uniform(0.2, 1.2), line.cut)
        mend = threading.Timer(cut.interval + self._generator.uniform(0.2, 1.5), line.mend)
        url = f"http://127.0.0.1:{line.port}"
        for timer in (cut, mend):
            timer.start()
        try:
            yield {"http_proxy": url, "https_proxy": url}
        finally:
            for timer in (cut, mend):
                timer.cancel()
                timer.join()
            line.close()
            self._tally.faults["network"] += 1


_FAULTY: dict[int, tuple[World, FaultyWorld]] = {}
