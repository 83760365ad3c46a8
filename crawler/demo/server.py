"""The process that answers for the miniature web: a forward proxy which is also every server behind it.

It takes absolute-form requests (http), CONNECT followed by TLS (https), and plain requests addressed by Host header
(answered as a TLS terminator's back end would). Hosts that are not of this world get 502.
Started by `crawler.demo.running.serve`, which sends it a world; it ends when its parent does (`storage.child_process`).
"""

from __future__ import annotations

import asyncio
import gzip
import http
import json
import pickle
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from crawler.demo.answer import Answer, SiteRequest, http_date, text
from crawler.demo.router import Router
from crawler.demo.sites.site import ServedWorld
from storage.child_process import frame, receive

_CACHE_BYTES = 48_000_000
_COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/rss+xml")


class ServerState:
    """Everything the conversations share: the router, the finished answers, the log."""

    def __init__(self, router: Router, context: ssl.SSLContext, log: BinaryIO | None) -> None:
        self.router = router
        self.context = context
        self._log = log
        self._finished: dict[tuple[str, bool], Answer] = {}
        self._finished_bytes = 0

    def renew(self, router: Router) -> None:
        """Another world from now on."""
        self.router, self._finished, self._finished_bytes = router, {}, 0

    def answer(self, request: SiteRequest) -> Answer:
        """The answer with its body encoded as the asker accepts it; lasting ones are kept ready."""
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        key = (request.url, zipped)
        known = self._finished.get(key)
        if known is None:
            known = _encode(self.router.answer(request), zipped)
            if known.lasting and self._finished_bytes + len(known.body) < _CACHE_BYTES:
                self._finished[key] = known
                self._finished_bytes += len(known.body)
        return known

    def note(self, request: SiteRequest, status: int) -> None:
        """Write the request to the log before it is answered: who has the answer can read the line."""
        if self._log is None:
            return
        line = {
            "method": request.method,
            "url": request.url,
            "status": status,
            "headers": dict(request.headers),
            "at": time.time(),
        }
        self._log.write(json.dumps(line).encode() + b"\n")


class ClientConnection(asyncio.Protocol):
    """One connection: requests one after the other, over http or, after CONNECT, over TLS."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._buffer = bytearray()
        self._tunnel: str | None = None
        self._busy = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: a client is there."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Called by asyncio: it went; what was being streamed to it stops."""
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """Called by asyncio: the client reads slower than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Called by asyncio: it caught up."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: bytes of one or more requests."""
        self._buffer += data
        self._take_requests()

    def _take_requests(self) -> None:
        while not self._busy and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            del self._buffer[: end + 4]
            self._take(head)

    def _take(self, head: bytes) -> None:
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        try:
            method, target, _version = first.split(" ")
        except ValueError:
            self._send(SiteRequest("GET", "http", "", "/"), text("bad request line", 400))
            return
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method == "CONNECT":
            self._connect(target, headers)
            return
        scheme, host = ("https", self._tunnel or headers.get("host", ""))
        if target.startswith("http://"):
            scheme, (host, slash, rest) = "http", target[7:].partition("/")
            target = slash + rest or "/"
        request = SiteRequest(method, scheme, host.partition(":")[0].lower(), target, headers)
        self._send(request, self._state.answer(request))

    def _connect(self, target: str, headers: dict[str, str]) -> None:
        host = target.partition(":")[0].lower()
        known = self._state.router.knows(host)
        self._state.note(SiteRequest("CONNECT", "https", host, "/", headers), 200 if known else 502)
        if not known:
            self._transport.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self._transport.close()
            return
        self._tunnel, self._busy = host, True
        self._transport.pause_reading()
        self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._task = asyncio.get_running_loop().create_task(self._secure())

    async def _secure(self) -> None:
        loop = asyncio.get_running_loop()
        plain = self._transport
        try:
            secured = await loop.start_tls(plain, self, self._state.context, server_side=True)
        except (ssl.SSLError, ConnectionError):  # a client that does not trust us hangs up: its right
            plain.close()
            return
        if secured is None:
            return
        self._transport = secured
        self._busy = False
        self._take_requests()

    def _send(self, request: SiteRequest, answer: Answer) -> None:
        if answer.not_modified_for(request):
            answer = Answer(status=304, headers=answer.headers, etag=answer.etag, last_modified=answer.last_modified)
        self._state.note(request, answer.status)
        if answer.reset:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif request.method == "HEAD" or answer.status == 304:
            self._transport.write(_head(answer))
        elif answer.chunks is not None:
            self._busy = True
            self._task = asyncio.get_running_loop().create_task(self._stream(answer, answer.chunks()))
        else:
            self._transport.write(_head(answer) + answer.body)
            if answer.claimed_length is not None:
                self._transport.close()

    async def _stream(self, answer: Answer, chunks: Iterator[bytes]) -> None:
        self._transport.write(_head(answer))
        for chunk in chunks:
            await self._writable.wait()
            await asyncio.sleep(answer.drip or 0)
            if self._transport.is_closing():
                return
            self._transport.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        self._transport.write(b"0\r\n\r\n")
        self._busy = False
        self._take_requests()


def _encode(answer: Answer, zipped: bool) -> Answer:
    if not zipped or answer.chunks is not None or answer.claimed_length is not None:
        return answer
    if any(name.lower() == "content-encoding" for name, _ in answer.headers):
        return answer
    body = answer.gzipped
    if body is None and len(answer.body) > 500 and answer.content_type.startswith(_COMPRESSIBLE):
        body = gzip.compress(answer.body, 6, mtime=0)
    if body is None:
        return answer
    return replace(answer, body=body, headers=(*answer.headers, ("Content-Encoding", "gzip")))


def _head(answer: Answer) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}",
        "Server: nginx",
        "Vary: Accept-Encoding",
    ]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.etag is not None:
        lines.append(f"ETag: {answer.etag}")
    if answer.last_modified is not None:
        lines.append(f"Last-Modified: {http_date(answer.last_modified)}")
    if answer.status != 304:
        lines.append(f"Content-Type: {answer.content_type}")
        if answer.chunks is not None:
            lines.append("Transfer-Encoding: chunked")
        else:
            length = len(answer.body) if answer.claimed_length is None else answer.claimed_length
            lines.append(f"Content-Length: {length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def answer(channel: socket.socket) -> None:
    """Answers for the (world, leaf file, log file) that comes first, then for each other world; says the port each time."""
    first = receive(channel)
    if first is not None:
        asyncio.run(_run(channel, *pickle.loads(first)))  # noqa: S301 - from our own parent process


async def _run(channel: socket.socket, world: ServedWorld, leaf_file: Path, log_file: Path | None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf_file)
    log = log_file.open("ab", buffering=0) if log_file else None
    state = ServerState(Router(world), context, cast("BinaryIO | None", log))
    server = await asyncio.get_running_loop().create_server(lambda: ClientConnection(state), "127.0.0.1", 0, backlog=512)
    port = frame(str(server.sockets[0].getsockname()[1]).encode())
    channel.sendall(port)
    while (other := await asyncio.to_thread(receive, channel)) is not None:  # ends when the parent closes its end or dies
        state.renew(Router(pickle.loads(other)))  # noqa: S301 - from our own parent process
        channel.sendall(port)
    server.close()
