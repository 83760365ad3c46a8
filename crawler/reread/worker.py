"""The process that reads: one share after the other, asked by the process that watches it (`crawler.reread.supervisor`).

It may hang, crash or grow without bound on a page, since C parsers work here on text from strangers; the watcher knows the page
by the signs it gives, ends it, and has the share done again without that page.
"""

from __future__ import annotations

import faulthandler
import resource
import signal
import socket
from contextlib import suppress
from multiprocessing.connection import Connection

from crawler.reread.share import RereadJob, read_share
from crawler.reread.versions import differing, reading_versions
from extractors.outlets import provide
from storage import ArchiveError, open_archive

PATIENCE = 2.0
"""So many times the limit of a page after which a reader without a watcher ends by itself."""


def serve(channel: socket.socket) -> None:
    """Reads shares until the channel is closed. Messages: see `crawler.reread.supervisor`."""
    faulthandler.disable()
    pipe = Connection(channel.detach())
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the watcher is gone, and with it whoever wanted to know
        job: RereadJob = pipe.recv()
        provide(lambda: job.outlets)
        resource.setrlimit(resource.RLIMIT_AS, (job.memory_mb << 20, job.memory_mb << 20))
        if differ := differing(reading_versions(), job.started["versions"]):
            pipe.send(("failed", f"a worker reads with other versions than the generation was begun with: {differ}"))
            return
        try:
            store = open_archive(job.archive, create=False, single_writer=job.single_writer).store
        except ArchiveError as error:
            pipe.send(("failed", str(error)))
            return

        def sign(article: str | None) -> None:
            # The kernel ends a reader that hangs in a parser while nobody watches it any more.
            signal.setitimer(signal.ITIMER_REAL, job.page_seconds * PATIENCE if article else 0)
            pipe.send(("page", article))

        while True:
            outlet, n, skip = pipe.recv()
            try:
                pipe.send(("done", read_share(store, job, outlet, n, skip, sign)))
            except ArchiveError as error:
                pipe.send(("failed", str(error)))
