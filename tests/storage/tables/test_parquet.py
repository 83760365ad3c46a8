"""The table: a written schema, one row a text, sorted, filtered as asked."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import Capture, open_archive
from storage.tables.errors import TableError
from storage.tables.parquet import Filter, write_parquet
from storage.tables.row import SCHEMA
from tests.storage.newsroom import NOON, article, begin, keep_all

duckdb = pytest.importorskip("duckdb", reason="the extra `sql` is not installed")
PAGE = (Path(__file__).parents[3] / "infra" / "DATA.md").read_text(encoding="utf-8")
WRITTEN = """
import json, random, sys
from pathlib import Path
from storage.tables.parquet import Filter, write_parquet
record, words = json.load(sys.stdin), [f"{number}كلمة" for number in range(30_000)]
def texts(count):
    for number in range(count):
        yield record | {"id": f"enab_baladi:{number}", "body": " ".join(random.choices(words, k=15_000))}
assert write_parquet(texts(int(sys.argv[1])), Path(sys.argv[2]), Filter()) == int(sys.argv[1])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))  # ru_maxrss knows the parent's too
"""
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Three articles; the first was edited, and an older text of it came later out of a web archive."""
    archive = open_archive(str(tmp_path_factory.mktemp("tables") / "a"))
    keep_all(
        archive,
        article(1),
        replace(article(2), authors=("سالم",), body="أعيد بناء الجسر في إدلب.", date_published="2018-05-03T10:00:00+03:00"),
        replace(article(3, outlet="smart"), date_published=None),
    )
    run = begin(archive, NOON + timedelta(hours=1))
    run.keep(article(1, "معدل"), Capture(fetched_at=NOON + timedelta(hours=1), status=200))
    old = Capture(fetched_at=NOON + timedelta(hours=1), status=200, via="wayback", memento_at=NOON - timedelta(days=9))
    run.keep(article(1, "أقدم"), old)
    run.finish()
    return list(archive.articles())


def written(records: list[dict[str, Any]], file: Path, asked: Filter = Filter()) -> Ask:  # noqa: B008
    write_parquet(records, file, asked)
    return lambda query: duckdb.sql(query.replace("articles.parquet", str(file))).fetchall()  # type: ignore[no-any-return]


def test_the_file_has_the_schema_that_the_page_describes(records: list[dict[str, Any]], tmp_path: Path) -> None:
    """Names, types and order; every column has its line."""
    ask = written(records, tmp_path / "x.parquet")
    found = {name: kind for name, kind, *_ in ask("DESCRIBE SELECT * FROM 'articles.parquet'")}
    assert {name: kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for name, kind in found.items()} == SCHEMA
    assert dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, re.MULTILINE)) == SCHEMA


def test_the_newest_text_is_the_one_captured_last(records: list[dict[str, Any]], tmp_path: Path) -> None:
    """Not the highest revision: that is a capture of the past."""
    ask = written(records, tmp_path / "x.parquet")
    rows = ask("SELECT revision, newest FROM 'articles.parquet' WHERE id = 'enab_baladi:1' ORDER BY revision")
    assert rows == [(1, False), (2, True), (3, False)]


def test_rows_are_sorted_by_publication_with_the_undated_last(records: list[dict[str, Any]], tmp_path: Path) -> None:
    ask = written(records, tmp_path / "x.parquet")
    ids = [id_ for (id_,) in ask("SELECT id FROM 'articles.parquet'")]
    assert (ids[0], ids[-1]) == ("enab_baladi:2", "smart:3")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Filter(newest=True), {"enab_baladi:1", "enab_baladi:2", "smart:3"}),
        (Filter(ids=("smart:3", "x:1")), {"smart:3"}),
        (Filter(authors=("سالم",)), {"enab_baladi:2"}),
        (Filter(contains=("ادلب",)), {"enab_baladi:2"}),
        (Filter(since=date(2018, 5, 1), until=date(2018, 5, 31)), {"enab_baladi:2"}),
        (Filter(since=date(2018, 5, 3), until=date(2018, 5, 3)), {"enab_baladi:2"}),
        (Filter(until=date(2018, 5, 2)), set()),
    ],
)
def test_only_what_is_asked_for_is_written(
    asked: Filter, expected: set[str], records: list[dict[str, Any]], tmp_path: Path
) -> None:
    ask = written(records, tmp_path / "x.parquet", asked)
    assert {id_ for (id_,) in ask("SELECT id FROM 'articles.parquet'")} == expected


