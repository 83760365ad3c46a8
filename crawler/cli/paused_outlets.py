"""Which outlets are paused, for a command that only shows it."""

from __future__ import annotations

import sys
from contextlib import closing

from crawler.cli.place import is_queue_there


def paused_outlets(uri: str) -> dict[str, str]:
    """Outlets that are paused in a queue, and since when (ISO 8601). Nothing where there is no queue yet: none is made. One that
    cannot be asked is a line on stderr.
    """
    if not is_queue_there(uri):
        return {}
    from storage.queues import QueueError, open_queue  # noqa: PLC0415 - most archives that are looked at have no queue here

    try:
        with closing(open_queue(uri)) as queue:
            return {outlet: since.isoformat() for outlet, since in queue.paused().items()}
    except QueueError as error:
        sys.stderr.write(f"warraq: which outlets are paused is not known: {error}\n")
        return {}
