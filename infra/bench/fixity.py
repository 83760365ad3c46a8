"""What `warraq verify` proves in a second, against a bare loop that reads every object and hashes it."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from infra.bench.measure import cost
from infra.bench.requests import article, endpoint
from storage import Archive, Capture, Run, open_archive
from storage.record import Pointer
from storage.verify.full_pass import verify
from storage.verify.sample import sample
from storage.warc.exchange import Exchange

_WORDS = ["الحرب", "المدينة", "قال", "المجلس", "سوريا", "حلب", "اليوم", "المنطقة", "أمس", "السوق", "المدنيين", "القديم"]


def fixity(articles: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """Objects and MB a second over an archive with raw captures: in a folder, and in a bucket over a socket (a tenth of it)."""
    with tempfile.TemporaryDirectory() as folder:
        archive = _filled(str(Path(folder) / "archive"), articles, kilobytes)
        objects, size = _bare(archive)[:2]
        figures: dict[str, object] = {"articles": articles, "objects": objects, "megabytes": round(size / 1e6, 1)}
        figures |= _compared("folder", archive, objects, size, (1, 2), rounds)
        seconds = _seconds(lambda: sample(archive.store, 0.01, date(2026, 11, 22)))
        figures["folder_sample_of_1_percent"] = f"{seconds:.2f} s"
        command = [sys.executable, "-m", "crawler", "verify", "--archive", archive.uri]
        spent = cost(command, {**os.environ, "XDG_CACHE_HOME": folder})
        figures["folder_command"] = f"{spent.seconds:.1f} s, peak {spent.peak_mb:.0f} MB"
    with endpoint():
        archive = _filled("s3://bench/fixity", max(20, articles // 10), kilobytes)
        objects, size = _bare(archive)[:2]
        figures |= _compared("bucket", archive, objects, size, (1, 8, 32), 1)
    return figures


def _compared(where: str, archive: Archive, objects: int, size: int, jobs: tuple[int, ...], rounds: int) -> dict[str, object]:
    """The best of some rounds of the bare loop and of verify."""

    def told(seconds: float) -> str:
        return f"{objects / seconds:,.0f} objects/s, {size / seconds / 1e6:,.1f} MB/s"

    bare = min(_bare(archive)[2] for _ in range(rounds))
    figures: dict[str, object] = {f"{where}_bare_loop": told(bare)}
    for threads in jobs:
        seconds = min(_seconds(lambda threads=threads: _sound(archive, threads)) for _ in range(rounds))  # type: ignore[misc]
        figures[f"{where}_verify_{threads}_jobs"] = f"{told(seconds)} ({bare / seconds:.2f} of the bare loop)"
    return figures


def _sound(archive: Archive, jobs: int) -> None:
    report = verify(archive.store, jobs=jobs)
    if report.findings:
        raise AssertionError(report.findings[0])


def _bare(archive: Archive) -> tuple[int, int, float]:
    """(objects, bytes, seconds) of reading and hashing one object after the other."""
    objects = size = 0
    started = time.monotonic()
    for found in archive.store.listing():
        if not found.key.startswith("state/"):
            data = archive.store.get(found.key) or b""
            hashlib.sha256(data).digest()
            objects, size = objects + 1, size + len(data)
    return objects, size, time.monotonic() - started


def _seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _filled(uri: str, articles: int, kilobytes: int) -> Archive:
    """An archive of so many articles, each with its page, compressed by its server, in WARC files of up to 16 MiB."""
    archive = open_archive(uri)
    chance = random.Random(1)  # noqa: S311 - texts, no secret
    run = archive.begin({"warraq": "bench"})
    begun = datetime(2026, 11, 22, 12, tzinfo=UTC)
    filed = []
    for number in range(articles):
        text = " ".join(chance.choices(_WORDS, k=300)) + f" {number}"
        page = f"<html><p>{text}</p>{''.join(f'<a href=/{chance.random()}>x</a>' for _ in range(kilobytes * 1024 // 36))}</html>"
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        url = f"https://www.enabbaladi.net/archives/{number}"
        at = begun + timedelta(seconds=number)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n\r\n"
        body = packer.compress(page.encode()) + packer.flush()
        exchange = Exchange(url=url, at=at, status=200, head=head, body=body)
        filed.append((number, url, text, at, run.raw.keep("enab_baladi", [exchange]).pointer))
        if len(filed) == 500 or number == articles - 1:
            run.raw.flush()
            for each in filed:
                _keep(run, *each)
            filed.clear()
    run.finish()
    return archive


def _keep(run: Run, number: int, url: str, text: str, at: datetime, pointer: Pointer) -> None:
    run.discover("enab_baladi", url)
    run.keep(article(number, url, text), Capture(fetched_at=at, status=200, warc=pointer))


def main() -> None:
    """`python -m infra.bench.fixity [ARTICLES]`: this bench alone."""
    for name, value in fixity(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, 40, 3).items():
        sys.stdout.write(f"{name.replace('_', ' ')}: {value}\n")


if __name__ == "__main__":
    main()
