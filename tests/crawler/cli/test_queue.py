"""`warraq queue`: dead letters from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from storage import open_archive
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_outlet_is_paused_and_resumed_and_shown_in_words(place: str) -> None:
    warraq("queue", "redrive", "--queue", place)
    paused = warraq("queue", "pause", "enab_baladi", "smart", "--queue", place)
    assert paused.out.splitlines()[0] == "enab_baladi is paused; `warraq queue resume enab_baladi` ends it"
    shown = warraq("queue", "show", "--queue", place).out
    assert re.search(r"enab_baladi +3 +0 +\d{4}-\d\d-\d\d", shown)
    assert "3 events wait, 0 are worked on, 0 are dead letters." in shown
    told = json.loads(warraq("queue", "show", "--json", "--queue", place).out)
    assert told["outlets"]["smart"]["paused_since"]
    queue = open_queue(place)
    assert queue.take(10) == []
    queue.close()
    assert warraq("queue", "resume", "enab_baladi", "--queue", place).out == "enab_baladi is resumed\n"
    assert warraq("queue", "resume", "enab_baladi", "--queue", place).out == "enab_baladi was not paused\n"
    queue = open_queue(place)
    assert len(queue.take(10)) == 3
    queue.close()


def test_a_mistyped_outlet_cannot_be_paused(place: str) -> None:
    done = warraq("queue", "pause", "enab_balady", "--queue", place)
    assert (done.code, "Did you mean enab_baladi?" in done.err) == (2, True)


def test_an_empty_queue_says_what_fills_it(tmp_path: Path) -> None:
    open_queue(str(tmp_path / "q.sqlite")).close()
    shown = warraq("queue", "show", "--queue", str(tmp_path / "q.sqlite"))
    assert "0 events wait" in shown.out
    assert "`warraq submit URL`" in shown.out


@pytest.mark.parametrize(
    "command", [["show"], ["dead"], ["redrive"], ["resume", "smart"], ["dead", "--json"], ["show", "--json"]]
)
def test_looking_at_a_queue_that_is_not_there_makes_none_and_says_what_does(tmp_path: Path, command: list[str]) -> None:
    place = tmp_path / "q.sqlite"
    done = warraq("queue", *command, "--queue", str(place))
    assert done.code == 0
    assert "`warraq watch` and `warraq submit` make it" in done.err
    assert not place.exists()
    if "--json" in command:
        assert not json.loads(done.out) or json.loads(done.out)["waiting"] == 0


@pytest.mark.slow
def test_status_says_which_outlets_are_paused_and_makes_no_queue(place: str, tmp_path: Path) -> None:
    open_archive(str(tmp_path / "a"))
    assert warraq("queue", "pause", "smart", "--queue", place).code == 0
    shown = warraq("status", "--archive", str(tmp_path / "a"), WARRAQ_QUEUE=place)
    assert "smart: paused since" in shown.out
    assert "`warraq queue resume smart`" in shown.out
    told = json.loads(warraq("status", "--json", "--archive", str(tmp_path / "a"), WARRAQ_QUEUE=place).out)
    assert list(told["_paused"]) == ["smart"]
    absent = tmp_path / "none.sqlite"
    assert warraq("status", "--archive", str(tmp_path / "a"), WARRAQ_QUEUE=str(absent)).code == 0
    assert not absent.exists()
