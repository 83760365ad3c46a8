"""Twenty workers and five hundred outlets, by the real queue, schedule and pace, on a simulated clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from crawler.download.politeness import Politeness
from crawler.watch.poll_interval import LONGEST
from infra.bench.fleet import LEASE_SECONDS, Fleet, Simulation, newsrooms


@pytest.fixture
def place() -> Iterator[Path]:
    """In memory where the system has such a folder: the queue's waiting for the disk says nothing here."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def worst_gap(fleet: Fleet, hours: float) -> float:
    """The longest time, in seconds, that any outlet's sources were not asked."""
    gaps = []
    for moments in fleet.polls.values():
        ends = [0.0, *moments, hours * 3600]
        gaps.append(max(after - before for before, after in pairwise(ends)))
    return max(gaps)


@pytest.mark.slow
def test_no_outlet_starves_and_no_host_is_asked_faster_than_its_pace(place: Path) -> None:
    """36 million articles a year from 500 outlets; a worker dies every ten minutes; an address is submitted every 20 seconds."""
    simulation = Simulation(place, newsrooms(500, 36e6), 20, deaths_an_hour=6, submitted_an_hour=180)
    fleet = simulation.run(hours=3)
    assert simulation.too_fast() == []
    assert set(fleet.polls) == set(simulation.rooms)
    assert fleet.deaths > 5
    # Longest interval, the lease of a worker that died with it, the crawl itself.
    assert worst_gap(fleet, 3) < LONGEST.total_seconds() + LEASE_SECONDS + 600
    assert sorted(fleet.waited)[len(fleet.waited) * 99 // 100] < LEASE_SECONDS + 60
    assert sum(map(len, fleet.requests.values())) > 5_000


def test_a_small_fleet_keeps_the_same_promises(place: Path) -> None:
    simulation = Simulation(place, newsrooms(25, 2e6), 3, deaths_an_hour=4, submitted_an_hour=120)
    fleet = simulation.run(hours=2)
    assert simulation.too_fast() == []
    assert set(fleet.polls) == set(simulation.rooms)


@pytest.mark.slow
def test_a_pace_that_is_not_kept_is_seen(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that is acknowledged before its host may be asked again is what `Worker` prevents; here it is let through."""
    monkeypatch.setattr(Politeness, "rest", lambda self, hosts: 0.0)
    simulation = Simulation(place, newsrooms(10, 1e6), 4, submitted_an_hour=1_000)
    simulation.run(hours=1)
    assert simulation.too_fast()
