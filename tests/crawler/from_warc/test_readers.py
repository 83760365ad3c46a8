"""Where captures are read makes no difference to what is kept: any reader may be faster, die, or be on another machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config import load_config
from crawler.crawl.session import Session
from crawler.from_warc import crawl as crawl_module
from crawler.from_warc.capture_reading import CaptureJob, CaptureRead, read_capture
from crawler.from_warc.crawl import ImportPlan, crawl_files
from crawler.from_warc.inputs import inputs
from crawler.from_warc.readers import Readers
from crawler.window import Window
from infra.testing.waiting import bounded
from storage import open_archive
from tests.crawler.cluster import ENGINE, running_cluster
from tests.crawler.conftest import Done, environment, warraq
from tests.crawler.from_warc.conftest import crawl, kept
from tests.crawler.from_warc.foreign import AT, Seen, by_heritrix

EVERY_CHANGE = 3


def edited(page: Seen, number: int) -> Seen:
    """The page as it read so many hours later."""
    body = page.body.decode().replace("</h1>", f" نسخة {number}</h1>", 1)
    return replace(page, body=body.encode(), at=AT + timedelta(hours=number))


def several(pages: list[Seen]) -> list[Seen]:
    """Captures of five pages, of which each changed twice, mixed up."""
    captures = [edited(page, number) for page in pages[:5] for number in range(EVERY_CHANGE)]
    Random(5).shuffle(captures)
    return captures


def ledgers(archive: Path) -> dict[str, list[tuple[Any, ...]]]:
    """By address: (number, fate, moment, content hash) of each entry."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for file in sorted((archive / "urls").rglob("*.json")):
        entry = json.loads(file.read_bytes())
        found.setdefault(entry["url"], []).append((entry["n"], entry["fate"], entry["moment"], entry["content_hash"]))
    return {url: sorted(entries) for url, entries in found.items()}


def imported(file: Path, archive: Path, turns: Callable[[], int]) -> dict[str, list[tuple[Any, ...]]]:
    """The ledgers of a crawl in which each capture is read `turns()` rounds of the event loop later than it could be."""

    async def read(job: CaptureJob) -> CaptureRead:
        for _ in range(turns()):
            await asyncio.sleep(0)
        return read_capture(job)

    @contextmanager
    def readers(session: Session, engine: str) -> Iterator[Readers]:
        yield Readers(read, session.config.in_flight)

    session = Session(load_config(archive=str(archive)))
    plan = ImportPlan(files=inputs([str(file)]), outlets=["enab_baladi"], window=Window.parse(None, None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crawl_module, "opened_readers", readers)
        assert crawl_files(session, plan) == 0
    return ledgers(archive)


@pytest.fixture(scope="module")
def mixed(enab: list[Seen], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[tuple[Any, ...]]]]:
    """A file of several captures of each page, and the ledgers that one reader alone would make of it."""
    folder = tmp_path_factory.mktemp("mixed")
    file = folder / "mixed.warc.gz"
    file.write_bytes(by_heritrix(several(enab)))
    return file, imported(file, folder / "archive", lambda: 0)


def test_captures_of_an_address_are_kept_in_the_order_of_their_moments(
    mixed: tuple[Path, dict[str, list[tuple[Any, ...]]]],
) -> None:
    _, expected = mixed
    assert len(expected) == 5
    for entries in expected.values():
        assert [fate for _, fate, _, _ in entries] == ["kept", "revised", "revised"]
        assert [moment for _, _, moment, _ in entries] == sorted(moment for _, _, moment, _ in entries)


