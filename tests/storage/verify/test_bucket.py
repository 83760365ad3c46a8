"""Verifying over S3, with many readers; and what happens to an archive that others write to meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import boto3
import pytest

from storage import Archive, ArchiveError, Capture, open_archive
from storage.stores.store import Store, Stored
from storage.verify.full_pass import verify
from storage.verify.sample import sample
from storage.warc.exchange import Exchange
from tests.storage.newsroom import NOON, WrappedStore, article, begin

DAY = date(2026, 11, 22)


def keep_with_raw(archive: Archive, *numbers: int) -> None:
    """A whole run that keeps these articles with what their server sent."""
    run = begin(archive)
    for number in numbers:
        kept = article(number)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
        exchange = Exchange(url=kept.url, at=NOON, status=200, head=head, body=kept.body.encode() * (number + 1))
        filed = run.raw.keep(kept.outlet, [exchange])
        run.raw.flush()
        run.discover(kept.outlet, kept.url)
        run.keep(kept, Capture(fetched_at=NOON, status=200, warc=filed.pointer))
    run.finish()


@pytest.fixture
def repeated(tmp_path: Path) -> tuple[Archive, str]:
    """An archive in which three runs filed the page that another had filed; the WARC file that has it."""
    archive, first = open_archive(str(tmp_path)), None
    for n in range(4):
        run, at = begin(archive, NOON + timedelta(hours=n)), NOON + timedelta(hours=n)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
        shown = Exchange(url=article(1).url, at=at, status=200, head=head, body=b"<p>a page</p>" * 200)
        filed = run.raw.keep("enab_baladi", [shown], held=first)
        run.raw.flush()
        first = first or filed.pointer
        run.discover("enab_baladi", article(1).url)
        run.keep(article(1, f"text {n}"), Capture(fetched_at=at, status=200, warc=filed.pointer))
        run.finish()
    assert first is not None
    return archive, first.file


def test_a_page_that_repeats_one_of_a_run_not_drawn_is_no_finding(repeated: tuple[Archive, str]) -> None:
    """Not on any day of a round, whichever runs are drawn."""
    archive, file = repeated
    read = [sample(archive.store, 0.25, DAY + timedelta(days=n)) for n in range(4)]
    assert [report.findings for report in read] == [[]] * 4
    Path(archive.store.uri, file).unlink()
    said = [finding for n in range(4) for finding in sample(archive.store, 0.25, DAY + timedelta(days=n)).damaged]
    assert len({finding.key for finding in said if "which is not there" in finding.problem and "repeats" in finding.problem}) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "how"),
    [("articles/", "flipped"), ("warc/", "truncated"), ("urls/", "missing"), ("hashes/", "added"), ("runs/", "flipped")],
)
def test_what_is_broken_in_a_bucket_is_found(kind: str, how: str, bucket: str) -> None:
    """By eight readers at once."""
    archive = open_archive(f"s3://{bucket}/news")
    keep_with_raw(archive, 1, 2, 3)
    assert verify(archive.store, jobs=8).findings == []
    key = next(found.key for found in archive.store.listing(kind) if not found.key.endswith(".started.json"))
    data = bytearray(archive.store.get(key) or b"")
    client = boto3.client("s3")
    if how == "missing":
        client.delete_object(Bucket=bucket, Key=f"news/{key}")
    else:
        data[len(data) // 2] ^= how == "flipped"
        key = key.replace(".json", ".txt") if how == "added" else key
        body = bytes(data[:-5] if how == "truncated" else data)
        client.put_object(Bucket=bucket, Key=f"news/{key}", Body=body)
    report = verify(archive.store, jobs=8)
    assert key in {finding.key for finding in report.damaged}
    day = date(2026, 11, 22)
    assert key in {finding.key for finding in sample(archive.store, 1.0, day, jobs=8).damaged}


@pytest.mark.slow
def test_a_bucket_that_is_written_to_meanwhile_gives_no_false_finding(place: str) -> None:
    """A whole run, and one that is still at work, between the first and the last object that is read."""
    archive = open_archive(place)
    keep_with_raw(archive, 1, 2, 3)
    late = begin(archive)

    class Meanwhile(WrappedStore):
        """Another crawl keeps an article whenever a new kind of object is walked."""

        def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
            if prefix and self.calls["listing"] < 30:
                keep_with_raw(archive, 10 + self.calls["listing"])
                late.keep(article(100 + self.calls["listing"]), Capture(fetched_at=NOON, status=200))
            return super().everything(prefix, start_after)

    report = verify(Meanwhile(archive.store))
    assert report.damaged == []
    late.finish()
    assert archive.verify().findings == []


@pytest.mark.slow
def test_memory_holds_what_is_under_way_and_no_more(tmp_path: Path) -> None:
    """However many objects there are, at most two batches a reader are read and not yet noted."""
    archive = open_archive(str(tmp_path / "archive"))
    keep_with_raw(archive, *range(150))
    most = under_way = 0
    lock = threading.Lock()

    class Counting(WrappedStore):
        def get(self, key: str) -> bytes | None:
            nonlocal most, under_way
            with lock:
                under_way += 1
                most = max(most, under_way)
            return super().get(key)

    def noted(objects: int, _bytes: int) -> None:
        nonlocal under_way
        with lock:
            under_way = 0

    report = verify(Counting(archive.store), jobs=2, progress=noted)
    assert report.objects > 600
    assert most <= 2 * 2 * 32 + 2 * 32


def test_a_revisit_of_what_is_not_there_is_found(tmp_path: Path) -> None:
    """The file with the payload is gone: not only its own article suffers."""
    archive = open_archive(str(tmp_path))
    run = begin(archive)
    files = []
    for number in (1, 2):
        exchange = Exchange(url=article(number).url, at=NOON, status=200, head=b"HTTP/1.1 200 OK\r\n\r\n", body=b"payload " * 200)
        files.append(run.raw.keep("enab_baladi", [exchange]).pointer.file)
        run.raw.flush()
    run.finish()
    assert archive.verify().findings == []
    assert files[0] != files[1]
    (tmp_path / files[0]).unlink()
    findings = {finding.key: finding.problem for finding in archive.verify().damaged}
    assert "the revisit at byte" in findings[files[1]]


class Forgetful(WrappedStore):
    """Puts what it is given, once without saying so."""

    def __init__(self, beneath: Store, kind: str) -> None:
        super().__init__(beneath)
        self._kind = kind
        self.lost: list[str] = []

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        standing = super().create(key, data, content_type)
        if key.startswith(self._kind) and not self.lost:
            self.lost.append(key)
            raise ArchiveError("the answer got lost")
        return standing


@pytest.mark.parametrize("kind", ["hashes/", "articles/", "urls/"])
def test_an_object_whose_write_seemed_to_fail_is_listed_by_its_run(kind: str, tmp_path: Path) -> None:
    """It stands all the same: the manifest names it, and verify does not take it for an intruder's."""
    store = Forgetful(open_archive(str(tmp_path)).store, kind)
    archive = Archive(store)
    run = begin(archive)
    with pytest.raises(ArchiveError):
        run.keep(article(1), Capture(fetched_at=NOON, status=200))
    manifest = run.finish()
    assert store.lost[0] in {file["key"] for file in manifest["files"]}
    assert archive.verify().damaged == []
    later = begin(archive, NOON + timedelta(days=1))
    later.keep(article(1), Capture(fetched_at=NOON, status=200))
    later.finish()
    assert archive.verify().findings == []
