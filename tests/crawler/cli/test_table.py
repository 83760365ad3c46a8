"""`warraq table`: what it says, and its exit codes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storage import open_archive
from tests.crawler.conftest import warraq
from tests.storage.newsroom import NOON, article, keep_all

pytest.importorskip("deltalake", reason="the extra `table` is not installed")


@pytest.mark.slow
def test_it_says_what_it_added_and_names_what_it_left_out(tmp_path: Path) -> None:
    """A second call adds nothing; a record that cannot be read is a line and exit code 1; a place that takes no table is 2."""
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1), article(2))
    where = ("--archive", archive.uri, "--to", str(tmp_path / "t"))
    done = warraq("table", *where)
    assert (done.code, done.err) == (0, f"2 rows added to {tmp_path / 't'}\n")
    assert warraq("table", *where).err == f"0 rows added to {tmp_path / 't'}\n"
    keep_all(archive, article(1, "معدل"), article(3), at=NOON + timedelta(hours=1))
    next((tmp_path / "a").glob("articles/*/*/3.*.json")).write_text("{")
    done = warraq("table", *where, "--compact")
    assert done.code == 1
    assert "not in the table: " in done.err.splitlines()[0]
    assert done.err.splitlines()[-1] == f"1 rows added to {tmp_path / 't'}, 1 articles changed"
    done = warraq("table", "--archive", archive.uri, "--to", "gs://x/y")
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
