"""What operations ask of the store does not grow with the archive: bounds of requests, as the bench of scale counts them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.bench.scale import Spent, exponent, measure
from infra.bench.scale_archives import BEGAN, LEAST, filled, killed
from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive

SIZES = (LEAST, 4 * LEAST)


@pytest.fixture(scope="module")
def measured() -> list[dict[str, Spent]]:
    return [measure(size) for size in SIZES]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "requests"),
    [
        ("poll_keeps_one", 20),
        ("poll_finds_nothing", 2),
        ("new_url", 6),
        ("status", 30),
        ("changes_at_the_end", 4),
        ("begin_after_kill", 600),  # small archives: the changes of a day, and one listing of all claims
    ],
)
def test_requests_are_bounded_at_any_size(operation: str, requests: int, measured: list[dict[str, Spent]]) -> None:
    """The same bound in an archive four times as large."""
    for each in measured:
        assert each[operation].total <= requests, each[operation]
        assert each[operation].bytes <= 1_000_000


@pytest.mark.slow
def test_the_articles_of_some_days_grow_with_the_days(measured: list[dict[str, Spent]]) -> None:
    """Four hundred a day: those of ten days at most are read, of an archive that has ten."""
    assert measured[-1]["articles_of_3_days"].total <= 10 * 400 + 20


@pytest.mark.slow
def test_a_sample_of_one_percent_costs_little_more_than_one_percent_of_a_full_pass(measured: list[dict[str, Spent]]) -> None:
    """1 % of the objects, their manifests, and a dozen listings. Days differ: it is a mean, and the archive is small."""
    small, large = measured
    assert large["verify_sample_1_percent"].total <= 0.02 * large["verify_full"].total
    assert small["verify_full"].total >= 500


def test_an_exponent_is_zero_for_what_does_not_grow_and_one_for_what_does() -> None:
    assert exponent((10, 1_000), [7, 7]) == 0
    assert round(exponent((10, 1_000), [7, 700]), 6) == 1


def test_the_bench_s_killed_run_is_completed_by_the_next() -> None:
    """As a run is whose process died."""
    archive = filled(LEAST)
    at = timedelta(days=400)
    killed(archive, 7_777, BEGAN + at)
    run = Archive(MeteredStore(archive.store)).begin({}, now=lambda: BEGAN + at + timedelta(hours=1))
    assert len(run.finish()["recovered"]["runs"]) == 1
    assert isinstance(archive.store, MemoryStore)
