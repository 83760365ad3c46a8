"""A sample over runs that are drawn in slices, small runs, killed ones, and what no run made."""

from __future__ import annotations

import copy
import json
from datetime import date, timedelta

import pytest

from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive, ArchiveError
from storage.stores.store import ForwardingStore, Stored
from storage.verify.sample import KINDS, sample
from storage.verify.sample_units import SLICE_BYTES, units
from tests.storage.newsroom import CAPTURE, article, begin, keep_all

SHARE = 0.25
DAYS = [date(2026, 11, 22) + timedelta(days=n) for n in range(4)]
LARGE = 40


@pytest.fixture(scope="module")
def made() -> MemoryStore:
    """Two runs of several slices, one of them with duplicates and revisions; two small ones, and one that was killed."""
    archive = Archive(store := MemoryStore())
    run = begin(archive)
    for number in range(LARGE):
        run.keep(article(number), CAPTURE)
    for number in range(5):
        run.keep(article(number, outlet="smart"), CAPTURE)
        run.keep(article(number, "ثان"), CAPTURE)
    run.finish()
    keep_all(archive, *(article(number) for number in range(100, 100 + LARGE)))
    keep_all(archive, article(1_001))
    keep_all(archive, article(1_002), article(1_003))
    killed = begin(archive)
    killed.keep(article(2_000), CAPTURE)
    killed.close()
    return store


@pytest.fixture
def archive(made: MemoryStore) -> Archive:
    """A copy of it, to be broken."""
    return Archive(copy.deepcopy(made))


def read_on(archive: Archive, day: date) -> set[str]:
    """The objects that the sample of a day reads; it finds nothing."""
    store = MeteredStore(archive.store)
    assert [finding for finding in sample(store, SHARE, day).findings if finding.severity == "damage"] == []
    return {key.removeprefix("GET ") for key in store.by_key} & kept(archive)


def kept(archive: Archive) -> set[str]:
    assert isinstance(archive.store, MemoryStore)
    return {key for key in archive.store.objects if not key.startswith("state/")}


def test_every_object_that_a_manifest_lists_is_read_in_one_round_of_days(archive: Archive) -> None:
    """Slices of a large run on their days, small runs whole; no day reads much more than its share."""
    read = [read_on(archive, day) for day in DAYS]
    assert set().union(*read) == kept(archive)
    assert max(map(len, read)) < len(kept(archive))


def test_a_manifest_that_cannot_be_read_is_not_passed_over(archive: Archive) -> None:
    """A bad block of a disk, a bucket's refusal: the object is there, so the sample says what is wrong with it."""
    broken = next(found.key for found in archive.store.listing("runs/") if found.key.count(".") == 1)

    class BadBlock(ForwardingStore):
        def get(self, key: str) -> bytes | None:
            if key == broken:
                raise ArchiveError(f"{key}: Input/output error")
            return super().get(key)

    findings = [finding for day in DAYS for finding in sample(BadBlock(archive.store), SHARE, day).findings]
    assert (broken, f"{broken}: Input/output error") in {(finding.key, finding.problem) for finding in findings}


def test_a_sample_of_everything_is_everything(archive: Archive) -> None:
    assert sample(archive.store, 1.0, DAYS[0]).objects == archive.verify().objects == len(kept(archive))


@pytest.mark.parametrize("how", ["altered", "deleted"])
@pytest.mark.parametrize("kind", ["articles/", "hashes/", "urls/", "changes/"])
def test_whatever_object_of_a_large_run_is_broken_is_found_in_one_round_of_days(kind: str, how: str, archive: Archive) -> None:
    """Each of some, on the day on which its slice is drawn; deleted ones by what lists them."""
    store = archive.store
    assert isinstance(store, MemoryStore)
    runs = [data for key, (data, _) in store.objects.items() if key.startswith("runs/") and len(data) > 3 * SLICE_BYTES]
    assert len(runs) == 2
    files = [[each["key"] for each in json.loads(run)["files"] if each["key"].startswith(kind)] for run in runs]
    for victim in (key for listed in files for key in listed[:: LARGE // 3]):
        data = store.objects[victim]
        if how == "deleted":
            store.drop(victim)
        else:
            store.replace(victim, data[0][:-9] + b"x" + data[0][-8:])
        found = (finding for day in DAYS for finding in sample(store, SHARE, day).findings)
        assert any(victim in finding.key or victim in finding.problem for finding in found), victim
        store.replace(victim, data[0])


def test_an_article_deleted_with_all_that_speaks_of_it_is_missed_by_its_manifest(archive: Archive) -> None:
    """Article, claim, ledger entry and change."""
    (event,) = [change.event for change in archive.changes() if change.event["subject"] == article(7).id]
    place = archive.history(article(7).id)[0]
    store = archive.store
    assert isinstance(store, MemoryStore)
    gone = [key for key in kept(archive) if key in {place.key, place.article} or str(place.content_hash)[7:] in key]
    gone += [key for key in kept(archive) if key.startswith("changes/") and event["id"].encode() in store.objects[key][0]]
    assert len(gone) == 4
    for key in gone:
        store.drop(key)
    found = {finding.key for day in DAYS for finding in sample(store, SHARE, day).damaged}
    assert any(key in found for key in gone), found


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_manifest_lists_is_found_in_ten_rounds(kind: str, archive: Archive) -> None:
    """A copy of an object under a key that no run made."""
    like = min(key for key in kept(archive) if key.startswith(kind if kind != "warc/" else "articles/"))
    stranger = f"{kind}{'0' * 4}/{like.rpartition('/')[2]}"
    archive.store.create(stranger, archive.store.get(like) or b"")
    days = (DAYS[0] + timedelta(days=n) for n in range(10 * round(1 / SHARE)))
    assert any(finding.key == stranger for day in days for finding in sample(archive.store, SHARE, day).damaged)


def test_a_small_archive_has_something_checked_on_every_day() -> None:
    archive = Archive(MemoryStore())
    keep_all(archive, article(1))
    assert all(sample(archive.store, 0.001, day).objects >= 3 for day in DAYS)


def test_slices_are_of_a_bounded_size_and_every_one_has_its_day() -> None:
    """Of a manifest in parts as of one that names its files itself."""
    stem = "runs/2026/11/22/01234567-89ab-7cde-8f01-23456789abcd"
    listed = [Stored(f"{stem}.files-000001.jsonl", 40 * SLICE_BYTES, 0.0), Stored(f"{stem}.json", 900, 0.0)]
    drawn = [list(units(listed, 0.01, DAYS[0] + timedelta(days=n))) for n in range(100)]
    assert sorted({number for day in drawn for unit in day for number in unit.slices}) == list(range(41))
    assert max(len(unit.slices) for day in drawn for unit in day) <= 5
