"""What an S3 server must do for an archive, and a crawl into it. Run against each server of its own (tests/ceph, tests/ministack)
by the fixtures `bucket` (a new one) and `aws` (the environment); the tests of storage/ that need a bucket are among them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing.waiting import bounded
from storage import open_archive
from tests.crawler.conftest import environment, warraq
from tests.storage.run.test_at_once import test_two_processes_that_crawl_the_same_pages_keep_each_once
from tests.storage.run.test_killed import test_a_writer_to_a_bucket_killed_before_a_write_is_completed
from tests.storage.stores.test_s3 import (
    _no_patience,
    test_a_bucket_holds_the_tree_that_a_folder_holds,
    test_a_missing_bucket_is_named,
    test_an_endpoint_that_goes_down_fails_the_article_and_the_next_run_keeps_it,
    test_an_endpoint_that_often_fails_is_asked_again,
    test_the_lost_answer_to_a_successful_write_keeps_the_article_once,
    test_the_probe_is_asked_once,
)
from tests.storage.verify.test_bucket import test_what_is_broken_in_a_bucket_is_found

__all__ = [
    "_no_patience",
    "in_a_folder",
    "test_a_bucket_holds_the_tree_that_a_folder_holds",
    "test_a_crawl_that_is_killed_goes_on_and_keeps_each_text_once",
    "test_a_missing_bucket_is_named",
    "test_a_whole_crawl_keeps_what_a_folder_keeps",
    "test_a_writer_to_a_bucket_killed_before_a_write_is_completed",
    "test_an_endpoint_that_goes_down_fails_the_article_and_the_next_run_keeps_it",
    "test_an_endpoint_that_often_fails_is_asked_again",
    "test_of_sixteen_writers_of_a_key_one_wins",
    "test_parts_listings_and_other_letters_are_right",
    "test_the_lost_answer_to_a_successful_write_keeps_the_article_once",
    "test_the_probe_is_asked_once",
    "test_two_processes_that_crawl_the_same_pages_keep_each_once",
    "test_what_is_broken_in_a_bucket_is_found",
]

RACES, WRITERS = 60, 16
Report = Callable[[str], None]


def test_of_sixteen_writers_of_a_key_one_wins(bucket: str, figure: Report) -> None:
    """Let go together, each with bytes of its own: all sixteen learn the same bytes, and those stand."""
    stores = [open_archive(f"s3://{bucket}/news").store for _ in range(4)]
    gate = threading.Barrier(WRITERS)

    def write(writer: int, race: int) -> bytes:
        gate.wait(300)
        return stores[writer % 4].create(f"hashes/race/{race}.json", b"%d" % writer)

    began = time.monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        for race in range(RACES):
            told = {one.result() for one in [pool.submit(write, writer, race) for writer in range(WRITERS)]}
            assert len(told) == 1
            assert stores[0].get(f"hashes/race/{race}.json") in told
    figure(f"{RACES * WRITERS / (time.monotonic() - began):.0f} racing creates/s, {RACES} keys x {WRITERS} writers")


def test_parts_listings_and_other_letters_are_right(bucket: str, figure: Report) -> None:
    """Ranges, pages of more than a thousand keys in order, bodies of any bytes."""
    store = open_archive(f"s3://{bucket}").store
    body = bytes(range(256)) * 64 + "ورّاق".encode()
    assert store.create("warc/one.warc.gz", body, "application/warc") == body
    assert store.part("warc/one.warc.gz", 250, 20) == body[250:270]
    assert store.part("warc/one.warc.gz", len(body), 20) == b""
    names = [f"urls/{n:04}.json" for n in range(1_100)]
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.create(name, body[:12_000]), names))
    figure(f"{len(names) / (time.monotonic() - began):.0f} creates/s of 12 KB by 8 threads")
    assert [found.key for found in store.listing("urls/")] == names
    assert store.stat("urls/0000.json").size == 12_000  # type: ignore[union-attr]
    assert store.get("urls/none.json") is None


@pytest.fixture(scope="module")
def in_a_folder(served: Running, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The texts that a crawl keeps in a folder."""
    place = tmp_path_factory.mktemp("folder") / "a"
    assert warraq("crawl", "--archive", str(place), world=served).code == 0
    return texts(str(place))


def texts(uri: str) -> set[str]:
    """Which texts are kept, each of them once."""
    found = Counter(record["content_hash"] for record in open_archive(uri, create=False).articles())
    assert set(found.values()) == {1}
    return set(found)


def test_a_whole_crawl_keeps_what_a_folder_keeps(
    served: Running, in_a_folder: set[str], bucket: str, aws_env: dict[str, str], tmp_path: Path, figure: Report
) -> None:
    """The archive is sound, a second crawl keeps nothing new, and the export has every article."""
    uri, began = f"s3://{bucket}/news", time.monotonic()
    first = warraq("crawl", "--archive", uri, world=served, **aws_env)
    figure(f"{time.monotonic() - began:.1f} s a crawl of the miniature, {first.finished['fates']['kept']} kept")
    assert first.code == 0, first.err
    assert texts(uri) == in_a_folder
    again = warraq("crawl", "--archive", uri, world=served, **aws_env)
    assert set(again.finished["fates"]) <= {"unchanged", "not_an_article", "refused", "gone"}
    assert warraq("verify", "--archive", uri, **aws_env).code == 0
    exported = tmp_path / "articles.jsonl"
    assert warraq("export", "--archive", uri, "--format", "jsonl", "-o", str(exported), **aws_env).code == 0
    lines = exported.read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["content_hash"] for line in lines} == in_a_folder


def test_a_crawl_that_is_killed_goes_on_and_keeps_each_text_once(
    served: Running, in_a_folder: set[str], bucket: str, aws_env: dict[str, str]
) -> None:
    """SIGKILL after the 3rd and after the 12th article; the third crawl comes to its end."""
    uri = f"s3://{bucket}/news"
    for articles in (3, 12):
        crawl = subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", "--archive", uri],
            env=environment(served, **aws_env),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert crawl.stdout is not None
        kept = (line for line in crawl.stdout if json.loads(line)["fact"] == "kept")
        with bounded(crawl, f"{articles} articles"):
            assert len(list(islice(kept, articles))) == articles
        os.killpg(crawl.pid, signal.SIGKILL)
        crawl.wait()
        crawl.stdout.close()
    done = warraq("crawl", "--archive", uri, world=served, **aws_env)
    assert done.code == 0, done.err
    assert texts(uri) == in_a_folder
    assert warraq("verify", "--archive", uri, **aws_env).code == 0
