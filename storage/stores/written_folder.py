"""An archive in a folder whose groups of objects are written by a process of its own.

A file that is made durable is a dozen system calls, each of which gives up the interpreter; a busy crawl has to win it back each
time. A group is one message to the writer and one back. The writer only writes: what is written, and what becomes of it, is
decided here. So its death costs a repetition: all objects of the group are created again, which changes nothing that stands.
"""

from __future__ import annotations

import os
import pickle
import threading
import weakref
from collections.abc import Sequence
from typing import Final

from storage import child_process
from storage.child_process import ChildProcess, frame, receive
from storage.errors import ArchiveError
from storage.stores.folder import FolderStore
from storage.stores.store import ForwardingStore, NewObject
from storage.stores.writer_main import Request, serve

WORTHWHILE: Final = 12
"""Objects that are worth starting the writer for; fewer are written here, until it runs."""
DEATHS: Final = 3
"""A group at which so many writers died is given up."""


class WrittenFolder(ForwardingStore):
    """Thread-safe; groups are written one after the other."""

    def __init__(self, folder: FolderStore) -> None:
        super().__init__(folder)
        self._folder = folder
        self._lock = threading.Lock()
        self._writer: _Writer | None = None

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        with self._lock:
            if self._running() is None and sum(map(len, phases)) < WORTHWHILE:
                return self._folder.create_all(phases)
            self._folder.look_for_archive()
            return self._written((str(self._folder.root.absolute()), self._folder.identity, phases))

    def _running(self) -> _Writer | None:
        """The writer, if it is this process' own: one that was forked would share the socket with its parent."""
        if self._writer is not None and self._writer.parent != os.getpid():
            self._writer.forget()
            self._writer = None
        return self._writer

    def _written(self, request: Request) -> bool:
        message, code = frame(pickle.dumps(request, pickle.HIGHEST_PROTOCOL)), 0
        for _ in range(DEATHS):
            writer = self._running() or self._start()
            answer = writer.ask(message)
            if answer is not None:
                result: bool | ArchiveError = pickle.loads(answer)  # noqa: S301 - of our own child
                if isinstance(result, ArchiveError):
                    raise result
                return result
            self._writer, code = None, writer.end()
        raise ArchiveError(f"{self.uri}: the process that writes here died {DEATHS} times in a row (exit code {code})")

    def _start(self) -> _Writer:
        try:
            self._writer = _Writer(self)
        except OSError as error:
            raise ArchiveError(f"{self.uri}: the process that writes here cannot be started: {error.strerror}") from error
        return self._writer


class _Writer:
    """A writer process. It ends with the store that it writes for, and with this process."""

    def __init__(self, store: WrittenFolder) -> None:
        self.parent = os.getpid()
        self._child = child_process.start(serve)
        self._finalizer = weakref.finalize(store, _close, self._child, self.parent)

    def ask(self, message: bytes) -> bytes | None:
        """Its answer; None if it died."""
        try:
            self._child.channel.sendall(message)
        except ConnectionError:
            return None
        return receive(self._child.channel)

    def end(self) -> int:
        """Its exit code."""
        self._finalizer.detach()
        code = self._child.ended()
        self._child.channel.close()
        return code

    def forget(self) -> None:
        """It is another process'."""
        self._finalizer.detach()
        self._child.channel.close()
        self._child.process.returncode = 0  # not ours to wait for


def _close(child: ChildProcess, parent: int) -> None:
    if os.getpid() == parent:
        child.kill()
    child.channel.close()
