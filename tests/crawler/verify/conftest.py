"""A real crawl's archive with a generation, to be broken, and what `verify` finds in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storage import open_archive
from tests.crawler.conftest import Done, warraq

Crawled = tuple[Path, Done, Done]

KINDS = {
    "article": "articles/outlet=smart/*/*.json",
    "claim": "hashes/*/*.json",
    "ledger entry": "urls/smart/*/*/1.json",
    "change segment": "changes/*/*/*/*.jsonl",
    "manifest": "runs/*/*/*/*[0-9a-f].json",
    "start marker": "runs/*/*/*/*.started.json",
    "WARC file": "warc/outlet=smart/*/*.warc.gz",
    "index": "warc/outlet=smart/*/*.cdxj",
    "part of a generation": "generations/*/outlet=smart/*.jsonl.gz",
    "share of a generation": "generations/*/outlet=smart/*.share.json",
    "list of shares": "generations/*/shares-*.jsonl",
    "manifest of a generation": "generations/*/generation.json",
    "start of a generation": "generations/*/started.json",
    "plan of a generation": "generations/*/plans/*/outlet=smart/*.jsonl.gz",
}


@pytest.fixture(scope="package")
def sound(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crawled archive with a generation read from its raw captures."""
    place = tmp_path_factory.mktemp("verified") / "archive"
    shutil.copytree(crawled[0], place)
    shutil.rmtree(place / "state/verify", ignore_errors=True)  # what a pass of another test left
    done = warraq("reread", "--archive", str(place), "--workers", "1")
    assert done.code == 0, done.err
    return place


@pytest.fixture
def place(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, to be broken."""
    return Path(shutil.copytree(sound, tmp_path / "archive"))


def of_kind(place: Path, kind: str) -> Path:
    """An object of this kind, the largest."""
    return max(place.glob(KINDS[kind]), key=lambda path: (path.stat().st_size, path))


def found(place: Path, *, severity: str | None = "damage") -> dict[str, str]:
    """What verify finds: problem by the object's key."""
    report = open_archive(str(place)).verify()
    return {finding.key.partition("#")[0]: finding.problem for finding in report.findings if severity in {None, finding.severity}}
