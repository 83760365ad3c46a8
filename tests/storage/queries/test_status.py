"""What status costs: the runs since it was counted, not the archive; and that it is right whatever happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import Archive, Capture
from storage.errors import NotWritable
from storage.queries import status as status_module
from storage.queries.status import COUNTS
from tests.storage.newsroom import NOON, MemoryStore, WrappedStore, article, begin, keep_all

DAY = timedelta(days=1)


def filled(runs: int) -> Archive:
    """A run a day of three articles of two outlets, the last at NOON."""
    archive = Archive(MemoryStore())
    for number in range(runs):
        at = NOON - (runs - number) * DAY
        keep_all(archive, article(2 * number), article(2 * number + 1), article(number, "نص", outlet="smart"), at=at)
    return archive


def counted(archive: Archive) -> dict[str, int]:
    return {outlet: each["articles"] for outlet, each in archive.status().items()}


@pytest.mark.parametrize("runs", [30, pytest.param(300, marks=pytest.mark.slow)])
def test_status_costs_the_runs_of_the_last_days(runs: int) -> None:
    """After it was asked once; and it is asked of a store that cannot be written to as well."""
    archive = filled(runs)
    assert counted(archive) == {"enab_baladi": 2 * runs, "smart": runs}
    for later in range(5):
        keep_all(archive, article(9_000 + later), at=NOON + later * timedelta(hours=1))
    store = WrappedStore(archive.store)
    status = Archive(store).status()
    assert {outlet: each["articles"] for outlet, each in status.items()} == {"enab_baladi": 2 * runs + 5, "smart": runs}
    assert status["enab_baladi"]["last_kept"].startswith("2026-11-22T16:00")
    assert status["smart"]["last_run"]["fates"] == {"kept": 1}
    assert store.calls["listing"] <= 2
    assert store.calls.total() <= 10


@pytest.mark.parametrize("articles", [60, pytest.param(1_500, marks=pytest.mark.slow)])
def test_a_past_that_one_run_kept_is_counted_once(articles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before there are many runs, and when it comes to an archive that has been counted."""
    if articles <= status_module._KEYS_AT_ONCE:
        monkeypatch.setattr(status_module, "_KEYS_AT_ONCE", 50)
    archive = Archive(MemoryStore())
    for first in (0, articles):
        keep_all(archive, *(article(first + number) for number in range(articles)), at=NOON + (1 if first else 0) * DAY)
        assert counted(archive) == {"enab_baladi": first + articles}
        store = WrappedStore(archive.store)
        assert counted(Archive(store)) == {"enab_baladi": first + articles}
        assert store.calls["listing"] <= 2
        assert store.calls.total() <= 6


def test_counts_go_on_for_years_without_growing() -> None:
    """They are left anew when some twenty runs are new; only runs of the last days are named."""
    archive = filled(25)
    counted(archive)
    for number in range(120):
        keep_all(archive, article(10_000 + number), at=NOON + number * DAY)
        if number % 7 == 0:
            assert counted(archive) == {"enab_baladi": 50 + number + 1, "smart": 25}
    assert len(archive.store.get(COUNTS) or b"") < 3_000


def test_a_run_that_began_before_others_and_ends_after_them_is_counted() -> None:
    """Its manifest stands under the day it began."""
    archive = filled(25)
    long = begin(archive, NOON)
    long.keep(article(500), Capture(NOON, 200))
    assert counted(archive)["enab_baladi"] == 51
    for number in range(30):
        keep_all(archive, article(600 + number), at=NOON + number * timedelta(hours=12))
        counted(archive)
    long.keep(article(501), Capture(NOON, 200))
    long.finish()
    assert counted(archive)["enab_baladi"] == 82


def test_articles_of_a_killed_run_are_counted() -> None:
    """They stand in no manifest."""
    archive = filled(25)
    counted(archive)
    killed = begin(archive, NOON)
    killed.keep(article(700), Capture(NOON, 200))
    killed.close()
    key = next(found.key for found in archive.store.listing("runs/") if killed.run_id in found.key)
    archive.store.create(key.replace(".started.", ".recovered."), b'{"run_id":"x"}\n')
    assert counted(archive)["enab_baladi"] == 51


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"version":1}', b"\xff", None])
def test_counts_that_are_lost_or_broken_are_counted_anew(damage: bytes | None) -> None:
    """As are those of another archive."""
    archive = filled(25)
    counted(archive)
    if damage is None:
        other = filled(30)
        counted(other)
        damage = other.store.get(COUNTS)
    archive.store.replace(COUNTS, damage or b"")
    assert counted(archive) == {"enab_baladi": 50, "smart": 25}


class ReadOnly(WrappedStore):
    def before(self, call: str, key: str) -> None:
        super().before(call, key)
        if call == "replace":
            raise NotWritable("forbidden")


def test_who_may_only_read_gets_the_same() -> None:
    """Nothing is left, nothing fails."""
    archive = filled(25)
    assert counted(Archive(ReadOnly(archive.store))) == {"enab_baladi": 50, "smart": 25}
    assert archive.store.get(COUNTS) is None
