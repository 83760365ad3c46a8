"""`warraq queue`: dead letters from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.queues import Queue, open_queue
from tests.crawler.conftest import warraq
from tests.storage.queues.events import drained, one, put


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A queue with three dead letters."""
    path = str(tmp_path / "queue.sqlite")
    queue: Queue = open_queue(path, max_attempts=1)
    for number in range(3):
        put(queue, f"url:https://www.enabbaladi.net/archives/{number}", "enab_baladi")
        queue.release(one(queue), f"HTTP 50{number}, and a reason that is long enough to be broken into several lines")
    queue.close()
    return path


def test_dead_letters_are_listed_and_queued_again(place: str) -> None:
    """With what, how often, when and why; then they wait as new ones."""
    shown = warraq("queue", "dead", "--queue", place)
    assert shown.code == 0
    for number in range(3):
        assert f"https://www.enabbaladi.net/archives/{number}" in shown.out
        assert f"HTTP 50{number}" in shown.out
    told = json.loads(warraq("queue", "dead", "--queue", place, "--json", "--limit", "2").out)
    assert [(each["group"], each["attempts"], each["reason"][:8]) for each in told] == [
        ("enab_baladi", 1, "HTTP 500"),
        ("enab_baladi", 1, "HTTP 501"),
    ]
    assert "1 more" in warraq("queue", "dead", "--queue", place, "--limit", "2").out
    assert warraq("queue", "redrive", "--queue", place, "--limit", "1").out == "1 queued again\n"
    assert warraq("queue", "redrive", "--queue", place).out == "2 queued again\n"
    assert warraq("queue", "dead", "--queue", place).out == "No dead letters.\n"
    queue = open_queue(place)
    assert len(drained(queue)) == 3
    queue.close()


def test_a_queue_that_is_none_is_told_in_a_line(tmp_path: Path) -> None:
    """And the exit code says so."""
    (tmp_path / "q").mkdir()
    done = warraq("queue", "dead", "--queue", str(tmp_path / "q"))
    assert done.code in (2, 3)
    assert len(done.err.splitlines()) == 1
