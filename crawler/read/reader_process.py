"""The parent's side of one reader process (`crawler.read.reader_main`).

Requests and results are pickles in frames (`storage.child_process`): (function, args, kwargs) there, (returned, value or
exception) back, in the order of the requests. The first frame there has the limits and the outlets that are not built in, the
first one back is empty: the modules are loaded. After an empty frame there comes what the calls behind it share, to which they
only refer (`Job.shared`); no result comes back for that.

Written by hand: what exists (concurrent.futures, Pebble) moves each page through threads of the parent, which has an event loop
that waits for sockets anyway.
"""

from __future__ import annotations

import asyncio
import pickle
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from crawler.read.reader_main import OUT_OF_MEMORY, BrokenReaderError, serve
from extractors.outlets import provided
from storage import child_process
from storage.child_process import HEADER, frame

LOADING_SECONDS: Final = 300.0
"""A reader that has not loaded its modules by then never will."""
_CHUNK: Final = 1 << 18


@dataclass(slots=True, eq=False)
class Job:
    """A call for a reader. request: its frame; result: what the caller awaits; shared: an argument that many calls have, such as
    the lines known to be furniture, which a reader is sent when it is another object than before.
    """

    request: memoryview
    result: asyncio.Future[Any]
    shared: frozenset[Any] | None


class _CallPickler(pickle.Pickler):
    """Leaves out of a call the first frozen set in it, and keeps it as `shared`."""

    shared: frozenset[Any] | None = None

    def persistent_id(self, obj: Any) -> str | None:
        if type(obj) is not frozenset or not obj or (self.shared is not None and obj is not self.shared):
            return None
        self.shared = obj
        return "shared"


def job_of(call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]], loop: asyncio.AbstractEventLoop) -> Job:
    """Raises what pickling raises."""
    buffer = BytesIO(bytes(HEADER.size))
    buffer.seek(HEADER.size)
    pickler = _CallPickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.dump(call)
    request = buffer.getbuffer()
    HEADER.pack_into(request, 0, len(request) - HEADER.size)
    return Job(request, loop.create_future(), pickler.shared)


class ReaderProcess:
    """The parent's side. Use it in one event loop at a time; idle it may pass to another.

    on_change: called when a result came or the process ended (`ended` tells): it may get more jobs, or another take over its own.
    """

    def __init__(self, timeout: float, memory_mb: int, on_change: Callable[[ReaderProcess], None]) -> None:
        """timeout: seconds for each job; memory_mb: address space, MiB."""
        self._timeout, self._on_change = timeout, on_change
        self._child = child_process.start(serve)
        self._channel = self._child.channel
        self._channel.setblocking(False)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._outgoing: deque[memoryview] = deque([memoryview(frame(pickle.dumps((timeout, memory_mb, provided()))))])
        self._incoming = bytearray()
        self._shared: frozenset[Any] | None = None
        self._loaded = self._waiting_to_send = False
        self.jobs: deque[Job] = deque()
        """Those under way, the one being read first."""
        self.taken = 0
        """How many jobs it ever got."""
        self.ended = False
        self._flush()

    def take(self, job: Job) -> None:
        """Read this after what is under way. Called in the loop of the job."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._detach()
            self._loop = loop
            loop.add_reader(self._channel, self._readable)
        self.jobs.append(job)
        self.taken += 1
        if job.shared is not None and job.shared is not self._shared:
            self._shared = job.shared
            self._outgoing.append(memoryview(frame(b"") + frame(pickle.dumps(job.shared, pickle.HIGHEST_PROTOCOL))))
        self._outgoing.append(job.request)
        self._flush()
        if self._timer is None:
            self._start_timer()

    def close(self) -> None:
        """End the process now. May be called from another thread than the loop's."""
        self.ended = True  # first: the loop may see the end of the process before it releases what is left
        self._child.kill()
        loop = self._loop
        if loop is not None and loop.is_running() and not _is_current(loop):
            loop.call_soon_threadsafe(self._release)
        else:
            self._release()

    def _release(self) -> None:
        self._detach()
        self._channel.close()
        for job in self.jobs:
            if not job.result.get_loop().is_closed():
                job.result.cancel()

    def _detach(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)
        self._loop, self._waiting_to_send = None, False
        self._stop_timer()

    def _flush(self) -> None:
        """Send what the socket takes; the loop calls again when it takes more."""
        while self._outgoing:
            part = self._outgoing[0]
            try:
                sent = self._channel.send(part)
            except BlockingIOError:
                if self._loop is not None and not self._waiting_to_send:
                    self._waiting_to_send = True
                    self._loop.add_writer(self._channel, self._flush)
                return
            except ConnectionError:  # it has ended, which `_readable` is told too
                self._outgoing.clear()
                break
            if sent < len(part):
                self._outgoing[0] = part[sent:]
            else:
                self._outgoing.popleft()
        if self._loop is not None and self._waiting_to_send:
            self._loop.remove_writer(self._channel)
        self._waiting_to_send = False

    def _readable(self) -> None:
        if not self.ended and self._receive():
            self._on_change(self)

    def _receive(self) -> bool:
        """Take in what came; whether anything changed."""
        try:
            data = self._channel.recv(_CHUNK)
        except BlockingIOError:
            return False
        except ConnectionError:
            data = b""
        if not data:
            self._end(self._child.ended())
            return True
        self._incoming += data
        changed = False
        while (payload := self._payload()) is not None:
            changed = True
            if self._loaded:
                _settle(self.jobs.popleft(), payload)
            self._loaded = True
            self._start_timer()
        return changed

    def _payload(self) -> bytes | None:
        if len(self._incoming) < HEADER.size:
            return None
        end = HEADER.size + HEADER.unpack_from(self._incoming)[0]
        if len(self._incoming) < end:
            return None
        payload = bytes(memoryview(self._incoming)[HEADER.size : end])
        del self._incoming[:end]
        return payload

    def _start_timer(self) -> None:
        """For the job that is being read from now on."""
        self._stop_timer()
        if self.jobs and self._loop is not None:
            self._timer = self._loop.call_later(self._timeout if self._loaded else LOADING_SECONDS, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        if self.ended:
            return
        if self._receive():  # its result waits: it was this process that had no time
            self._on_change(self)
            return
        self._child.kill()
        reason = f"not read within {self._timeout:g} s" if self._loaded else "the reader did not start"
        self._end_with(BrokenReaderError(reason, "timeout" if self._loaded else "crash"))
        self._on_change(self)

    def _end(self, code: int) -> None:
        if code == OUT_OF_MEMORY:
            self._end_with(BrokenReaderError("the reader ran out of its memory", "memory"))
        else:
            self._end_with(BrokenReaderError(f"the reader died (exit code {code})", "crash"))

    def _end_with(self, error: BrokenReaderError) -> None:
        """The job that was being read has failed; those behind it stay in `jobs`, for another process."""
        self.ended = True
        self._detach()
        self._channel.close()
        if self.jobs:
            job = self.jobs.popleft()
            if not job.result.done():
                job.result.set_exception(error)


def _settle(job: Job, payload: bytes) -> None:
    if job.result.done():  # nobody waits any more
        return
    try:
        returned, value = pickle.loads(payload)  # noqa: S301 - written by our own process
    except Exception as error:  # noqa: BLE001 - whatever a class does when it is made again; the caller is told
        returned, value = False, BrokenReaderError(f"the result cannot be taken over: {type(error).__name__}: {error}")
    if returned:
        job.result.set_result(value)
    else:
        job.result.set_exception(value)


def _is_current(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
