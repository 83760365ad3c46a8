"""The Delta table: rows and cursor in one commit, whoever else writes, whenever somebody is killed; readable by others."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.testing.servers import environment, make_bucket, moto_apart
from infra.testing.waiting import LONG, bounded
from storage import Archive, Capture, open_archive
from storage.queries.changed_records import SHOWN
from storage.tables.errors import TableError
from storage.tables.row import SCHEMA
from storage.tables.update import TableUpdate, update_table
from tests.storage.newsroom import NOON, MemoryStore, article, begin, keep_all

deltalake = pytest.importorskip("deltalake", reason="the extra `table` is not installed")
duckdb = pytest.importorskip("duckdb", reason="the extra `sql` is not installed")

UPDATE = """
import json, sys
from storage import open_archive
from storage.tables.update import update_table
archive = open_archive(sys.argv[1], create=False)
print("begins", flush=True)
done = update_table(archive, sys.argv[2], print, batch_events=int(sys.argv[3]))
print(json.dumps([done.rows, done.conflicts]), flush=True)
"""


def filled(archive: Archive, count: int = 60) -> None:
    """So many articles, of which every third was edited and every fifth removed."""
    keep_all(archive, *(article(n) for n in range(count)))
    run = begin(archive, NOON + timedelta(hours=1))
    for n in range(0, count, 3):
        run.keep(article(n, "معدل"), Capture(fetched_at=NOON + timedelta(hours=1), status=200))
    for n in range(0, count, 5):
        for hours in (2, 48):
            capture = Capture(fetched_at=NOON + timedelta(hours=hours), status=404)
            run.settle("enab_baladi", article(n).url, "gone", "404", capture)
    run.leave()


def updated(archive: Archive, uri: Path | str, **more: Any) -> TableUpdate:
    return update_table(archive, str(uri), pytest.fail, **more)


def rows(uri: Path | str) -> list[tuple[Any, ...]]:
    files = deltalake.DeltaTable(uri).file_uris()
    return list(duckdb.sql(f"SELECT * FROM read_parquet({files}) ORDER BY id, content_hash").fetchall())


def cursors(uri: Path | str) -> list[str]:
    """Newest first."""
    return [commit["warraq.cursor"] for commit in deltalake.DeltaTable(uri).history() if "warraq.cursor" in commit]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return open_archive(str(tmp_path / "archive"))


def test_what_is_new_is_added_and_nothing_twice(archive: Archive, tmp_path: Path) -> None:
    keep_all(archive, article(1), article(2))
    assert updated(archive, tmp_path / "t").rows == 2
    assert updated(archive, tmp_path / "t") == TableUpdate(str(tmp_path / "t"))
    keep_all(archive, article(1, "معدل"), article(3), at=NOON + timedelta(hours=1))
    done = updated(archive, tmp_path / "t")
    assert (done.rows, done.changed, done.commits) == (2, 1, 1)
    assert sorted(row[:3] for row in rows(tmp_path / "t")) == [
        ("enab_baladi:1", 1, False),
        ("enab_baladi:1", 2, True),
        ("enab_baladi:2", 1, True),
        ("enab_baladi:3", 1, True),
    ]


def test_the_table_has_the_written_schema(archive: Archive, tmp_path: Path) -> None:
    keep_all(archive, article(1))
    updated(archive, tmp_path / "t")
    described = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet({deltalake.DeltaTable(tmp_path / 't').file_uris()})").fetchall()
    assert {name: kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for name, kind, *_ in described} == SCHEMA


def test_rows_and_cursor_are_one_commit(archive: Archive, tmp_path: Path) -> None:
    """At each version of the table the rows are those of the events up to its cursor."""
    filled(archive, 12)
    updated(archive, tmp_path / "t", batch_events=5)
    table, everything = deltalake.DeltaTable(tmp_path / "t"), [change.event for change in archive.changes()]
    for version, cursor in enumerate(reversed(cursors(tmp_path / "t")), 1):
        table.load_as_version(version)
        told = everything[: len(everything) - len(list(archive.changes(cursor)))]
        texts = {(each["subject"], each["data"]["content_hash"]) for each in told if each["type"] in SHOWN}
        found = duckdb.sql(f"SELECT id, content_hash FROM read_parquet({table.file_uris()})").fetchall()
        assert sorted(found) == sorted(texts)
    assert version == table.version() == 4


def test_who_loses_a_commit_reads_again_and_goes_on(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another updates the table between our reading and our commit: every time, for each kind of commit."""
    from storage.tables.delta import ArticleTable

    filled(archive, 20)
    updated(archive, tmp_path / "alone")
    commit, others = ArticleTable.commit, iter(range(6))

    def too_late(table: ArticleTable, *planned: Any) -> None:
        if next(others, None) is not None:
            with monkeypatch.context() as inner:
                inner.setattr(ArticleTable, "commit", commit)
                inner.setattr("storage.tables.update.changed_records", lambda store, after: first(changed(store, after)))
                updated(archive, tmp_path / "t", batch_events=7)
        commit(table, *planned)

    from storage.tables.update import changed_records as changed

    def first(changes: Iterable[Any]) -> Iterable[Any]:
        return (change for change, _ in zip(changes, range(7), strict=False))

    monkeypatch.setattr(ArticleTable, "commit", too_late)
    done = updated(archive, tmp_path / "t", batch_events=7)
    assert done.conflicts >= 3
    assert rows(tmp_path / "t") == rows(tmp_path / "alone")


