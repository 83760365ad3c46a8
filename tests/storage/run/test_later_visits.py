"""Which articles are due for another look, and that it costs next to nothing to know that none is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import Archive, Capture, KeepRequest, LaterVisits, Run, open_archive
from storage.index.revisits import NOTE
from storage.state import NOTES
from storage.stores.store import Store
from tests.storage.newsroom import NOON, WrappedStore, article

HOUR = timedelta(hours=1)
LATER = LaterVisits(revisits=(HOUR, 6 * HOUR, 24 * HOUR))
STEPS = LATER.revisits


class Reading(WrappedStore):
    """Notes which keys are read."""

    def __init__(self, beneath: Store) -> None:
        super().__init__(beneath)
        self.read: list[str] = []

    def before(self, call: str, key: str) -> None:
        super().before(call, key)
        if call == "get":
            self.read.append(key)


def begin(archive: Archive, at: datetime, later: LaterVisits = LATER) -> Run:
    return archive.begin({}, now=lambda: at, later=later)


def keep(archive: Archive, number: int, at: datetime, published: datetime = NOON, **validators: str) -> str:
    run = begin(archive, at)
    text = replace(article(number), date_published=published.isoformat())
    capture = Capture(fetched_at=at, status=200)
    fate = run.keep_one(KeepRequest(article=text, capture=capture, validators=validators)).fate
    run.finish()
    return fate


def due(archive: Archive, at: datetime) -> list[str]:
    """What a run at that time would look at again."""
    run = begin(archive, at)
    found = [address for _, address in run.revisits("enab_baladi")]
    run.close()
    return found


def test_an_article_is_due_at_each_age_until_it_was_looked_at(tmp_path: Path) -> None:
    """By the address it was fetched at, from the snapshot that the last run left."""
    archive = open_archive(str(tmp_path))
    keep(archive, 1, NOON + 0.5 * HOUR)
    assert due(archive, NOON + 0.9 * HOUR) == []
    assert due(archive, NOON + 1 * HOUR) == [article(1).fetched_url]
    assert keep(archive, 1, NOON + 1 * HOUR) == "unchanged"
    assert due(archive, NOON + 5 * HOUR) == []
    assert due(archive, NOON + 7 * HOUR) == [article(1).fetched_url]
    keep(archive, 1, NOON + 30 * HOUR)
    assert due(archive, NOON + 999 * HOUR) == []


def test_an_old_article_found_today_is_not_visited_again(tmp_path: Path) -> None:
    """It is past every age; one of unknown date counts from its first capture."""
    archive = open_archive(str(tmp_path))
    keep(archive, 1, NOON, published=NOON - timedelta(days=900))
    run = begin(archive, NOON)
    run.keep(replace(article(2), date_published=None), Capture(fetched_at=NOON, status=200))
    run.finish()
    assert due(archive, NOON + 2 * HOUR) == [article(2).fetched_url]


def test_validators_and_address_are_known_until_the_last_age(tmp_path: Path) -> None:
    """Then the snapshot forgets them, so that it does not grow with them."""
    archive = open_archive(str(tmp_path))
    keep(archive, 1, NOON + 0.5 * HOUR, **{"If-None-Match": '"a"'})
    run = begin(archive, NOON + HOUR)
    known = run.known("enab_baladi", article(1).url)
    assert known is not None
    assert (known.validators, known.published) == ({"If-None-Match": '"a"'}, NOON)
    assert run.is_due(known)
    run.close()
    keep(archive, 1, NOON + 25 * HOUR, **{"If-None-Match": '"b"'})
    run = begin(archive, NOON + 26 * HOUR)
    known = run.known("enab_baladi", article(1).url)
    assert known is not None
    assert (known.validators, known.published) == ({}, None)
    assert not run.is_due(known)
    run.close()


def test_a_capture_of_an_archive_is_no_address_to_ask_again(tmp_path: Path) -> None:
    """A replay's address is not the page's."""
    archive = open_archive(str(tmp_path))
    run = begin(archive, NOON)
    run.keep(article(1), Capture(fetched_at=NOON, status=200, via="wayback", memento_at=NOON - HOUR))
    run.finish()
    assert due(archive, NOON + 7 * HOUR) == []


def test_a_removal_is_due_when_it_can_be_confirmed_whatever_its_age(tmp_path: Path) -> None:
    """A day later by default; after that no more."""
    archive = open_archive(str(tmp_path))
    keep(archive, 1, NOON + 0.5 * HOUR)
    for hours, expected in ((25, []), (26, []), (50, [article(1).fetched_url])):
        assert due(archive, NOON + hours * HOUR - HOUR / 4) == (expected if hours != 25 else [article(1).fetched_url])
        run = begin(archive, NOON + hours * HOUR)
        run.settle("enab_baladi", article(1).url, "gone", "404", Capture(fetched_at=NOON + hours * HOUR, status=404))
        run.finish()
    assert due(archive, NOON + 999 * HOUR) == []


@pytest.mark.parametrize("note", ["there", "broken", "lost", "of other settings"])
def test_knowing_that_nothing_is_due_reads_a_note_of_some_bytes(note: str, tmp_path: Path) -> None:
    """Not the snapshot, which has all URLs; without a note that can be trusted, the snapshot."""
    archive = open_archive(str(tmp_path))
    keep(archive, 1, NOON + 0.5 * HOUR)
    if note == "broken":
        archive.state("enab_baladi").write(NOTE, b"{")
    elif note == "lost":
        (tmp_path / "state/enab_baladi" / NOTES).unlink()
    store = Reading(archive.store)
    later = LaterVisits(revisits=STEPS[1:]) if note == "of other settings" else LATER
    run = begin(Archive(store), NOON + 0.7 * HOUR, later)
    store.read.clear()
    assert list(run.revisits("enab_baladi")) == []
    assert any("known" in key for key in store.read) is (note != "there")
    run.close()
    assert len(due(archive, NOON + HOUR)) == 1


def test_without_ages_nothing_is_read_and_nothing_due(tmp_path: Path) -> None:
    """The setting switches it off."""
    archive = open_archive(str(tmp_path))
    keep(archive, 1, NOON + 0.5 * HOUR)
    store = Reading(archive.store)
    run = begin(Archive(store), NOON + 9 * HOUR, LaterVisits())
    store.read.clear()
    assert list(run.revisits("enab_baladi")) == []
    assert store.read == []
    run.close()
