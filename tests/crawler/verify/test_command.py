"""`warraq verify` as a command: what it says, what it notes, and passes that were interrupted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing.waiting import until
from storage import open_archive
from tests.crawler.conftest import Done, environment, tree, warraq
from tests.crawler.verify.conftest import of_kind


def verify(place: Path, *options: str, cache: Path, **env: str) -> Done:
    return warraq("verify", "--archive", str(place), *options, XDG_CACHE_HOME=str(cache), **env)


@pytest.mark.slow
def test_findings_are_told_one_by_one_and_summed_up(place: Path, tmp_path: Path) -> None:
    """Lines for people, JSON lines for machines; exit code 1."""
    victim = of_kind(place, "WARC file")
    victim.write_bytes(victim.read_bytes()[:-1])
    key = str(victim.relative_to(place))
    plain = verify(place, cache=tmp_path / "cache")
    assert plain.code == 1
    assert f"damage: {key}: " in plain.out
    done = verify(place, "--json", "--jobs", "4", cache=tmp_path / "cache")
    assert done.code == 1
    assert key in {fact["key"] for fact in done.of("finding")}
    (summed,) = done.of("verified")
    assert summed["damage"] == len([fact for fact in done.of("finding") if fact["severity"] == "damage"])


@pytest.mark.slow
def test_status_shows_when_the_last_full_pass_was_and_what_it_found(place: Path, tmp_path: Path) -> None:
    """`never` before the first; a sample is told apart; the pass itself leaves nothing but a note in state/."""
    assert "Last full pass of verify: never" in warraq("status", "--archive", str(place)).out
    before = tree(place)
    assert verify(place, cache=tmp_path / "cache").code == 0
    after = tree(place)
    assert {key for key in after if after[key] != before.get(key)} == {"state/verify/last.json"}
    shown = warraq("status", "--archive", str(place)).out
    assert "all good" in shown
    assert "Last sample" not in shown
    of_kind(place, "WARC file").unlink()
    assert verify(place, "--sample", "100%", cache=tmp_path / "cache").code == 1
    shown = warraq("status", "--archive", str(place)).out
    assert "all good" in shown
    assert "Last sample of 1: " in shown
    assert "damaged" in shown
    told = json.loads(warraq("status", "--json", "--archive", str(place)).out)["_verified"]
    assert told["full"]["damage"] == 0
    assert told["sample"]["damage"] > 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_archive_that_may_only_be_read_is_verified_all_the_same(place: Path, tmp_path: Path) -> None:
    """One line says that the pass could not be noted."""
    for folder in (place / "state", place):
        folder.chmod(0o500)
    done = verify(place, cache=tmp_path / "cache")
    assert done.code == 0
    assert "will not show this pass" in done.err


def test_a_pass_that_cannot_be_noted_succeeds(place: Path, tmp_path: Path) -> None:
    """A file stands where state/ belongs: the archive is sound, and one line says that `status` will not know."""
    shutil.rmtree(place / "state")
    (place / "state").write_text("in the way")
    done = verify(place, cache=tmp_path / "cache")
    assert done.code in {0, 1}
    assert "will not show this pass" in done.err


@pytest.mark.parametrize("wrong", ["0", "0%", "101%", "much"])
def test_a_share_that_is_none_is_refused(wrong: str, sound: Path) -> None:
    done = warraq("verify", "--sample", wrong, "--archive", str(sound))
    assert done.code == 2
    assert done.err == f"warraq: --sample {wrong!r} is no share; write 1% or 0.01\n"


HELD = """
import itertools, time
from storage.verify import read_objects
read, numbers = read_objects.read, itertools.count()
def held(store, found):
    if next(numbers) == 100:
        time.sleep(600)  # at work until it is interrupted
    return read(store, found)