def start(archive: Archive, uri: str, batch: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", UPDATE, archive.uri, uri, str(batch)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(archive: Archive, tmp_path: Path) -> None:
    """Thirty processes are killed, each at another moment of its work; the next takes up what the table says."""
    filled(archive, 150)
    updated(archive, tmp_path / "alone")
    moments = random.Random(5)
    table, killed, lengths = tmp_path / "t", 0, set()
    while killed < 30:
        process = start(archive, str(table), batch=4)
        assert process.stdout
        with bounded(process, "its beginning"):
            assert process.stdout.readline() == "begins\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0, 0.25))  # a moment within its work, whatever the machine's speed
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
        with suppress(deltalake.exceptions.TableNotFoundError):
            lengths.add(len(cursors(table)))
            found = [(row[0], row[list(SCHEMA).index("content_hash")]) for row in rows(table)] if cursors(table) else []
            assert len(found) == len(set(found))
        if not process.returncode:
            shutil.rmtree(table)  # this one was done: from the beginning
    updated(archive, table)
    assert rows(table) == rows(tmp_path / "alone")
    assert len(lengths) > 3, "no kill met it between two commits"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["folder"])
def test_several_at_once(archive: Archive, tmp_path: Path, where: str) -> None:
    """Four processes bring one table up to date from nothing, each text stands in it once."""
    filled(archive)
    updated(archive, tmp_path / "alone")
    running = [start(archive, str(tmp_path / "t"), batch=3) for _ in range(4)]
    done = [json.loads(process.communicate(timeout=LONG)[0].splitlines()[-1]) for process in running]
    assert sum(added for added, _ in done) == len(rows(tmp_path / "alone"))
    assert rows(tmp_path / "t") == rows(tmp_path / "alone")


