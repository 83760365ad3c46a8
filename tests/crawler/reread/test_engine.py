"""A re-reading on a real cluster: a scheduler and two workers, each a process, one of them killed on the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import open_archive
from tests.crawler.cluster import ENGINE, running_cluster
from tests.crawler.reread.rereadable import by_older, crowd, generation, keep
from tests.crawler.reread.rereading import SMALL, breaking, counts, interrupted, reread, undisturbed

pytestmark = ENGINE


@pytest.fixture(scope="module")
def large_enough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 articles in 20 WARC files of an older extractor. Not to be changed."""
    place = tmp_path_factory.mktemp("crowd") / "archive"
    keep(str(place), crowd(60), by_older)
    return place


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[int]]]:
    """The scheduler's address, and the process ids of two workers."""
    with running_cluster(tmp_path) as running:
        yield running


def test_a_killed_worker_has_its_share_done_again_and_the_bytes_are_those_of_one_machine(
    large_enough: Path, cluster: tuple[str, list[int]], tmp_path: Path
) -> None:
    """SIGKILL of one of two workers after three shares: nothing is missing, nothing stands twice, no page is blamed."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    address, workers = cluster

    def kill(process: subprocess.Popen[str], readers: list[int]) -> None:
        assert readers == []  # they are the workers', not the command's
        os.kill(workers[0], signal.SIGKILL)

    done = interrupted(archive, kill, "--engine", f"dask={address}")
    assert done.code == 0, done.err
    assert not Path(f"/proc/{workers[0]}").exists()
    assert counts(done) == {"articles": 60, "better": 60}
    assert len(done.of("reread.share")) == 20
    assert generation(archive, "again") == undisturbed(large_enough, tmp_path)
    assert len(list(open_archive(str(archive)).articles(generation="again"))) == 60


def test_a_cluster_of_its_own_is_started_where_no_address_is_given(large_enough: Path, tmp_path: Path) -> None:
    """A page that kills its reader costs that page, not the worker."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    victim = crowd(7)[-1][0].url
    hook = breaking(tmp_path / "hook", f"if page.url == {victim!r}: os._exit(7)")
    done = reread(archive, "--engine", "dask", "--workers", "2", **SMALL, **hook)
    assert done.code == 1, done.err
    assert counts(done) == {"articles": 60, "better": 59, "broken": 1}


def test_a_scheduler_that_does_not_answer_is_named(large_enough: Path, tmp_path: Path) -> None:
    """Exit code 2, one line."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    done = reread(archive, "--engine", "dask=tcp://127.0.0.1:9")
    assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert "--engine dask: no scheduler at tcp://127.0.0.1:9" in done.err
