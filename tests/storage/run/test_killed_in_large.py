"""kill -9 in a large archive: the next run looks at what the killed one touched, and mends all of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive, Capture, LaterVisits, Run
from storage.archive import _make
from storage.index.revisits import NOTE
from storage.run.in_flight import slot
from tests.storage.newsroom import CAPTURE, NOON, WrappedStore, article, begin, keep_all
from tests.storage.run.test_killed import before_visits, check, visits


class Killed(BaseException):
    """The process is gone: nothing of it is run any more."""


class DeadlyMemory(WrappedStore):
    """Takes k more writes. Then it takes none: whoever writes is dead."""

    left = 10**9

    def before(self, call: str, key: str) -> None:
        super().before(call, key)
        if call in {"create", "replace"}:
            if self.left <= 0:
                raise Killed
            self.left -= 1


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of twenty URLs is large, and its runs' processes are dead once they are killed."""
    monkeypatch.setattr("storage.index.ledger_survey.SURVEY_KEYS", 3)
    monkeypatch.setattr("storage.liveness.state_of", lambda _: "dead")


def killed_after(store: MemoryStore, k: int) -> tuple[bool, Run]:
    deadly = DeadlyMemory(store)
    run = begin(Archive(deadly))
    deadly.left = k
    try:
        visits(run)
        run.finish()
    except Killed:
        run.close()
        return True, run
    return False, run


def made() -> MemoryStore:
    store = MemoryStore()
    _make(store)
    before_visits(Archive(store))
    return store


@pytest.mark.slow
@pytest.mark.parametrize("lost", [False, True], ids=["state kept", "state lost"])
def test_killed_before_any_write_the_next_run_mends_it_without_listing_all_claims(lost: bool) -> None:
    """Write by write. Without state/, by listing them."""
    k, listed = 0, []
    while True:
        store = made()
        killed, run = killed_after(store, k)
        if lost:
            store.drop("state/")
        metered = MeteredStore(store)
        archive = Archive(metered)
        begin(archive, NOON + timedelta(hours=1)).finish()
        began = any(f"{run.run_id}.started" in key for key in store.objects)
        if killed and began and "LIST hashes/" in metered.by_key:
            listed.append(k)
        assert archive.verify().findings == [], k
        again = begin(archive, NOON + timedelta(hours=2))
        visits(again)
        again.finish()
        check(archive)
        if not killed:
            break
        k += 1
    assert k > 30
    assert bool(listed) == lost


def test_a_keep_that_failed_before_the_run_was_killed_is_mended_too() -> None:
    """Its claim stands, its article does not: it stays named in the file."""
    store = made()
    deadly = DeadlyMemory(store)
    run = begin(Archive(deadly))
    run.known("enab_baladi", article(77).url)

    class RefusedError(OSError):
        pass

    def refuse(call: str, key: str) -> None:
        if call == "create" and key.startswith("articles/"):
            raise RefusedError

    deadly.before = refuse  # type: ignore[method-assign]
    with pytest.raises(RefusedError):
        run.keep(article(77), CAPTURE)
    deadly.before = lambda call, key: None  # type: ignore[method-assign]
    run.keep(article(78), CAPTURE)
    run.close()
    archive = Archive(store)
    assert begin(archive, NOON + timedelta(hours=1)).finish()["recovered"]["urls"] == [article(77).url]
    assert archive.verify().findings == []


