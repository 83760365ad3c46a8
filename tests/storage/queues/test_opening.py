"""From a setting to a queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.queues import BadQueue, open_queue
from storage.queues.local import LocalQueue


@pytest.mark.parametrize("form", ["{}", "sqlite:{}", "sqlite://{}"])
def test_a_path_is_a_local_queue(form: str, tmp_path: Path) -> None:
    """Made with its folder, if it is not there."""
    queue = open_queue(form.format(tmp_path / "new" / "queue.db"))
    assert isinstance(queue, LocalQueue)
    assert (tmp_path / "new" / "queue.db").exists()
    queue.close()


@pytest.mark.parametrize(
    ("uri", "says"),
    [("amqp://x", "amqp://… is no queue"), ("sqlite:", "names no file"), ("redis://h:notaport/0", "redis://h:notaport")],
)
def test_what_is_no_queue_is_refused(uri: str, says: str) -> None:
    """One line."""
    with pytest.raises(BadQueue, match=says):
        open_queue(uri)


@pytest.mark.parametrize(("lease_seconds", "max_attempts"), [(0, 1), (1, 0)])
def test_leases_and_attempts_are_above_zero(lease_seconds: float, max_attempts: int, tmp_path: Path) -> None:
    """Otherwise nothing could be worked."""
    with pytest.raises(BadQueue, match="above 0"):
        open_queue(str(tmp_path / "q.db"), lease_seconds=lease_seconds, max_attempts=max_attempts)
