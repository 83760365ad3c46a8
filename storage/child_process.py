"""Child processes that serve their parent over a socket pair, in frames: 8 bytes of length (big-endian), then so many bytes.

A child is a new interpreter (the parent has threads and an event loop, which cannot be forked) with the parent's module path. It
never sees ^C, SIGTERM or SIGHUP, which terminals and service managers send to every process: its parent ends it, or its end of
the socket reads end-of-file when the parent is gone. It inherits nothing but that socket, standard error and the environment.
"""

from __future__ import annotations

import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

HEADER: Final = struct.Struct(">Q")
"""The length that precedes each frame."""
_BOOT: Final = (
    "import sys; sys.path[:] = {path!r}; import socket; from {module} import {name} as serve; serve(socket.socket(fileno={fd}))"
)
_EXIT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """channel: the parent's end of the socket pair."""

    process: subprocess.Popen[bytes]
    channel: socket.socket

    def ended(self) -> int:
        """The exit code (minus the signal) of a child that has closed its end; one that still runs is killed."""
        try:
            return self.process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


def start(serve: Callable[[socket.socket], None]) -> ChildProcess:
    """Start a process that calls a function of a module with its end of the socket pair, which blocks."""
    ours, theirs = socket.socketpair()
    boot = _BOOT.format(path=sys.path, module=serve.__module__, name=serve.__name__, fd=theirs.fileno())
    with theirs, _signals_blocked():
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-c", boot],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    return ChildProcess(process, ours)


def frame(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return HEADER.pack(len(payload)) + payload


def receive(channel: socket.socket) -> bytes | None:
    """The next payload from a blocking socket; None when the other side is gone."""
    head = _receive_exactly(channel, HEADER.size)
    return None if head is None else _receive_exactly(channel, HEADER.unpack(head)[0])


def _receive_exactly(channel: socket.socket, length: int) -> bytes | None:
    received = bytearray(length)
    view = memoryview(received)
    while view:
        try:
            count = channel.recv_into(view)
        except ConnectionError:
            return None
        if not count:
            return None
        view = view[count:]
    return bytes(received)


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """What is started meanwhile inherits the mask."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
