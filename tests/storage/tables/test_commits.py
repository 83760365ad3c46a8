"""What a commit of the Delta table holds, and which files it writes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import Archive, open_archive
from storage.tables.update import update_table
from tests.storage.newsroom import NOON, article, keep_all
from tests.storage.tables.test_delta import cursors, deltalake, rows, updated


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return open_archive(str(tmp_path / "archive"))


def test_very_many_new_articles_are_committed_before_the_older_rows_that_change(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor comes with the second commit: killed before it, all is looked at again, and nothing is added twice."""
    from storage.tables.delta import ArticleTable

    monkeypatch.setattr("storage.tables.update.MOST_TOGETHER", 2)
    keep_all(archive, article(1), article(2))
    updated(archive, tmp_path / "t")
    keep_all(archive, article(1, "معدل"), *map(article, (3, 4, 5)), at=NOON + timedelta(hours=1))
    commit = ArticleTable.commit

    def killed(table: ArticleTable, changed: Any, standing: Any, cursor: str | None, *others: Any) -> None:
        if cursor is not None:
            raise KeyboardInterrupt
        commit(table, changed, standing, cursor, *others)

    with monkeypatch.context() as patch:
        patch.setattr(ArticleTable, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            updated(archive, tmp_path / "t")
    assert (len(rows(tmp_path / "t")), len(cursors(tmp_path / "t"))) == (5, 1)
    done = updated(archive, tmp_path / "t")
    assert (done.rows, done.changed, done.commits) == (1, 1, 1)
    keep_all(archive, article(1, "ثانية"), *map(article, (6, 7, 8)), at=NOON + timedelta(hours=2))
    done = updated(archive, tmp_path / "t")
    assert (done.rows, done.changed, done.commits, len(cursors(tmp_path / "t"))) == (4, 1, 2, 3)
    updated(archive, tmp_path / "again")
    assert rows(tmp_path / "t") == rows(tmp_path / "again")


def test_a_commit_writes_no_file_again_that_it_does_not_change(archive: Archive, tmp_path: Path) -> None:
    """An edit rewrites the file of its article, and not those of others into one that grows with every edit."""
    for hour in range(4):
        keep_all(archive, *(article(10 * hour + n) for n in range(3)), at=NOON + timedelta(hours=hour))
        updated(archive, tmp_path / "t")
    before = set(deltalake.DeltaTable(tmp_path / "t").file_uris())
    keep_all(archive, article(0, "معدل"), at=NOON + timedelta(hours=9))
    updated(archive, tmp_path / "t")
    assert len(before - set(deltalake.DeltaTable(tmp_path / "t").file_uris())) == 1


def test_an_object_that_is_no_article_record_is_named_and_left_out(archive: Archive, tmp_path: Path) -> None:
    keep_all(archive, article(1), article(2))
    next((tmp_path / "archive").glob("articles/*/*/1.*.json")).write_text(
        '{"id": "enab_baladi:1", "outlet": "enab_baladi", "url": 1}'
    )
    next((tmp_path / "archive").glob("articles/*/*/2.*.json")).write_text("{}")
    problems: list[str] = []
    assert update_table(archive, str(tmp_path / "t"), problems.append).rows == 0
    assert len(problems) == 1
    assert "is no article record" in problems[0]
