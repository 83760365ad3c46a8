"""Puts a reader together: from an archive and the settings to an application, and to a server of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from crawler.config import Config, ConfigError
from crawler.http_server.connections import Guard, GuardedServer
from crawler.serve.access import access_for
from crawler.serve.collection import Collection
from crawler.serve.follower import IndexFollower
from crawler.serve.reader import Reader
from crawler.watch.monitor.outlet_states import outlet_states, sealed_state
from storage import Archive
from storage.record import Json


class OpenReader:
    """A reader with its index. Close it."""

    def __init__(self, archive: Archive, config: Config, host: str, cache: tuple[Path, str], fact: Callable[..., None]) -> None:
        """host: that the server listens at; cache: file and identity of the search index. ConfigError, ArchiveError."""
        token = config.serve_token.get_secret_value() if config.serve_token else None
        access = access_for(host, token, config.serve_url, config.door_proxies)

        def states() -> Json:
            lag = timedelta(hours=config.source_lag_hours)
            return {"outlets": outlet_states(archive, lag), "verified": archive.last_passes(), "sealed": sealed_state(archive)}

        self._follower = IndexFollower(archive, *cache, fact)
        self.reader = Reader(Collection(archive, self._follower, states), access, fact)
        self._follower.start()

    def close(self) -> None:
        """Waits for what is under way."""
        self.reader.close()
        self._follower.close()


async def serve(opened: OpenReader, address: tuple[str, int], fact: Callable[..., None]) -> None:
    """Answers until SIGTERM, SIGINT or SIGHUP. ConfigError: the address cannot be had."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    server = GuardedServer(opened.reader.app(), Guard(fact, lambda _: None))
    try:
        host, port = await server.open(*address)
    except OSError as error:
        raise ConfigError(f"--bind {address[0]}:{address[1]}: {error.strerror or error}") from error
    try:
        fact("serve.opened", url=f"http://{f'[{host}]' if ':' in host else host}:{port}/")
        await stop.wait()
    finally:
        await server.close()
        fact("serve.stopped")