def test_fields_are_chosen_and_a_wrong_one_is_named(records: list[dict[str, Any]], tmp_path: Path) -> None:
    ask = written(records, tmp_path / "x.parquet", Filter(fields=("headline", "id")))
    assert [name for name, *_ in ask("DESCRIBE SELECT * FROM 'articles.parquet'")] == ["headline", "id"]
    with pytest.raises(TableError, match="no column 'headlin'"):
        write_parquet(records, tmp_path / "y.parquet", Filter(fields=("headlin",)))
    assert not (tmp_path / "y.parquet").exists()


def test_an_empty_table_has_its_schema(tmp_path: Path) -> None:
    ask = written([], tmp_path / "x.parquet")
    assert len(ask("DESCRIBE SELECT * FROM 'articles.parquet'")) == len(SCHEMA)


@pytest.mark.slow
def test_a_giant_text_is_written_within_the_memory(records: list[dict[str, Any]], tmp_path: Path) -> None:
    """Longer than what DuckDB takes for a line by itself."""
    giant = records[0] | {"id": "enab_baladi:9", "body": "كلمة " * 2_000_000}
    ask = written([*records, giant], tmp_path / "x.parquet")
    assert ask("SELECT length(body) FROM 'articles.parquet' WHERE id = 'enab_baladi:9'") == [(10_000_000,)]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_long_texts_of_one_moment(records: list[dict[str, Any]], tmp_path: Path) -> None:
    """Rows of 500 KB, all published at once: those of 600 MB take what those of 150 MB take, give or take what DuckDB's allocator
    keeps. They are in their order for all that.
    """

    def peak_kb(count: int) -> int:
        command = [sys.executable, "-c", WRITTEN, str(count), str(tmp_path / "x.parquet")]
        done = subprocess.run(command, input=json.dumps(records[0]), check=True, capture_output=True, encoding="utf-8")
        return int(done.stdout)

    few, many = peak_kb(300), peak_kb(1_200)
    assert many <= 1.1 * few
    assert many < 300_000
    ids = [id_ for (id_,) in duckdb.sql(f"SELECT id FROM '{tmp_path / 'x.parquet'}'").fetchall()]
    assert ids == sorted(ids)
    assert len(ids) == 1_200


def test_rows_of_many_row_groups_are_in_their_order(
    records: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.tables.parquet.ROW_GROUP_BYTES", 2**20)
    many = [records[0] | {"id": f"enab_baladi:{number * 7_919 % 9_000}"} for number in range(9_000)]
    ask = written(many, tmp_path / "x.parquet")
    ids = [id_ for (id_,) in ask("SELECT id FROM 'articles.parquet'")]
    assert ids == sorted(ids)
    assert ask("SELECT max(row_group_id) > 1 FROM parquet_metadata('articles.parquet')") == [(True,)]


@pytest.mark.parametrize("name", ["_MEMORY", "RLIMIT_FSIZE"])
def test_a_failure_is_one_line_and_leaves_the_file_that_was_there(
    name: str, records: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory for DuckDB, no room for a temporary file."""
    file = tmp_path / "x.parquet"
    file.write_bytes(b"old")
    if name == "_MEMORY":
        monkeypatch.setattr("storage.tables.parquet._MEMORY", "4MB")
        with pytest.raises(TableError, match=r"x\.parquet: DuckDB: Out of Memory") as failed:
            write_parquet(records, file, Filter())
        assert "\n" not in str(failed.value)
    else:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                write_parquet(records, file, Filter())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
