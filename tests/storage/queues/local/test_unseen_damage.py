"""Damage that SQLite itself does not see, and queue files of the version before."""

from __future__ import annotations

import logging
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from infra.chaos.file_corruption import corrupt
from storage.queues import open_queue
from tests.storage.queues.events import drained, put
from tests.storage.queues.local.conftest import Clock, moved_aside, other
from tests.storage.queues.local.test_damage import settled


def altered(path: Path, old: bytes, new: bytes) -> None:
    """The first place in the file that holds these bytes, from the end: tables of a small queue stand before its events."""
    data = path.read_bytes()
    assert len(old) == len(new)
    at = data.rindex(old)
    path.write_bytes(data[:at] + new + data[at + len(old) :])


def lost_from_its_index(path: Path) -> None:
    """An event that no index names is never given, and the pages are whole."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema=1")
        db.execute("UPDATE sqlite_schema SET sql=replace(sql, 'ON events (grp, id)', 'ON events (grp, id) WHERE id<>7')")
        db.commit()
    with closing(sqlite3.connect(path)) as db:
        db.execute("REINDEX in_order")
        db.execute("PRAGMA writable_schema=1")
        db.execute("UPDATE sqlite_schema SET sql=replace(sql, ' WHERE id<>7', '')")
        db.commit()


UNSEEN: dict[str, Callable[[Path], object]] = {
    "another letter in an event": lambda path: altered(path, b"url.submitted", b"url.submitten"),
    "text that is no UTF-8": lambda path: altered(path, b"url.submitted", b"url.submitte\xff"),
    "an index without one event": lost_from_its_index,
}


@pytest.mark.parametrize("what", UNSEEN)
def test_damage_that_sqlite_does_not_see_is_noticed_and_costs_that_event_at_most(
    what: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No other event is ever given in its stead."""
    settled(path)
    UNSEEN[what](path)
    queue = open_queue(str(path))
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    kept = 200 if "index" in what else 199
    assert f"{kept} events" in said
    assert len(drained(queue)) == kept
    assert len(moved_aside(path)) == 1
    queue.close()


def test_a_file_of_which_nothing_is_left_is_said(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite takes it for a new one. A file that was never there is no damage, nor one that somebody took away."""
    settled(path)
    path.write_bytes(b"")
    queue = open_queue(str(path))
    assert put(queue, "new")
    queue.close()
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "nothing is left of it" in said
    path.unlink()
    open_queue(str(path)).close()
    assert len(moved_aside(path)) == 1


def test_a_time_that_cannot_be_does_not_hold_an_event_for_ever(path: Path, clock: Clock) -> None:
    """As a flipped bit makes it."""
    queue = other(path, clock)
    put(queue, "1")
    queue.release(queue.take()[0], "later", 60)
    queue.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE events SET until=1e300")
        db.commit()
    queue = other(path, clock)
    assert drained(queue) == ["1"]
    queue.close()


def test_what_was_done_with_an_event_may_be_damaged_and_the_event_is_kept(path: Path, clock: Clock) -> None:
    """It waits as if it were new."""
    settled(path, 3)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema=1")
        db.execute("UPDATE sqlite_schema SET sql=replace(sql, 'STRICT', '') WHERE name='events'")
        db.commit()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE events SET attempts='many' WHERE key='1'")
        db.execute("PRAGMA writable_schema=1")
        db.execute("UPDATE sqlite_schema SET sql=sql||' STRICT' WHERE name='events'")
        db.commit()
    queue = other(path, clock)
    assert sorted(drained(queue)) == ["0", "1", "2"]
    assert moved_aside(path)
    queue.close()


@pytest.mark.parametrize("seed", [*range(24), 46])
def test_whatever_becomes_of_the_file_no_event_is_changed_and_none_is_lost_unsaid(
    seed: int, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Bits flipped, pages of noughts, a file cut off: what is given was accepted, and what is missing was counted."""
    queue = open_queue(str(path))
    accepted = [put(queue, str(number), f"g{number % 3}") and str(number) for number in range(30)]
    queue.close()
    how = corrupt(path, random.Random(seed))
    queue = open_queue(str(path))
    found: list[str] = []
    while leases := queue.take(10):
        for lease in leases:
            assert (lease.event["subject"], lease.attempt) == (lease.key, 1)
            queue.ack(lease)
            found.append(lease.key)
    assert len(found) == len(set(found))
    assert set(found) <= set(accepted)
    said = [int(count) for count in re.findall(r"begun anew with (\d+) events", caplog.text)]
    assert len(found) == len(accepted) or said == [len(found)], how
    queue.close()
