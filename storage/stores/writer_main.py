"""The program of a writer process: writes groups of objects into a folder, until its parent closes the socket or is gone."""

from __future__ import annotations

import gc
import os
import pickle
import select
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

from storage.child_process import frame, receive
from storage.errors import ArchiveError
from storage.stores.folder import FolderStore
from storage.stores.group_commit import sync_in_turn
from storage.stores.store import NewObject

Request = tuple[str, tuple[int, int] | None, Sequence[Sequence[NewObject]]]
"""(root, its identity, phases): see `FolderStore`."""

SYNCS_AT_ONCE: Final = 16

_ORPHANED: Final = select.POLLHUP | select.POLLERR


def serve(channel: socket.socket) -> None:
    """Answers each request with True or False (`Store.create_all`), or with the ArchiveError."""
    parent = select.poll()
    parent.register(channel, 0)

    def check() -> None:
        """A writer whose parent is gone stops between two phases: what it leaves is completed by the next run."""
        if any(event & _ORPHANED for _, event in parent.poll(0)):
            os._exit(0)

    def sync(descriptors: Iterable[int]) -> None:
        """At the same time: the file system then writes its journal for all of them together. Each thread has a share of them,
        which takes a quarter less of this process than a hand-over for each.
        """
        every = list(descriptors)
        shares = [every[first::SYNCS_AT_ONCE] for first in range(min(SYNCS_AT_ONCE, len(every)))]
        syncs = [threads.submit(sync_in_turn, share) for share in shares]
        wait(syncs)  # all of them, before any error lets the descriptors be closed
        for each in syncs:
            each.result()

    threads = ThreadPoolExecutor(SYNCS_AT_ONCE)
    gc.freeze()
    while (request := receive(channel)) is not None:
        root, identity, phases = pickle.loads(request)  # noqa: S301 - of our own parent
        store = FolderStore(Path(root))
        store.identity = identity
        answer: bool | ArchiveError
        try:
            answer = store.create_all([[NewObject(*each) for each in phase] for phase in phases], check, sync)
        except ArchiveError as error:
            answer = error
        try:
            channel.sendall(frame(pickle.dumps(answer)))
        except ConnectionError:
            return
