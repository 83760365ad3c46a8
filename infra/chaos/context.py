"""What the rounds of one thread share: the launcher of victims, the worlds being served, an S3 server that fails."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from crawler.demo.running import Running, serve
from infra.chaos.faulty_s3 import FaultyS3
from infra.chaos.launcher import Launcher
from infra.world.worlds import World


class ChaosContext:
    """Starts each when it is first wanted. `close` when done."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._seed = folder, seed
        self.launcher = Launcher(folder)
        self._bucket: FaultyS3 | None = None
        self._hosts: dict[int, tuple[str, ...]] = {}
        self._served: dict[tuple[str, ...], _Served] = {}

    def bucket(self) -> FaultyS3:
        """The S3 server, started when first wanted."""
        if self._bucket is None:
            self._bucket = FaultyS3(self._seed)
        return self._bucket

    def serving(self, world: World) -> Running:
        """The world, served by the one server that has certificates for its hosts."""
        hosts = self._hosts.setdefault(id(world), tuple(world.hosts))
        if hosts not in self._served:
            manager = serve(world, log=False)
            self._served[hosts] = _Served(manager, manager.__enter__(), world)
        served = self._served[hosts]
        if served.world is not world:
            served.running.serve_anew(world)
            served.world = world
        return served.running

    def close(self) -> None:
        """End everything."""
        for served in self._served.values():
            served.manager.__exit__(None, None, None)
        if self._bucket:
            self._bucket.close()


@dataclass
class _Served:
    manager: AbstractContextManager[Running]
    running: Running
    world: World
