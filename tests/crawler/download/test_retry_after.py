"""A host that asks for a pause has it: from this crawl, from the next, and from another process."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.demo.running import serve
from crawler.download.retry_after import LONGEST, NAME, PAUSES, HostPauses
from crawler.facts import Facts
from infra.world.worlds import World
from storage import open_archive
from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.crawler.watch.busy import ShutSite, ShutWorld
from tests.crawler.watch.watching import Watching, expected, kept

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOST = "www.enabbaladi.net"


def test_a_pause_is_remembered_until_it_is_over() -> None:
    """The longest one counts; a second refusal in the same moment is no news."""
    pauses = HostPauses()
    assert pauses.ask("a", 60, NOW)
    assert not pauses.ask("a", 60.5, NOW)
    assert not pauses.ask("a", 30, NOW)
    assert not pauses.ask("b", 0, NOW)
    assert pauses.ask("a", 90, NOW)
    again = HostPauses(PAUSES.parse(PAUSES.dump(pauses.until(NOW))))
    assert again.left(NOW + timedelta(seconds=30)) == {"a": 60}
    assert again.left(NOW + timedelta(seconds=90)) == {}
    assert again.until(NOW + timedelta(seconds=90)) == {}


def test_no_pause_is_longer_than_a_day() -> None:
    """Whatever a host asks for, and whatever a wrong clock has written."""
    pauses = HostPauses()
    pauses.ask("a", 1e300, NOW)
    assert pauses.left(NOW) == {"a": LONGEST.total_seconds()}
    wrong = json.dumps({"a": "2199-01-01T00:00:00+00:00"}).encode()
    assert HostPauses(PAUSES.parse(wrong)).left(NOW) == {"a": LONGEST.total_seconds()}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": "soon"}', b'{"a": "0001-01-01T00:00:00+14:00"}', b"\xff"],
)
def test_a_damaged_note_holds_nobody_up(tmp_path: Path, data: bytes) -> None:
    """It costs the host one request, and is said."""
    state, facts = open_archive(str(tmp_path / "a")).state("enab_baladi"), io.StringIO()
    state.put(NAME, data)
    assert HostPauses(PAUSES.load(state, Facts(facts))).left(NOW) == {}
    assert json.loads(facts.getvalue())["key"] == "state/enab_baladi/pauses.json"


@pytest.mark.slow
def test_a_host_that_wants_an_hour_is_asked_nothing_more_until_then(tmp_path: Path) -> None:
    """Not for what waited in this crawl, and nothing in the next; what it did not give is kept when the hour is over."""
    world, archive = ShutWorld.miniature(), str(tmp_path / "a")
    crawl = ("crawl", "enab_baladi", "--archive", archive)
    with serve(World.miniature()) as running:
        assert warraq(*crawl, "--limit", "1", world=running).finished["fates"] == {"kept": 1}
    with serve(world) as running:
        first = warraq(*crawl, world=running, WARRAQ_CONCURRENCY="1")
        asked = [request for request in running.requests() if HOST in request.url]
        second = warraq(*crawl, world=running)
        assert len([request for request in running.requests() if HOST in request.url]) == len(asked)
        state = open_archive(archive).state("enab_baladi")
        shown = warraq("status", "--archive", archive).out
        (told,) = first.of("host.paused")
        left = HostPauses(PAUSES.load(state, Facts())).left(datetime.now(UTC))[HOST]
        PAUSES.save(state, {HOST: datetime.now(UTC) - timedelta(seconds=1)})
        third = warraq(*crawl, world=running)
    assert asked[-1].status == 429
    assert (told["host"], told["seconds"]) == (HOST, ShutSite.pause)
    assert 0 < left <= ShutSite.pause
    assert f"enab_baladi: {HOST} asks to be left alone until" in shown
    assert second.code == 1
    assert f"{HOST} asks to be left alone until" in second.err
    assert second.finished["discovered"] == 0
    assert third.code == 0
    assert kept(tmp_path) == expected(world, "enab_baladi")
    assert warraq("verify", "--archive", archive).code == 0


@pytest.mark.slow
def test_what_is_submitted_within_a_pause_waits_for_its_end(tmp_path: Path) -> None:
    """It is no attempt after another that fails, of which there are five: it comes when the host may be asked."""
    world, place = World.miniature(), str(tmp_path / "q.sqlite")
    url = min(expected(world, "enab_baladi"))
    assert warraq("submit", url, "--queue", place).code == 0
    until = datetime.now(UTC) + timedelta(seconds=8)
    state = open_archive(str(tmp_path / "a")).state("enab_baladi")
    state.put(NAME, json.dumps({HOST: until.isoformat()}).encode())
    with serve(world) as running, Watching(running, tmp_path, "geiroon", WARRAQ_PAUSE_SECONDS="1") as watch:
        watch.until(lambda: watch.of("kept"))
        kept_at = datetime.fromisoformat(watch.of("kept")[0]["at"])
        assert watch.stop() == 0
    assert kept_at >= until
    assert len(watch.of("failed")) <= 1  # none if this start took as long
    assert not open_queue(place).dead()
