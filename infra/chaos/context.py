"""What the rounds of one thread share: the launcher of victims, the worlds being served, an S3 server that fails."""

from __future__ import annotations

from contextlib import ExitStack
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
        self._started = ExitStack()
        self._bucket: FaultyS3 | None = None
        self._hosts: dict[int, tuple[str, ...]] = {}
        self._served: dict[tuple[str, ...], tuple[Running, World]] = {}
        """By hosts, the server that has certificates for them, and the world that it serves."""

    def bucket(self) -> FaultyS3:
        """The S3 server, started when first wanted."""
        if self._bucket is None:
            self._bucket = FaultyS3(self._seed)
            self._started.callback(self._bucket.close)
        return self._bucket

    def serving(self, world: World) -> Running:
        """The world, served by the one server that has certificates for its hosts."""
        hosts = self._hosts.setdefault(id(world), tuple(world.hosts))
        if hosts not in self._served:
            self._served[hosts] = self._started.enter_context(serve(world, log=False)), world
        running, served = self._served[hosts]
        if served is not world:
            running.serve_anew(world)
            self._served[hosts] = running, world
        return running

    def close(self) -> None:
        """End everything."""
        self._started.close()