@pytest.mark.parametrize("survey_keys", [3, 1_000], ids=["large", "small"])
def test_an_announced_change_whose_number_another_run_took_is_entered_by_the_next(
    survey_keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was killed between the two: its text was told of, and stands under the number after that."""
    monkeypatch.setattr("storage.index.ledger_survey.SURVEY_KEYS", survey_keys)
    store = made()
    deadly = DeadlyMemory(store)
    run = begin(Archive(deadly))
    run.known("enab_baladi", article(77).url)
    run.known("enab_baladi", article(2).url)
    hour = timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr("storage.liveness.state_of", lambda _: "alive")
        keep_all(Archive(store), article(2, "للآخر"), at=NOON + hour)

    def kill(call: str, key: str) -> None:
        if call == "create" and key.startswith("urls/"):
            raise Killed

    deadly.before = kill  # type: ignore[method-assign]
    with pytest.raises(Killed):
        run.keep(article(2, "له"), Capture(fetched_at=NOON + 2 * hour, status=200))
    run.close()
    archive = Archive(store)
    for hours in (3, 4):
        begin(archive, NOON + hours * hour).finish()
    assert [each.fate for each in archive.history("enab_baladi:2")] == ["kept", "revised", "revised"]
    assert archive.verify().findings == []


def test_a_slot_that_another_run_took_is_not_believed() -> None:
    """All claims are looked at then."""
    store = made()
    _, run = killed_after(store, 3)
    store.objects[slot(run.run_id)] = (b'{"run_id":"another","claims":[]}', 0.0)
    metered = MeteredStore(store)
    begin(Archive(metered), NOON + timedelta(hours=1)).finish()
    assert "LIST hashes/" in metered.by_key
    assert Archive(store).verify().findings == []


def test_what_recovery_costs_does_not_grow_with_the_claims() -> None:
    """Of a killed run that had one article in flight."""
    costs = []
    for number in (30, 300):
        store = made()
        for first in range(0, number, 10):
            at = NOON - timedelta(days=30 - first // 10 % 30)
            keep_all(Archive(store), *(article(1_000 + first + each) for each in range(10)), at=at)
        deadly = DeadlyMemory(store)
        run = begin(Archive(deadly))
        run.known("enab_baladi", article(5_000).url)
        deadly.left = 4
        with pytest.raises(Killed):
            run.keep(article(5_000), Capture(fetched_at=NOON, status=200))
        run.close()
        metered = MeteredStore(store)
        next_run = begin(Archive(metered), NOON + timedelta(hours=1))
        costs.append(metered.requests.total())
        assert next_run.finish()["recovered"]["runs"] == [run.run_id]
    assert costs[1] <= costs[0] + 5


def test_a_content_that_was_foreseen_is_named_with_the_first_write_and_mended_wherever_the_run_was_killed() -> None:
    """Something else is written first, as a raw capture is; then a foreseen article, then one that was not."""
    k, killed = 0, True
    while killed:
        store = made()
        deadly = DeadlyMemory(store)
        writes = MeteredStore(deadly)
        run = begin(Archive(writes))
        run.known("enab_baladi", article(77).url)
        run.foresee(article(77))
        deadly.left = k
        try:
            run.announce("enab_baladi", "outlet.silent", {})
            run.keep(article(77), CAPTURE)
            assert writes.by_key[f"PUT {slot(run.run_id)}"] == 1
            run.keep(article(78), CAPTURE)
            assert writes.by_key[f"PUT {slot(run.run_id)}"] == 2
            run.finish()
            killed = False
        except Killed:
            run.close()
        metered = MeteredStore(store)
        archive = Archive(metered)
        begin(archive, NOON + timedelta(hours=1)).finish()
        assert "LIST hashes/" not in metered.by_key, k
        assert archive.verify().findings == [], k
        for claim in [key for key in store.objects if key.startswith("hashes/")]:
            assert archive.get(claim)["article"] in store.objects
        k += 1
    assert k > 12


def test_notes_of_a_run_stand_only_where_its_manifest_does() -> None:
    """Killed before any write: what a feed's validators rely on, and the moment of the next visit, come after what was kept."""
    k, killed, told = 0, True, 0
    later = LaterVisits(revisits=(timedelta(hours=1),))
    while killed:
        store = made()
        deadly = DeadlyMemory(store)
        run = Archive(deadly).begin({}, now=lambda: NOON, later=later)
        run.known("enab_baladi", article(77).url)
        run.state("enab_baladi").stage("discovery.json", b"validators")
        deadly.left = k
        try:
            run.keep(article(77), CAPTURE)
            run.finish()
            killed = False
        except Killed:
            run.close()
        notes = Archive(store).state("enab_baladi")
        manifest = any(key.endswith(f"{run.run_id}.json") for key in store.objects)
        assert (notes.note("discovery.json"), notes.note(NOTE) is not None) in {(None, False), (b"validators", True)}
        assert manifest or notes.note("discovery.json") is None, k
        told += notes.note("discovery.json") is not None
        archive = Archive(store)
        begin(archive, NOON + timedelta(hours=1)).finish()
        assert archive.verify().findings == [], k
        k += 1
    assert told >= 3, "before the index, before the note on runs, and at the end"
