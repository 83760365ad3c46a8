"""What `warraq verify` proves in a second, against a bare loop that reads every object and hashes it."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from infra.bench.measure import cost, milliseconds
from infra.bench.requests import endpoint
from infra.bench.rereading import fill
from storage import Archive
from storage.verify.full_pass import verify
from storage.verify.sample import sample


def fixity(articles: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """Objects and MB a second over an archive with raw captures: in a folder, and in a bucket over a socket (a tenth of it)."""
    with tempfile.TemporaryDirectory() as folder:
        archive = fill(str(Path(folder) / "archive"), articles, kilobytes)
        objects, size = _bare(archive)
        figures: dict[str, object] = {"articles": articles, "objects": objects, "megabytes": round(size / 1e6, 1)}
        figures |= _compared("folder", archive, objects, size, (1, 2), rounds)
        seconds = _best(lambda: sample(archive.store, 0.01, date(2026, 11, 22)), 1)
        figures["folder_sample_of_1_percent"] = f"{seconds:.2f} s"
        command = [sys.executable, "-m", "crawler", "verify", "--archive", archive.uri]
        spent = cost(command, {**os.environ, "XDG_CACHE_HOME": folder})
        figures["folder_command"] = f"{spent.seconds:.1f} s, peak {spent.peak_mb:.0f} MB"
    with endpoint():
        archive = fill("s3://bench/fixity", max(20, articles // 10), kilobytes)
        objects, size = _bare(archive)
        figures |= _compared("bucket", archive, objects, size, (1, 8, 32), 1)
    return figures


def _compared(where: str, archive: Archive, objects: int, size: int, jobs: tuple[int, ...], rounds: int) -> dict[str, object]:
    """The best of some rounds of the bare loop and of verify."""

    def rates(seconds: float) -> str:
        return f"{objects / seconds:,.0f} objects/s, {size / seconds / 1e6:,.1f} MB/s"

    bare = _best(lambda: _bare(archive), rounds)
    figures: dict[str, object] = {f"{where}_bare_loop": rates(bare)}
    for threads in jobs:
        seconds = _best(lambda threads=threads: _sound(archive, threads), rounds)  # type: ignore[misc]
        figures[f"{where}_verify_{threads}_jobs"] = f"{rates(seconds)} ({bare / seconds:.2f} of the bare loop)"
    return figures


def _sound(archive: Archive, jobs: int) -> None:
    report = verify(archive.store, jobs=jobs)
    if report.findings:
        raise AssertionError(report.findings[0])


def _bare(archive: Archive) -> tuple[int, int]:
    """(objects, bytes): reads and hashes one object after the other."""
    objects = size = 0
    for found in archive.store.listing():
        if not found.key.startswith("state/"):
            data = archive.store.get(found.key) or b""
            hashlib.sha256(data).digest()
            objects, size = objects + 1, size + len(data)
    return objects, size


def _best(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of some rounds."""
    return min(milliseconds(work) for _ in range(rounds)) / 1_000