read_objects.read = held
from crawler.cli import main
main()
"""


def begun(place: Path, cache: Path) -> subprocess.Popen[bytes]:
    """A verify that comes as far as its hundredth object."""
    return subprocess.Popen(
        [sys.executable, "-c", HELD, "verify", "--archive", str(place)],
        env=environment(XDG_CACHE_HOME=str(cache)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def noted(cache: Path) -> int:
    """How many objects the notes of an interrupted pass hold."""
    import sqlite3

    for path in cache.glob("warraq/verify/*.sqlite"):
        try:
            with sqlite3.connect(path) as database:
                return int(database.execute("SELECT count(*) FROM object").fetchone()[0])
        except sqlite3.OperationalError:
            pass
    return 0


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_pass_goes_on_where_it_was_and_finds_the_same(how: signal.Signals, place: Path, tmp_path: Path) -> None:
    """Also by SIGKILL. What was read is not read again, unless it changed; what was made or lost meanwhile is seen."""
    cache = tmp_path / "cache"
    of_kind(place, "claim").unlink()
    passing = begun(place, cache)
    until(lambda: noted(cache) >= 40)
    passing.send_signal(how)
    _, err = passing.communicate(timeout=300)
    assert passing.returncode == (-how if how is signal.SIGKILL else 130)
    assert (b"goes on from here" in err) == (how is signal.SIGINT)
    assert noted(cache) >= 40
    of_kind(place, "manifest").with_name("notes.txt").write_text("made meanwhile")  # in a part that was walked already
    entry = min(place.glob("urls/*/*/*/1.json"))
    entry.write_bytes(entry.read_bytes()[:-9])  # read among the first, changed since
    resumed = verify(place, "--json", cache=cache)
    fresh = verify(place, "--json", "--fresh", cache=cache)
    (summed,) = resumed.of("verified")
    assert summed["resumed"] is True
    assert resumed.of("finding") == fresh.of("finding")
    assert fresh.of("verified") == [summed | {"resumed": False}]
    assert noted(cache) == 0, "the notes have served"


@pytest.mark.slow
def test_two_passes_of_one_archive_do_not_share_their_notes(place: Path, tmp_path: Path) -> None:
    """The second is told that the first is at work."""
    first = begun(place, tmp_path)
    until(lambda: noted(tmp_path))
    second = verify(place, cache=tmp_path)
    first.kill()
    first.communicate()
    assert second.code == 3
    assert "another verify of this archive is at work" in second.err
    assert len(second.err.splitlines()) == 1


@pytest.mark.slow
def test_two_crawls_at_once_and_one_that_was_killed_leave_a_sound_archive(served: Running, tmp_path: Path) -> None:
    """With raw captures, claims and changes of both; the killed one is completed by the next."""
    place = tmp_path / "archive"
    open_archive(str(place))
    crawls = [
        subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", "smart", "geiroon", "baladi_news", "--archive", str(place)],
            env=environment(served),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    until(lambda: any(place.glob("warc/*/*/*.warc.gz")) or crawls[0].poll() is not None)
    crawls[0].kill()
    for crawl in crawls:
        crawl.wait(300)
    assert open_archive(str(place)).verify().damaged == []
    assert warraq("crawl", "smart", "--archive", str(place), world=served).code == 0
    report = open_archive(str(place)).verify()
    assert report.findings == []
    assert report.unfinished == []


@pytest.mark.slow
def test_a_text_that_does_not_follow_from_its_page_is_found(place: Path) -> None:
    """`--reread`: all texts of a crawl stand in their pages, of web archives and revisits too; a forged paragraph does not."""
    done = warraq("verify", "--reread", "--archive", str(place))
    assert done.code == 0, done.out
    assert "texts held against their raw captures; 0 have none" in done.err
    victim = of_kind(place, "article")
    record = json.loads(victim.read_text())
    victim.write_text(json.dumps({**record, "body": f"{record['body']}\n\nفقرة لم تكن في الصفحة قط."}, ensure_ascii=False))
    done = warraq("verify", "--reread", "--archive", str(place))
    assert done.code == 1
    key = str(victim.relative_to(place))
    assert f"damage: {key}: does not stand in its raw capture: «فقرة لم تكن" in done.out


def test_a_sample_is_not_read_again(sound: Path) -> None:
    done = warraq("verify", "--reread", "--sample", "1%", "--archive", str(sound))
    assert (done.code, done.err) == (2, "warraq: --reread needs a whole pass: leave --sample out\n")
