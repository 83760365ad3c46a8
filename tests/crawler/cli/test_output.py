"""What is printed cannot be written: a log's disk is full, `| head` has enough, or whoever started us closed the stream."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.demo.running import Running
from crawler.facts import Facts, Unbuffered
from infra.testing.waiting import bounded, until
from infra.world.worlds import World
from storage import open_archive
from storage.queues import open_queue
from tests.crawler.conftest import Done, environment, warraq
from tests.crawler.watch.watching import expected, kept

FULL = Path("/dev/full")
PRINTING = ["status", "export --format jsonl", "export --format csv", "events show", "verify --json"]


def printing(command: str, place: Path, to: int | None, env: dict[str, str]) -> Done:
    """The command with this standard output; None: closed."""
    words = [sys.executable, "-m", "crawler", *command.split(), "--archive", str(place)]
    if to is None:
        words = ["sh", "-c", 'exec "$@" >&-', "sh", *words]
    done = subprocess.run(words, env=env, stdout=to, stderr=subprocess.PIPE, encoding="utf-8", check=False, timeout=300)
    return Done(done.returncode, "", done.stderr)


@pytest.fixture
def read_by_nobody() -> Iterator[int]:
    """A pipe whose reader is gone."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.slow
@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("command", PRINTING)
def test_what_a_command_prints_goes_nowhere(
    command: str, buffered: str, crawled: tuple[Path, Done, Done], read_by_nobody: int, tmp_path: Path
) -> None:
    """On a full disk: one line, exit code 1. Where nobody wants it: nothing is wrong."""
    env = environment(PYTHONUNBUFFERED=buffered, XDG_CACHE_HOME=str(tmp_path))
    with FULL.open("w") as full:
        done = printing(command, crawled[0], full.fileno(), env)
    assert (done.code, done.err.splitlines()[-1]) == (1, "warraq: standard output: No space left on device")
    assert "Traceback" not in done.err
    for to in (read_by_nobody, None):
        done = printing(command, crawled[0], to, env)
        assert (done.code, "Traceback" in done.err, "Errno" in done.err) == (0, False, False), done.err


@pytest.mark.slow
def test_a_crawl_whose_facts_cannot_be_written_keeps_everything(served: Running, miniature: World, tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = printing("crawl enab_baladi", tmp_path / "a", full.fileno(), environment(served))
    said = "warraq: facts cannot be written: No space left on device; the work goes on without\n"
    assert (done.code, done.err) == (0, said)
    assert kept(tmp_path) == expected(miniature, "enab_baladi")
    assert open_archive(str(tmp_path / "a")).verify().findings == []


def test_facts_come_back_when_there_is_room_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No line is torn, however much of the last one had room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    number = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        facts = Facts(Unbuffered(number))
        facts("first")
        resource.setrlimit(resource.RLIMIT_FSIZE, (os.fstat(number).st_size + 9, hard))
        for _ in range(3):
            facts("second")
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        facts("third")
        facts("fourth")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
        os.close(number)
    told = [json.loads(line)["fact"] for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    assert told == ["first", "second", "third", "fourth"]
    assert capsys.readouterr().err.splitlines() == [
        "warraq: facts cannot be written: File too large; the work goes on without",
        "warraq: facts are written again; 3 are missing, or came late",
    ]


@pytest.mark.slow
def test_a_watch_goes_on_and_stops_when_nobody_reads_its_facts(
    served: Running, miniature: World, read_by_nobody: int, tmp_path: Path
) -> None:
    """What is done is acknowledged."""
    place = str(tmp_path / "q.sqlite")
    command = [sys.executable, "-m", "crawler", "watch", "enab_baladi", "--archive", str(tmp_path / "a"), "--queue", place]
    env = environment(served, WARRAQ_POLL_SHORTEST="3600", WARRAQ_POLL_LONGEST="3600")
    process = subprocess.Popen(command, env=env, stdout=read_by_nobody, stderr=subprocess.PIPE, encoding="utf-8")
    with process, bounded(process, "its end"):
        until(lambda: (tmp_path / "a").exists() and kept(tmp_path) == expected(miniature, "enab_baladi"))
        until(lambda: open_queue(place).depth().taken == 0)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "warraq: facts cannot be written: Broken pipe; the work goes on without\n")
    assert open_archive(str(tmp_path / "a")).verify().findings == []


@pytest.mark.slow
@pytest.mark.parametrize("output", ["jsonl", "csv", "markdown", "parquet", "wacz"])
def test_an_export_takes_no_devices_and_no_links_place(output: str, crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    pipe, link, there = tmp_path / "pipe", tmp_path / "link", tmp_path / "there"
    os.mkfifo(pipe)
    link.symlink_to(there)
    words = ("export", "--format", output, "--archive", str(crawled[0]))
    assert warraq(*words, "-o", str(link)).code == 0
    assert link.is_symlink()
    assert there.stat().st_size > 1000
    if output in {"parquet", "wacz"}:
        done = warraq(*words, "-o", str(pipe))
        assert (done.code, done.err) == (2, f"warraq: -o {pipe}: a device or a pipe; --format {output} is one file\n")
    else:
        with (tmp_path / "through").open("wb") as through, subprocess.Popen(["cat", pipe], stdout=through):
            assert warraq(*words, "-o", str(pipe)).code == 0
        assert (tmp_path / "through").read_bytes() == there.read_bytes()
    assert pipe.is_fifo()


@pytest.mark.slow
def test_arabic_is_read_and_printed_in_any_locale(crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    """Also where the encoding of the locale has no Arabic."""
    place = shutil.copytree(crawled[0], tmp_path / "أرشيف الأخبار")
    for command in ("export --format jsonl", "status", "search حلب --json", "verify"):
        words = (*command.split(), "--archive", str(place))
        usual, here = warraq(*words), warraq(*words, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert (here.code, here.out, "Traceback" in here.err) == (usual.code, usual.out, False)
