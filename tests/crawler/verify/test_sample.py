"""`verify --sample`: each object in its turn, with what it belongs to."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from storage import open_archive
from storage.verify.sample import in_sample, sample
from tests.crawler.conftest import tree
from tests.crawler.verify.conftest import KINDS, of_kind


def test_every_object_is_in_the_sample_of_one_of_a_hundred_days(sound: Path) -> None:
    """Successive days take other objects, and a hundred of them take all, each once."""
    keys = [key for key in tree(sound) if not key.startswith("state/")]
    days = [date(2026, 11, 22) + timedelta(days=n) for n in range(100)]
    assert {sum(in_sample(key, 0.01, day) for day in days) for key in keys} == {1}


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_a_sample_of_a_sound_archive_gives_no_finding(share: float, sound: Path) -> None:
    """Whatever is chosen, what it refers to and what refers to it is looked up."""
    store = open_archive(str(sound)).store
    reports = [sample(store, share, date(2026, 11, 22) + timedelta(days=n)) for n in range(round(1 / share))]
    assert [report.findings for report in reports] == [[]] * len(reports)
    assert sum(report.objects for report in reports) == open_archive(str(sound)).verify().objects


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "plan" not in kind])
def test_a_sample_that_has_a_broken_object_finds_it(kind: str, place: Path) -> None:
    """On the day on which it is in the sample, however small that is."""
    victim = of_kind(place, kind)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    key = str(victim.relative_to(place))
    day = next(day for n in range(100) if in_sample(key, 0.01, day := date(2026, 11, 22) + timedelta(days=n)))
    report = sample(open_archive(str(place)).store, 0.01, day)
    assert any(key in finding.key or key in finding.problem for finding in report.damaged), report
    assert report.objects < 20


LOOKED_UP = {
    "article": ["claim", "WARC file", "ledger entry", "change segment"],
    "claim": ["article"],
    "index": ["WARC file"],
    "WARC file": ["index"],
}


@pytest.mark.parametrize(("chosen", "missing"), [(chosen, gone) for chosen, others in LOOKED_UP.items() for gone in others])
def test_a_sampled_object_is_checked_against_what_it_belongs_to(chosen: str, missing: str, place: Path) -> None:
    """Article ↔ claim ↔ WARC record ↔ ledger entry ↔ change: the sample has the one, the other is gone."""
    victim = of_kind(place, chosen)
    if chosen == "claim":
        victim = next(claim for claim in place.glob(KINDS["claim"]) if b"outlet=smart" in claim.read_bytes())
    key = str(victim.relative_to(place))
    for other in place.glob(KINDS[missing]):
        other.unlink()
    day = next(day for n in range(1000) if in_sample(key, 0.001, day := date(2026, 11, 22) + timedelta(days=n)))
    report = sample(open_archive(str(place)).store, 0.001, day)
    assert any(finding.key.partition("#")[0] == key for finding in report.findings), report