@pytest.mark.slow
@settings(max_examples=12)
@given(seed=st.integers(0, 1 << 32))
def test_the_ledger_does_not_depend_on_which_reader_was_faster(
    mixed: tuple[Path, dict[str, list[tuple[Any, ...]]]], seed: int
) -> None:
    file, expected = mixed
    random = Random(seed)
    with TemporaryDirectory() as folder:
        assert imported(file, Path(folder) / "archive", lambda: random.choice((0, 0, 1, 5, 40, 300))) == expected


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2", "3"])
def test_a_killed_reader_has_its_page_read_again(enab: list[Seen], workers: str, tmp_path: Path) -> None:
    """SIGKILL of every reader once: nothing is missing, nothing stands twice, no page is blamed."""
    file = tmp_path / "x.warc.gz"
    file.write_bytes(by_heritrix([edited(page, number) for page in enab for number in range(10)]))
    command = [
        sys.executable,
        "-m",
        "crawler",
        "crawl",
        "--from",
        str(file),
        "--archive",
        str(tmp_path / "a"),
        "--workers",
        workers,
    ]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        with bounded(process, "3 facts"):
            begun = [process.stdout.readline() for _ in range(3)]
        readers = [each for each in psutil.Process(process.pid).children() if "reader_main" in " ".join(each.cmdline())]
        for reader in readers:
            os.kill(reader.pid, signal.SIGKILL)
        rest, err = process.communicate(timeout=300)
    done = Done(process.returncode, "".join(begun) + rest, err)
    assert len(readers) == int(workers)
    assert done.code == 0, done.err
    whole = crawl(file, tmp_path / "b")
    assert set(kept(tmp_path / "a")) == set(kept(tmp_path / "b"))
    assert done.finished["fates"] == whole.finished["fates"]


@pytest.mark.slow
def test_workers_and_engine_belong_to_files(tmp_path: Path) -> None:
    """Exit code 2, one line."""
    for wrong in (["--workers", "2"], ["--engine", "dask"], ["--engine", "dusk", "--from", str(tmp_path)]):
        done = warraq("crawl", "enab_baladi", "--archive", str(tmp_path / "a"), *wrong)
        assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert not (tmp_path / "a").exists()


class TestOnACluster:
    """The scheduler, and two workers as processes of their own."""

    pytestmark = ENGINE

    @pytest.fixture
    def file(self, enab: list[Seen], tmp_path: Path) -> Path:
        file = tmp_path / "x.warc.gz"
        file.write_bytes(by_heritrix([*enab, *several(enab)]))
        return file

    def test_what_a_killed_worker_was_reading_is_read_by_the_other(self, file: Path, tmp_path: Path) -> None:
        """SIGKILL of one of two workers after some facts: the archive is the one that a single machine makes."""
        with running_cluster(tmp_path) as (address, workers):
            command = [sys.executable, "-m", "crawler", "crawl", "--from", str(file), "--archive", str(tmp_path / "a")]
            command += ["--engine", f"dask={address}"]
            with subprocess.Popen(
                command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
            ) as process:
                assert process.stdout is not None
                with bounded(process, "2 facts"):
                    begun = [process.stdout.readline() for _ in range(2)]
                os.kill(workers[0], signal.SIGKILL)
                rest, err = process.communicate(timeout=300)
        done = Done(process.returncode, "".join(begun) + rest, err)
        assert done.code == 0, done.err
        alone = crawl(file, tmp_path / "b")
        assert done.finished["fates"] == alone.finished["fates"]
        assert ledgers(tmp_path / "a") == ledgers(tmp_path / "b")
        assert len(list(open_archive(str(tmp_path / "a")).articles())) == len(set(kept(tmp_path / "a")))
        assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0

    def test_a_cluster_of_its_own_is_started_where_no_address_is_given(self, file: Path, tmp_path: Path) -> None:
        done = crawl(file, tmp_path / "a", "--engine", "dask", "--workers", "2")
        assert done.code == 0, done.err
        crawl(file, tmp_path / "b")
        assert ledgers(tmp_path / "a") == ledgers(tmp_path / "b")

    def test_a_scheduler_that_does_not_answer_is_named(self, file: Path, tmp_path: Path) -> None:
        done = crawl(file, tmp_path / "a", "--engine", "dask=tcp://127.0.0.1:9")
        assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
        assert not (tmp_path / "a" / "runs").exists()
