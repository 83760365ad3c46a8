"""How long a connection to door or reader may take, and how many there may be: crawls beside them need file descriptors."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from crawler.config import ConfigError

MOST_CONNECTIONS: Final = 128
BACKLOG: Final = MOST_CONNECTIONS // 2
"""So many at most are accepted at once, before what the last ones sent is read: among a flood a caller is heard."""
HEAD_SECONDS: Final = 10.0
"""Until the head of the first request is there: counted from the connection, however slowly its bytes drip in."""
IDLE_SECONDS: Final = 75.0
"""Until the next request of a connection that had one: longer than reverse proxies keep theirs (60 s in nginx)."""
REQUEST_SECONDS: Final = 60.0
"""From a request's head to the last byte of its answer: who does not read the answer is let go."""
UNREAD_SECONDS: Final = 2.0
"""For the rest of a body that was answered before it was read: an answer to a caller who still writes would be lost."""
STOP_SECONDS: Final = 5.0
"""What is under way when the server is closed."""
LOOK_SECONDS: Final = 0.5
TELL_SECONDS: Final = 60.0
"""One fact at most in so long, however many connections it counts."""


class Guard:
    """Watches the connections of one server, and lets go of those that are too slow (`late`), of the oldest idle one where there
    are too many (`crowded`), and counts what is no HTTP (`malformed`).

    count: called with that word each time; fact: `door.shed` with the numbers, once a minute.
    """

    def __init__(self, fact: Callable[..., None], count: Callable[[str], None]) -> None:
        self._fact, self._count = fact, count
        self._since: dict[RequestHandler, tuple[tuple[int, bool], float]] = {}
        self._unreported: Counter[str] = Counter()
        self._reported_at = float("-inf")
        self.log = logging.Logger("warraq.door")
        self.log.addHandler(_Counting(self))

    @property
    def held(self) -> int:
        """Connections that are open, or were until a moment ago."""
        return len(self._since)

    def begun(self, connection: RequestHandler) -> None:
        """One more. Where there are too many, the one goes that has sent no request for longest, else the one that is idle for
        longest; where none is idle, the new one.
        """
        self._since[connection] = (_state(connection), time.monotonic())
        if len(self._since) > MOST_CONNECTIONS:
            for each in [each for each in self._since if _is_closed(each)]:
                del self._since[each]
        if len(self._since) > MOST_CONNECTIONS:
            idle = [each for each in self._since if not _state(each)[1] and each is not connection]
            strangers = (each for each in idle if not _state(each)[0])
            self._shed(next(strangers, idle[0] if idle else connection), "crowded")

    def note(self, kind: str) -> None:
        """A connection was let go."""
        self._unreported[kind] += 1
        self._count(kind)

    async def run(self) -> None:
        """Lets go of what takes too long, and tells. Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            for connection, (state, since) in list(self._since.items()):
                if _is_closed(connection):
                    del self._since[connection]
                elif _state(connection) != state:
                    del self._since[connection]  # to the end: the first are idle for longest
                    self._since[connection] = (_state(connection), now)
                elif now - since > _limit(state):
                    self._shed(connection, "late")
            if self._unreported and now - self._reported_at > TELL_SECONDS:
                self._fact("door.shed", **self._unreported)
                self._unreported, self._reported_at = Counter(), now

    def _shed(self, connection: RequestHandler, kind: str) -> None:
        """Ends it without a word: whoever is slow on purpose would not read one."""
        del self._since[connection]
        _abort(connection)
        self.note(kind)


def address_of(text: str, setting: str = "--bind ") -> tuple[str, int]:
    """(host, port) of `HOST:PORT`, `PORT` (loopback) or `[::1]:PORT`. ConfigError names the setting."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ConfigError(f"{setting}{text!r}: write HOST:PORT, or PORT for 127.0.0.1")
    return host.strip("[]") or "127.0.0.1", int(port)


def _state(connection: RequestHandler) -> tuple[int, bool]:
    """(requests so far, whether one is under way): it changes with each step of the connection."""
    return connection._request_count, connection._request_in_progress  # noqa: SLF001 - aiohttp tells it nowhere else


def _is_closed(connection: RequestHandler) -> bool:
    return connection._manager is None  # noqa: SLF001 - one that has only been accepted has no transport either


def _abort(connection: RequestHandler) -> None:
    if connection.transport is not None:
        connection.transport.abort()
    elif not _is_closed(connection):  # asyncio gives a new one its transport in a moment
        asyncio.get_running_loop().call_soon(_abort, connection)


def _limit(state: tuple[int, bool]) -> float:
    requests, under_way = state
    return REQUEST_SECONDS if under_way else IDLE_SECONDS if requests else HEAD_SECONDS


class _Counting(logging.Handler):
    """aiohttp writes a traceback for each request that is no HTTP: here it is counted. Errors of ours are caught before."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(logging.WARNING)
        self._guard = guard

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's
        """Called by logging."""
        self._guard.note("malformed")


class _Connection(RequestHandler):
    """What is no HTTP is answered by its status and nothing else: aiohttp would say what it read."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Called by asyncio. aiohttp would go on waiting for the rest of a body, which cannot come any more."""
        waiting = None if self._request_in_progress else self._task_handler
        super().connection_lost(exc)
        if waiting is not None:
            waiting.cancel()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Called by aiohttp."""
        super().handle_error(request, status, exc, message)  # counts it, or finds that an answer has begun
        headers = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Server": "warraq"}
        answer = web.Response(status=status, text=f"{status} {HTTPStatus(status).phrase}\n", headers=headers)
        answer.force_close()
        return answer


class GuardedServer:
    """An application that is served on one address, its connections guarded."""

    def __init__(self, app: web.Application, guard: Guard) -> None:
        self._guard = guard
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=guard.log,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=UNREAD_SECONDS,
            shutdown_timeout=STOP_SECONDS / 2,  # aiohttp waits once for the answer, and once more for the end of its handler
        )
        self._listening: asyncio.Server | None = None
        self._watching: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Serves; gives the address. OSError if it cannot be had."""
        await self._runner.setup()
        make = self._runner.server
        assert make is not None

        def connection() -> RequestHandler:
            made = _Connection(make, loop=asyncio.get_running_loop(), **make._kwargs)  # noqa: SLF001 - as `make` itself does
            self._guard.begun(made)
            return made

        try:
            self._listening = await asyncio.get_running_loop().create_server(connection, host, port, backlog=BACKLOG)
        except OSError:
            await self._runner.cleanup()
            raise
        self._watching = asyncio.ensure_future(self._guard.run())
        name, number = self._listening.sockets[0].getsockname()[:2]
        return str(name), int(number)

    async def close(self) -> None:
        """What is under way has STOP_SECONDS."""
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()
        if self._watching is not None:
            self._watching.cancel()
