"""`warraq reread` over damaged captures and pages that break their reader, killed and interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from infra.testing.waiting import until
from storage import open_archive
from tests.crawler.reread.rereadable import BOX, crowd, generation, keep, large, recorded
from tests.crawler.reread.rereading import SMALL, breaking, counts, interrupted, reread, undisturbed


@pytest.mark.slow
def test_a_truncated_warc_costs_the_captures_that_it_lacks_and_is_named(archive: Path) -> None:
    """Exit code 1; their kept records stand for the generation."""
    (victim, *_) = sorted(archive.glob("warc/outlet=enab_baladi/*/*.warc.gz"))
    victim.write_bytes(victim.read_bytes()[:-500])
    done = reread(archive, "--generation", "again")
    assert done.code == 1
    damaged = done.of("reread.damaged")
    assert len(damaged) == 1
    assert "the file ends before the record does" in damaged[0]["reason"]
    assert str(victim.relative_to(archive)) in damaged[0]["reason"]
    assert counts(done) == {"articles": len(recorded()), "better": len(recorded()) - 1, "damaged": 1}
    assert len(list(open_archive(str(archive)).articles(generation="again"))) == len(recorded())


@pytest.mark.slow
def test_a_missing_warc_is_named_for_each_of_its_captures(archive: Path) -> None:
    (victim,) = archive.glob("warc/outlet=smart/*/*.warc.gz")
    victim.unlink()
    done = reread(archive, "smart")
    assert done.code == 1
    assert [fact["reason"].rpartition(": ")[2] for fact in done.of("reread.damaged")] == ["there is no such file"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "the reader died (signal 11)"),
        ("raise ValueError('no such tag')", "ValueError: no such tag"),
        ("bytearray(1 << 40)", "the reader ran out of its memory"),
        ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); time.sleep(600)", "not read within 2 s"),
    ],
    ids=["crashes", "raises", "bloats", "hangs"],
)
def test_a_page_that_breaks_its_reader_costs_that_page_only(code: str, told: str, archive: Path, tmp_path: Path) -> None:
    """It is named, exit code 1, and its kept record stands for the generation."""
    victim = recorded()[3][1]
    hook = breaking(tmp_path / "hook", f"if page.url == {recorded()[3][0].url!r}: {code}")
    done = reread(archive, "--generation", "again", WARRAQ_READ_TIMEOUT="2", **hook)
    assert done.code == 1
    (named,) = done.of("reread.broken")
    assert named["reason"] == told
    assert named["article"].startswith(f"articles/outlet={victim.outlet}/")
    assert counts(done) == {"articles": len(recorded()), "better": len(recorded()) - 1, "broken": 1}
    pinned = {record["id"]: BOX in record["body"] for record in open_archive(str(archive)).articles(generation="again")}
    assert [article for article, box in pinned.items() if box] == [victim.id]


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """A real one, of some megabytes."""
    keep(str(tmp_path / "a"), [*recorded()[:1], large(7.5)])
    done = reread(tmp_path / "a", WARRAQ_READ_TIMEOUT="0.7")
    assert done.code == 1
    assert counts(done) == {"articles": 2, "equal": 1, "broken": 1}


@pytest.mark.slow
def test_a_reader_that_breaks_on_everything_ends_the_work_with_what_is_wrong(tmp_path: Path) -> None:
    """No generation is finished of it; exit code 3."""
    keep(str(tmp_path / "a"), crowd(30), a_file=30)
    done = reread(tmp_path / "a", "--generation", "again", **breaking(tmp_path / "hook", "os._exit(7)"))
    assert done.code == 3
    assert "10 pages broke their reader, the last one: the reader died (exit code 7)" in done.err
    assert "go on with --generation again" in done.err
    assert open_archive(str(tmp_path / "a")).generations() == []


@pytest.mark.slow
def test_a_killed_re_reading_is_taken_up_again_and_comes_out_the_same(large_enough: Path, tmp_path: Path) -> None:
    """SIGKILL of the command: its readers end too, the shares that stand are not read again, the bytes are the same."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    orphans: list[int] = []

    def kill(process: subprocess.Popen[str], children: list[int]) -> None:
        orphans.extend(children)
        process.send_signal(signal.SIGKILL)

    assert interrupted(archive, kill).code == -signal.SIGKILL
    assert len(orphans) == 2
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans), lambda: "its readers live on")
    done_before = {key: data for key, data in generation(archive, "again").items() if key.endswith(".share.json")}
    assert 3 <= len(done_before) < 20
    assert open_archive(str(archive)).generations() == []
    done = reread(archive, "--generation", "again", **SMALL)
    assert done.code == 0
    assert counts(done) == {"articles": 60, "better": 60}
    assert generation(archive, "again") == undisturbed(large_enough, tmp_path)


@pytest.mark.slow
def test_a_killed_reader_has_its_share_done_again(large_enough: Path, tmp_path: Path) -> None:
    """SIGKILL of a worker of the pool: no page is blamed, nothing is missing, nothing stands twice."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))

    def kill(process: subprocess.Popen[str], children: list[int]) -> None:
        assert len(children) == 2
        for pid in children:
            os.kill(pid, signal.SIGKILL)

    done = interrupted(archive, kill)
    assert done.code == 0, done.err
    assert counts(done) == {"articles": 60, "better": 60}
    assert generation(archive, "again") == undisturbed(large_enough, tmp_path)


@pytest.mark.slow
def test_an_interrupted_re_reading_says_how_to_go_on(large_enough: Path, tmp_path: Path) -> None:
    """Ctrl-C: exit code 130."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    done = interrupted(archive, lambda process, children: process.send_signal(signal.SIGINT))
    assert done.code == 130
    assert done.err == "warraq: interrupted; go on with --generation again\n"
    assert counts(reread(archive, "--generation", "again", **SMALL))["articles"] == 60
