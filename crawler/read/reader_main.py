"""The program of a reader process: calls what it is asked to, until its parent closes the socket or is gone."""

from __future__ import annotations

import gc
import math
import os
import pickle
import resource
import signal
import socket
from io import BytesIO
from typing import Any, Final, Literal

from extractors.outlets import provide
from storage.child_process import frame, receive

OUT_OF_MEMORY: Final = 75
"""Exit code of a reader whose memory did not do: what is left of it might not do for the next page."""
GRACE_SECONDS: Final = 5
"""A reader ends itself so long after its time limit, should its parent be gone."""

BreakKind = Literal["timeout", "crash", "memory", "error"]


class BrokenReaderError(Exception):
    """A reader process did not give a result; the message says why, `kind` in one word."""

    def __init__(self, reason: str, kind: BreakKind = "error") -> None:
        super().__init__(reason, kind)
        self.reason, self.kind = reason, kind

    def __str__(self) -> str:
        return self.reason


def serve(channel: socket.socket) -> None:
    """Answers requests (`crawler.read.reader_process`) one after the other."""
    limits = receive(channel)
    if limits is None:
        return
    timeout, memory_mb, outlets = pickle.loads(limits)  # noqa: S301 - of our own parent
    provide(lambda: outlets)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    try:
        import crawler.read.study  # noqa: F401, PLC0415 - what it is for
        import extractors.reader  # noqa: F401, PLC0415 - the parsers take a second, and are under the limit

        gc.freeze()  # what is loaded stays: no collection has to look at it
        channel.sendall(frame(b""))
        _answer_all(channel, math.ceil(timeout) + GRACE_SECONDS)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except ConnectionError:
        return


def _answer_all(channel: socket.socket, alarm: int) -> None:
    """Until the parent is gone. alarm: seconds for one call. Raises MemoryError, ConnectionError."""
    shared: Any = None
    while (request := receive(channel)) is not None:
        if not request:
            sent = receive(channel)
            shared = None if sent is None else pickle.loads(sent)  # noqa: S301 - of our own parent
            continue
        signal.alarm(alarm)
        answer = _answer(request, shared)
        signal.alarm(0)
        channel.sendall(answer)
        del request, answer  # not held while the next one is waited for


class _CallUnpickler(pickle.Unpickler):
    """Gives a call what it shares with others, which came before it."""

    def __init__(self, request: bytes, shared: Any) -> None:
        super().__init__(BytesIO(request))
        self._shared = shared

    def persistent_load(self, _: Any) -> Any:
        return self._shared


def _answer(request: bytes, shared: Any) -> bytes:
    """The frame of what the call gives or raises. Raises MemoryError."""
    try:
        function, args, kwargs = _CallUnpickler(request, shared).load()
        result = pickle.dumps((True, function(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the caller gets it
        result = pickle.dumps((False, _portable(error)))
    return frame(result)


def _portable(error: Exception) -> Exception:
    """The error, or one that says what it said, if it does not come through a pickle as it is."""
    try:
        same = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # noqa: BLE001 - whatever a class does when it is made again
        same = None
    return error if type(same) is type(error) else BrokenReaderError(f"{type(error).__name__}: {error}"[:500])
