"""A crawl that is asked to stop ends, whatever it waits for: a site, its own pace, a reader. Nothing is lost by it.

What it would have to wait for takes longer than the tests wait for the crawl (`infra.testing.waiting.LONG`).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import Running, serve
from crawler.demo.sites.site import Site
from infra.testing.waiting import bounded, until
from infra.world.worlds import World
from tests.crawler.conftest import Done, environment, warraq
from tests.crawler.past_web import PastWorld, TroubledWayback, captured
from tests.crawler.run_first import STUCK_READER, run_first
from tests.crawler.watch.silent import FOR_EVER, SILENT, SilentWorld
from tests.crawler.watch.test_terminal import CONTROLLED
from tests.crawler.watch.watching import expected, kept

HOUR = "3600"
PATIENT = """
import sys
if "crawl" in sys.orig_argv:
    import crawler.crawl.process

    crawler.crawl.process.GRACE_SECONDS = 3600
"""


@pytest.fixture(autouse=True)
def _as_from_a_terminal() -> Iterator[None]:
    """What is started takes SIGHUP, also where the tests themselves were told to ignore it (nohup)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def stopped(
    world: Running, place: Path, begun: Callable[[], object], *signs: int, kept: int = 0, outlet: str = "enab_baladi", **env: str
) -> Done:
    """A crawl that gets these signals when so many articles are kept and `begun` is true."""
    command = [sys.executable, "-m", "crawler", "crawl", outlet, "--archive", str(place / "a")]
    process = subprocess.Popen(
        command, env=environment(world, **env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    with process, bounded(process, "its end"):
        assert process.stdout is not None
        assert process.stderr is not None
        told = ""
        while told.count('"fact": "kept"') < kept:
            told += next(process.stdout)
        until(begun)
        for sign in signs:
            process.send_signal(sign)
        told += process.stdout.read()
        return Done(process.wait(), told, process.stderr.read())


def goes_on(world: Running, place: Path, miniature: World) -> None:
    """The next crawl finds all the rest."""
    assert warraq("crawl", "enab_baladi", "--archive", str(place / "a"), world=world).code == 0
    assert kept(place) == expected(miniature, "enab_baladi")
    assert warraq("verify", "--archive", str(place / "a")).code == 0


def asked_in_vain(world: Running) -> bool:
    """Whether it was asked for what never comes."""
    return any(SILENT.search(request.url) for request in world.requests())


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_site_that_never_answers_holds_up_no_stop(served: Running, miniature: World, tmp_path: Path, sign: int) -> None:
    with serve(SilentWorld.miniature()) as running:
        done = stopped(running, tmp_path, lambda: asked_in_vain(running), sign, kept=1, WARRAQ_DOWNLOAD_TIMEOUT=HOUR)
    assert (done.code, done.err) == (130, "warraq: interrupted\n")
    assert {fact["reason"] for fact in done.of("failed")} == {"interrupted"}
    assert kept(tmp_path) == {fact["url"] for fact in done.of("kept")} > set()
    assert done.finished["fates"]["failed"] == len(done.of("failed"))
    goes_on(served, tmp_path, miniature)


class MuteArchive(TroubledWayback):
    """Has captures, and gives none of them."""

    def answer(self, asked: SiteRequest) -> Answer:
        if asked.path.startswith("/web/"):
            return Answer(chunks=lambda: iter([b"too late"]), drip=FOR_EVER)
        return super().answer(asked)


class MutePast(PastWorld):
    def sites(self) -> list[Site]:
        sites = super().sites()
        for site in sites:
            if isinstance(site, TroubledWayback):
                site.__class__ = MuteArchive
        return sites


@pytest.mark.slow
def test_an_address_whose_capture_did_not_come_in_time_is_none_without_a_capture(tmp_path: Path) -> None:
    """Nothing is said of the archive that a crawl did not wait for."""
    with serve(MutePast([captured()])) as running:

        def begun() -> bool:
            return any("/web/" in request.url for request in running.requests())

        done = stopped(running, tmp_path, begun, signal.SIGINT, outlet="smart", WARRAQ_DOWNLOAD_TIMEOUT=HOUR)
    assert (done.code, done.err) == (130, "warraq: interrupted\n")
    assert {fact["reason"] for fact in done.of("failed")} == {"interrupted"}


@pytest.mark.slow
def test_a_pace_holds_up_no_stop(served: Running, miniature: World, tmp_path: Path) -> None:
    """Pages that wait for their turn are not asked for, however long answers are waited for."""
    changed = run_first(tmp_path / "code", PATIENT)
    done = stopped(served, tmp_path, lambda: True, signal.SIGTERM, kept=1, **changed, WARRAQ_DOWNLOAD_DELAY="2")
    assert (done.code, done.err) == (130, "warraq: interrupted\n")
    assert {fact["reason"] for fact in done.of("failed")} == {"interrupted"}
    goes_on(served, tmp_path, miniature)


@pytest.mark.slow
def test_a_reader_that_is_stuck_at_a_page_holds_up_no_stop(served: Running, miniature: World, tmp_path: Path) -> None:
    """The page is no worse for it: the next crawl reads it."""
    mark = tmp_path / "stuck"
    changed = run_first(tmp_path / "code", STUCK_READER.format(mark=str(mark)))
    done = stopped(served, tmp_path, mark.exists, signal.SIGTERM, **changed, WARRAQ_READ_TIMEOUT=HOUR)
    assert (done.code, done.err) == (130, "warraq: interrupted\n")
    assert {fact["reason"] for fact in done.of("failed")} == {"interrupted"}
    goes_on(served, tmp_path, miniature)


@pytest.mark.slow
def test_a_second_signal_waits_for_no_answer(served: Running, miniature: World, tmp_path: Path) -> None:
    """What was read is kept all the same."""
    changed = run_first(tmp_path / "code", PATIENT)
    with serve(SilentWorld.miniature()) as running:
        signs, env = (signal.SIGTERM, signal.SIGINT), changed | {"WARRAQ_DOWNLOAD_TIMEOUT": HOUR}
        done = stopped(running, tmp_path, lambda: asked_in_vain(running), *signs, kept=1, **env)
    assert (done.code, done.err) == (130, "warraq: interrupted\n")
    assert kept(tmp_path) >= {fact["url"] for fact in done.of("kept")}
    goes_on(served, tmp_path, miniature)


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_a_crawl_in_order(served: Running, miniature: World, tmp_path: Path) -> None:
    """The kernel sends SIGHUP to it and to its readers, and nobody takes what it prints from then on."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "crawler", "crawl", "enab_baladi", "--archive", str(tmp_path / "a")]
    process = subprocess.Popen(
        [sys.executable, "-c", CONTROLLED, *command],
        env=environment(served, WARRAQ_DOWNLOAD_DELAY="0.2"),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)

    def has_kept() -> bool:
        while select.select([ours], [], [], 0)[0]:
            os.read(ours, 65536)
        return (tmp_path / "a" / "archive.json").exists() and bool(kept(tmp_path))

    with process, bounded(process, "its end"):
        until(has_kept)
        os.close(ours)
        code = process.wait()
    assert code in {130, 1}  # 1: nobody took what was printed
    begun = list((tmp_path / "a" / "runs").rglob("*.started.json"))
    assert begun
    assert all(marker.with_name(marker.name.replace(".started", "")).exists() for marker in begun)  # its manifest
    goes_on(served, tmp_path, miniature)
