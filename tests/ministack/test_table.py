"""Two writers of one Delta table in a bucket, on an endpoint whose create-only writes are atomic (moto's are not)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.testing.waiting import LONG
from storage import open_archive
from tests.storage.tables.test_delta import UPDATE, filled, in_bucket, rows, updated

pytestmark = pytest.mark.ministack


def test_several_bring_a_table_up_to_date_at_once(bucket: str, aws_env: dict[str, str], tmp_path: Path) -> None:
    """Three processes, three events a commit: each text stands in it once, and who lost a commit went on."""
    archive = open_archive(str(tmp_path / "archive"))
    filled(archive)
    updated(archive, tmp_path / "alone")
    uri = f"s3://{bucket}/tables/article"
    command = [sys.executable, "-c", UPDATE, archive.uri, uri, "3"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=aws_env | {"PATH": ""}) for _ in range(3)]
    done = [json.loads(process.communicate(timeout=LONG)[0].splitlines()[-1]) for process in running]
    assert sum(added for added, _ in done) == len(rows(tmp_path / "alone"))
    assert in_bucket(uri) == rows(tmp_path / "alone")