def test_small_files_are_compacted_and_all_of_them_when_asked(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows stay, and the cursor is found behind the commits of compaction."""
    monkeypatch.setattr("storage.tables.delta.MOST_SMALL_FILES", 6)
    for n in range(8):
        published = f"2018-05-{20 - n:02}T10:00:00Z"
        keep_all(archive, replace(article(n), date_published=published), at=NOON + timedelta(hours=n))
        done = updated(archive, tmp_path / "t")
        assert done.compacted == (n == 5)
    assert len(deltalake.DeltaTable(tmp_path / "t").file_uris()) == 3
    before = rows(tmp_path / "t")
    assert updated(archive, tmp_path / "t", compact=True).compacted
    (file,) = deltalake.DeltaTable(tmp_path / "t").file_uris()
    assert file.endswith(".parquet")
    assert rows(tmp_path / "t") == before
    keep_all(archive, article(50), at=NOON + timedelta(hours=60))
    assert updated(archive, tmp_path / "t").rows == 1


def test_a_table_that_another_place_of_the_archive_fed_gets_nothing_twice(archive: Archive, tmp_path: Path) -> None:
    """A moved archive, a cursor that is lost: all is looked at again."""
    filled(archive, 9)
    updated(archive, tmp_path / "t")
    before = rows(tmp_path / "t")
    shutil.copytree(archive.uri, tmp_path / "moved")
    moved = open_archive(str(tmp_path / "moved"))
    keep_all(moved, article(100), at=NOON + timedelta(days=3))
    assert updated(moved, tmp_path / "t").rows == 1
    assert [row for row in rows(tmp_path / "t") if row[0] != "enab_baladi:100"] == before


def test_events_without_rows_move_the_cursor_when_they_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(MemoryStore())
    keep_all(archive, article(1))
    updated(archive, tmp_path / "t")
    for hours in range(1, 4):
        begin(archive, NOON + timedelta(hours=hours)).finish()
    assert updated(archive, tmp_path / "t").commits == 0
    monkeypatch.setattr("storage.tables.update.IDLE_EVENTS", 3)
    assert updated(archive, tmp_path / "t").commits == 1
    assert list(archive.changes(cursors(tmp_path / "t")[0])) == []


def test_a_record_that_cannot_be_read_is_named_and_costs_itself(archive: Archive, tmp_path: Path) -> None:
    keep_all(archive, article(1), article(2))
    next(Path(archive.uri).glob("articles/*/*/1.*.json")).write_text("{")
    problems: list[str] = []
    assert update_table(archive, str(tmp_path / "t"), problems.append).rows == 1
    assert len(problems) == 1
    assert "/1." in problems[0]


def test_odd_text_is_kept_as_the_record_has_it(archive: Archive, tmp_path: Path) -> None:
    """Quotes in ids, characters outside the basic plane, nothing at all in lists."""
    odd = replace(article(1), id="enab_baladi:o'1\\", authors=(), keywords=("x", "", "\u200f😀"), date_published="2018-05")
    keep_all(archive, odd)
    updated(archive, tmp_path / "t")
    run = begin(archive, NOON + timedelta(hours=1))
    run.keep(replace(odd, body="نص آخر"), Capture(fetched_at=NOON + timedelta(hours=1), status=200))
    run.finish()
    updated(archive, tmp_path / "t")
    found = rows(tmp_path / "t")
    assert {row[0] for row in found} == {"enab_baladi:o'1\\"}
    assert [row[list(SCHEMA).index("keywords")] for row in found] == [["x", "", "\u200f😀"]] * 2
    assert sorted(row[2] for row in found) == [False, True]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("gs://bucket/x", "a table is a folder, file:PATH or s3://bucket/prefix"),
        ("s3://bucket", "a table is a folder"),
        ("", "a table is a folder"),
        ("/proc/nowhere/t", "/proc/nowhere/t: "),
    ],
)
def test_a_place_that_takes_no_table_is_named(uri: str, message: str, archive: Archive) -> None:
    with pytest.raises(TableError) as raised:
        updated(archive, uri)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_table_of_something_else_is_left_alone(archive: Archive, tmp_path: Path) -> None:
    import arro3.core

    other = arro3.core.Table.from_pydict({"id": arro3.core.Array(["x"], arro3.core.DataType.string())})
    deltalake.write_deltalake(tmp_path / "t", other)
    with pytest.raises(TableError, match="other columns"):
        updated(archive, tmp_path / "t")


def test_without_the_extra_the_command_to_install_it_is_named(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "storage.tables.delta", raising=False)
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(TableError, match=r"pip install 'warraq\[table\]'"):
        updated(archive, tmp_path / "t")


@pytest.fixture
def other_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of a server in a process of its own: deltalake holds this interpreter while it queries."""
    with moto_apart() as endpoint:
        for name, value in environment(endpoint).items():
            monkeypatch.setenv(name, value)
        make_bucket(endpoint, "tables")
        yield "tables"


@pytest.mark.slow
def test_a_table_in_a_bucket(archive: Archive, other_process: str, tmp_path: Path) -> None:
    """Reached by the same settings as an archive there. One writer: moto's create-only writes are not atomic."""
    filled(archive, 9)
    updated(archive, tmp_path / "alone")
    uri = f"s3://{other_process}/tables/article"
    assert updated(archive, uri, batch_events=4).rows == len(rows(tmp_path / "alone"))
    assert in_bucket(uri) == rows(tmp_path / "alone")
    assert updated(archive, uri).rows == 0


def in_bucket(uri: str) -> list[tuple[Any, ...]]:
    """The rows of a table in a bucket, by deltalake's own query engine."""
    from storage.tables.location import table_location

    place, options = table_location(uri)
    table = deltalake.DeltaTable(place, storage_options=options)
    found = deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t ORDER BY id, content_hash").read_all()
    return list(duckdb.from_arrow(found).fetchall())


def test_a_bucket_that_is_not_there_is_named(archive: Archive, aws: str) -> None:
    with pytest.raises(TableError, match="s3://no-such-bucket/t: "):
        updated(archive, "s3://no-such-bucket/t")


def test_polars_reads_it(archive: Archive, tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    filled(archive, 9)
    updated(archive, tmp_path / "t")
    found = polars.scan_delta(str(tmp_path / "t")).filter(polars.col("newest") & polars.col("gone_at").is_null())
    assert found.select(polars.len()).collect().item() == 7


def test_datasets_reads_it(archive: Archive, tmp_path: Path) -> None:
    """No dependency of the tests: with pyarrow and pandas it takes 400 MB."""
    datasets = pytest.importorskip("datasets", reason="datasets is not installed (400 MB)")
    filled(archive, 9)
    updated(archive, tmp_path / "t")
    files = deltalake.DeltaTable(tmp_path / "t").file_uris()
    read = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert read.num_rows == 12
