"""`verify --sample`: each object in its turn, with what it belongs to."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from storage import open_archive
from storage.stores.store import Store
from storage.verify.sample import sample
from tests.crawler.conftest import tree
from tests.crawler.verify.conftest import KINDS, of_kind
from tests.storage.newsroom import WrappedStore

DAYS = [date(2026, 11, 22) + timedelta(days=n) for n in range(100)]


class Reads(WrappedStore):
    """Remembers which objects were read."""

    def __init__(self, beneath: Store) -> None:
        super().__init__(beneath)
        self.keys: list[str] = []

    def get(self, key: str) -> bytes | None:
        self.keys.append(key)
        return super().get(key)


@pytest.fixture(scope="module")
def days_of(sound: Path) -> dict[str, list[date]]:
    """The days on which a sample of 1 % reads an object: that of its run, and those on which it is looked up for another."""
    store = open_archive(str(sound)).store
    days: dict[str, list[date]] = defaultdict(list)
    for day in DAYS:
        reads = Reads(store)
        assert sample(reads, 0.01, day).findings == []
        for key in set(reads.keys):
            days[key].append(day)
    return days


def test_every_object_is_in_the_sample_of_one_of_a_hundred_days(days_of: dict[str, list[date]], sound: Path) -> None:
    """Successive days take other objects, and a hundred of them take all."""
    assert set(days_of) >= {key for key in tree(sound) if not key.startswith("state/")}


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_a_sample_of_a_sound_archive_gives_no_finding(share: float, sound: Path) -> None:
    """Whatever is chosen, what it refers to and what refers to it is looked up."""
    store = open_archive(str(sound)).store
    reports = [sample(store, share, date(2026, 11, 22) + timedelta(days=n)) for n in range(round(1 / share))]
    assert [report.findings for report in reports] == [[]] * len(reports)
    assert sum(report.objects for report in reports) >= open_archive(str(sound)).verify().objects
    if share == 1:
        assert reports[0].objects == open_archive(str(sound)).verify().objects


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "plan" not in kind])
def test_a_sample_that_has_a_broken_object_finds_it(kind: str, days_of: dict[str, list[date]], place: Path) -> None:
    """On the day on which it is in the sample, however small that is."""
    victim = of_kind(place, kind)
    key = str(victim.relative_to(place))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    store = open_archive(str(place)).store
    for day in days_of[key]:
        report = sample(store, 0.01, day)
        assert report.objects < len(days_of)
        if any(key in finding.key or key in finding.problem for finding in report.damaged):
            return
    raise AssertionError(f"{key} was found on none of {days_of[key]}")


LOOKED_UP = {
    "article": ["claim", "WARC file", "ledger entry", "change segment"],
    "claim": ["article"],
    "index": ["WARC file"],
    "WARC file": ["index"],
}


@pytest.mark.parametrize(("chosen", "missing"), [(chosen, gone) for chosen, others in LOOKED_UP.items() for gone in others])
def test_a_sampled_object_is_checked_against_what_it_belongs_to(
    chosen: str, missing: str, days_of: dict[str, list[date]], place: Path
) -> None:
    """Article ↔ claim ↔ WARC record ↔ ledger entry ↔ change: the sample has the one, the other is gone."""
    victim = of_kind(place, chosen)
    if chosen == "claim":
        victim = next(claim for claim in place.glob(KINDS["claim"]) if b"outlet=smart" in claim.read_bytes())
    key = str(victim.relative_to(place))
    gone = {str(other.relative_to(place)) for other in place.glob(KINDS[missing])}
    for other in gone:
        (place / other).unlink()
    store, missed = open_archive(str(place)).store, {key}
    if missing == "change segment":  # what no change tells of is not drawn with it
        missed |= gone
    for day in days_of[key]:
        if missed & {finding.key.partition("#")[0] for finding in sample(store, 0.01, day).findings}:
            return
    raise AssertionError(f"{key} was found on none of {days_of[key]}")
