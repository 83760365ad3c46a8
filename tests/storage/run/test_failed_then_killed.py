"""An article that a run could not write, and that another one wrote before it was killed: nobody lists it, and it is whole."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from storage import Archive, ArchiveError, open_archive
from storage.record import to_bytes
from tests.storage.newsroom import CAPTURE, NOON, WrappedStore, article, begin, keep_all
from tests.storage.run.test_killed import in_child


class Full(WrappedStore):
    """Takes claims, but no articles: the disk has no room for what is longer."""

    def before(self, call: str, key: str) -> None:
        if call == "create" and key.startswith("articles/"):
            raise ArchiveError(f"{key}: no space left on device")


class DeadlyAtChange(WrappedStore):
    """Kills the process when the article stands and is not announced."""

    def before(self, call: str, key: str) -> None:
        if call == "create" and key.startswith("changes/"):
            os.kill(os.getpid(), signal.SIGKILL)


def completed_by_a_killed_run(uri: str) -> Archive:
    """The archive after both of them."""
    archive = open_archive(uri)
    run = begin(Archive(Full(archive.store)))
    run.discover("enab_baladi", article(1).url)
    with pytest.raises(ArchiveError):
        run.keep(article(1), CAPTURE)
    run.settle("enab_baladi", article(1).url, "failed", "no space left on device")
    run.finish()

    def work() -> None:
        begin(Archive(DeadlyAtChange(open_archive(uri).store)), NOON + timedelta(hours=1)).keep(article(1), CAPTURE)

    assert in_child(work) == signal.SIGKILL
    return archive


def test_an_article_that_nobody_lists_is_no_stranger_if_its_claim_holds_it(tmp_path: Path) -> None:
    """It is not damage before the next run, and nothing at all after it."""
    archive = completed_by_a_killed_run(str(tmp_path / "archive"))
    assert archive.verify().damaged == []
    keep_all(archive, article(1), at=NOON + timedelta(hours=2))
    assert archive.verify().findings == []


def test_an_article_that_nobody_lists_and_no_claim_holds_was_added(tmp_path: Path) -> None:
    """Whoever puts another text in its place is found."""
    archive = completed_by_a_killed_run(str(tmp_path / "archive"))
    (found,) = archive.store.listing("articles/")
    file = tmp_path / "archive" / found.key
    file.chmod(0o644)
    file.write_bytes(to_bytes(archive.get(found.key) | {"headline": "عنوان آخر"}))
    problems = [finding.problem for finding in archive.verify().damaged]
    assert any("was added" in problem for problem in problems)
