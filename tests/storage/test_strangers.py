"""Files that a file manager, an editor or a copy left in an archive: verify names each, everything else works as without them."""

from __future__ import annotations

import itertools
import os
from datetime import date, timedelta
from pathlib import Path

import boto3
import pytest

from storage import Archive, open_archive
from storage.seals.sealing import Sealer
from storage.seals.signed_note import SignerKey
from storage.verify.full_pass import verify
from storage.verify.sample import sample
from storage.verify.seals import Trust
from tests.storage.newsroom import NOON, article, keep_all, tree

KEY = SignerKey("operator", bytes(range(32)))
NAMES = (".DS_Store", "._x.json", "Thumbs.db", "desktop.ini", "~$list.docx", "x.json~", "#x#", "4913", "z.json", "نسخة.txt", "~")
SEALED_LATE = timedelta(hours=1)


def folders_of(archive: Archive) -> list[str]:
    """Every folder that holds anything, the root among them, as prefixes; those of state/ too."""
    parts = [found.key.split("/")[:-1] for found in archive.store.listing()]
    return sorted({"".join(f"{part}/" for part in each[:depth]) for each in parts for depth in range(len(each) + 1)})


def plant(place: str, keys: list[str], data: bytes = b"x") -> None:
    """Objects that no Warraq would write."""
    if not place.startswith("s3://"):
        for key in keys:
            Path(place, key).write_bytes(data)
        return
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    for key in keys:
        client.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=data)


def answers(archive: Archive) -> tuple[object, ...]:
    """What a reader, an operator and a pipeline see of an archive."""
    records = [record["content_hash"] for record in archive.articles()]
    since = [record["content_hash"] for record in archive.articles(since=date(2000, 1, 1))]
    events = [change.event["id"] for change in archive.changes()]
    return records, since, archive.status(), list(archive.generations()), events


@pytest.fixture
def kept(place: str) -> Archive:
    """Articles of two outlets, sealed, and a run that is not sealed yet."""
    archive = open_archive(place)
    keep_all(archive, article(1), article(2), article(3, outlet="smart"))
    Sealer(archive.store, [KEY], lambda: NOON + SEALED_LATE).seal()
    keep_all(archive, article(4), at=NOON + 2 * SEALED_LATE)
    return archive


def test_strangers_are_named_by_verify_and_passed_over_by_everything_else(kept: Archive, place: str) -> None:
    """In every folder; in a bucket, whose console leaves an empty object for each folder too, one name in each."""
    before, own = answers(kept), tree(kept.store, without=("state/",))
    folders, in_bucket = folders_of(kept), place.startswith("s3://")
    turns = itertools.cycle(NAMES)
    strangers = [f"{folder}{name}" for folder in folders for name in ([next(turns)] if in_bucket else NAMES)]
    plant(place, strangers)
    if in_bucket:
        markers = [folder for folder in folders if folder]
        plant(place, markers, b"")
        strangers += markers
    archive = open_archive(place)
    assert answers(archive) == before
    wanted = {key for key in strangers if not key.startswith("state/")}
    report = verify(archive.store, trust=Trust([KEY.verifier]))
    assert {finding.key for finding in report.findings} == wanted
    assert report.objects == len(own) + len(wanted)
    assert {finding.key for finding in sample(archive.store, 1.0, date(2026, 11, 22)).findings} == wanted
    Sealer(archive.store, [KEY], lambda: NOON + 3 * SEALED_LATE).seal()
    again = verify(archive.store, trust=Trust([KEY.verifier]))
    assert {finding.key for finding in again.findings} == wanted
    assert again.seals.unsealed == 0


def test_a_name_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    """As old archives of other systems unpack to; also before and after names that are."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    for folder in ("articles", "state", "runs", "."):
        for name in (b"\xe9t\xe9.txt", "é.txt".encode(), "😀.txt".encode(), b"\xff"):
            (tmp_path / folder / os.fsdecode(name)).write_bytes(b"x")
    findings = archive.verify().findings
    assert len(findings) == len({finding.key for finding in findings}) == 12
    assert r"articles/\xe9t\xe9.txt" in {finding.key for finding in findings}
    assert len(sample(archive.store, 1.0, date(2026, 11, 22)).findings) == 12
    assert [record["id"] for record in archive.articles()] == ["enab_baladi:1"]


def test_an_archive_is_made_on_a_disk_of_its_own(tmp_path: Path) -> None:
    """Its root has a folder of the file system, which nobody but root may look into."""
    lost = tmp_path / "lost+found"
    lost.mkdir(mode=0)
    (lost / "#12345").write_bytes(b"x") if os.access(lost, os.W_OK) else None
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    assert archive.verify().findings == []
