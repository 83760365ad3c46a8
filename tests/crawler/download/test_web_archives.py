"""Where a crawl keeps things, and who else is at it: a bucket, a second crawl, a killed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing import servers
from infra.testing.waiting import bounded
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.comparing import comparable, objects
from tests.crawler.conftest import Done, environment, killed, tree, warraq

Crawled = tuple[Path, Done, Done]


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """The environment of an S3 endpoint on loopback with an empty bucket `news`."""
    with servers.moto() as url:
        servers.make_bucket(url, "news")
        yield servers.environment(url)


@pytest.mark.slow
def test_a_bucket_holds_what_a_folder_holds(served: Running, crawled: Crawled, bucket: dict[str, str]) -> None:
    """The same keys, and the same bytes but for run ids and times; and a second crawl keeps nothing new there either."""
    done = warraq("crawl", "--archive", "s3://news/one", world=served, **bucket)
    assert done.code == 0, done.err
    theirs, ours = objects(bucket, "s3://news/one"), tree(crawled[0])
    assert comparable(theirs) == comparable(ours)
    again = warraq("crawl", "--archive", "s3://news/one", world=served, **bucket)
    assert set(again.finished["fates"]) <= {"unchanged", "not_an_article", "refused"}
    assert warraq("verify", "--archive", "s3://news/one", **bucket).code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("uri", "keys", "message"),
    [
        ("s3://missing/x", {}, "missing"),
        ("s3://news/x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "127.0.0.1:1"),
        ("s3://", {}, "s3://"),
    ],
    ids=["no such bucket", "no such server", "no bucket named"],
)
def test_a_bucket_that_cannot_be_used_is_said_in_one_line(
    uri: str, keys: dict[str, str], message: str, bucket: dict[str, str]
) -> None:
    """Before the web is asked, with exit code 3."""
    done = warraq("crawl", "smart", "--archive", uri, **{**bucket, **keys})
    assert done.code == 3
    assert len(done.err.splitlines()) == 1, done.err
    assert message in done.err


@pytest.mark.slow
def test_two_crawls_at_once_keep_everything_once(served: Running, miniature: World, tmp_path: Path) -> None:
    """Each text has one article, whoever was first, and both runs' fates add up."""
    archive = tmp_path / "a"
    command = [sys.executable, "-m", "crawler", "crawl", "--archive", str(archive)]
    crawls = [
        subprocess.Popen(command, env=environment(served), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        for _ in "12"
    ]
    ended = [Done(process.wait(), *pipes) for process in crawls for pipes in [process.communicate(timeout=300)]]
    assert [done.code for done in ended] == [0, 0], [done.err for done in ended]
    assert warraq("verify", "--archive", str(archive)).out == ""
    kept = [record["content_hash"] for record in open_archive(str(archive)).articles()]
    assert len(kept) == len(set(kept)) == sum(fates["kept"] for fates in miniature.expected_fates.values())
    assert sum(done.finished["fates"].get("kept", 0) for done in ended) == len(kept)


@pytest.mark.slow
@pytest.mark.parametrize("facts", [5, 25, 45])
def test_a_killed_crawl_loses_nothing_and_keeps_nothing_twice(
    served: Running, crawled: Crawled, tmp_path: Path, facts: int
) -> None:
    """SIGKILL in the middle; the next crawl makes the archive what one crawl would have made it."""
    archive = tmp_path / "a"
    killed(facts, "crawl", "--archive", str(archive), world=served)
    again = warraq("crawl", "--archive", str(archive), world=served)
    assert again.code == 0, again.err
    verified = warraq("verify", "--archive", str(archive))
    assert verified.out == ""
    whole = open_archive(str(crawled[0]))
    opened = open_archive(str(archive))
    assert {record["content_hash"] for record in opened.articles()} == {record["content_hash"] for record in whole.articles()}
    announced = Counter(
        change.event["data"]["content_hash"] for change in opened.changes() if change.event["type"] == "article.kept"
    )
    assert set(announced) == {record["content_hash"] for record in opened.articles()}


@pytest.mark.slow
def test_an_interrupted_crawl_ends_well(served: Running, tmp_path: Path) -> None:
    """^C: what is under way is finished or fails, the manifest is written, the exit code is 130, the next crawl has the rest."""
    archive = tmp_path / "a"
    command = [sys.executable, "-m", "crawler", "crawl", "al_jazeera", "--archive", str(archive)]
    env = environment(served, WARRAQ_DOWNLOAD_DELAY="0.3", WARRAQ_CONCURRENCY="1")
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    with bounded(process, "an article"):
        assert any('"kept"' in line for line in iter(process.stdout.readline, ""))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    ended = Done(130, out, err).finished
    assert sum(ended["fates"].values()) == ended["discovered"]
    assert warraq("crawl", "al_jazeera", "--archive", str(archive), world=served).code == 0
    assert len(list(open_archive(str(archive)).articles())) == 11
    assert warraq("verify", "--archive", str(archive)).out == ""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc/mounts").exists(), reason="needs to mount a small file system")
def test_a_full_disk_ends_the_crawl_in_one_line_and_loses_nothing(served: Running, crawled: Crawled, tmp_path: Path) -> None:
    """Exit code 3; with room again, the next crawl keeps the rest."""
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", tmp_path], check=False, capture_output=True
    ).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        archive = str(tmp_path / "a")
        full = warraq("crawl", "--archive", archive, world=served)
        assert full.code == 3
        assert "the disk is full" in full.err.splitlines()[-1]
        assert "Traceback" not in full.err
        subprocess.run(["mount", "-o", "remount,size=40m", tmp_path], check=True)
        assert warraq("crawl", "--archive", archive, world=served).code == 0
        assert warraq("verify", "--archive", archive).out == ""
        kept = {record["content_hash"] for record in open_archive(archive).articles()}
        assert kept == {record["content_hash"] for record in open_archive(str(crawled[0])).articles()}
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=False)
