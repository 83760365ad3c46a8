"""Histories of pages as rows: a Delta table that follows step by step, a Parquet file made at the end, and the ledgers agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import Archive, Capture, Run
from storage.index.revisits import LaterVisits
from storage.keys import url_hash
from storage.ledger import CONTENT, chain
from storage.tables.parquet import Filter, write_parquet
from storage.tables.update import update_table
from tests.storage.newsroom import NOON, MemoryStore, article

duckdb = pytest.importorskip("duckdb", reason="the extra `sql` is not installed")
deltalake = pytest.importorskip("deltalake", reason="the extra `table` is not installed")


@dataclass(frozen=True)
class Visit:
    """What a page showed, hours after noon. text: None for a page that is gone; past: read in a web archive."""

    page: int
    text: int | None
    hour: int
    past: bool


VISITS = st.builds(
    Visit,
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 3)),
    st.integers(-200, 200),
    st.sampled_from([False, False, True]),
)
STEPS = st.lists(st.lists(VISITS, min_size=1, max_size=6), min_size=1, max_size=4)


def visited(archive: Archive, visits: list[Visit], at: datetime) -> datetime:
    """A run that finds this; when it ended. Live visits are made in the order of time."""
    clock = at
    run: Run = archive.begin({"warraq": "test"}, now=lambda: clock, later=LaterVisits(confirm_gone_after=timedelta(hours=1)))
    for visit in visits:
        clock += timedelta(hours=2)
        page = article(visit.page, f"نص {visit.text}")
        memento = min(NOON + timedelta(hours=visit.hour), clock) if visit.past else None
        capture = Capture(fetched_at=clock, status=200, via="wayback" if memento else "live", memento_at=memento)
        run.discover(page.outlet, page.url)
        if visit.text is None:
            run.settle(page.outlet, page.url, "gone", "404", capture=capture)
        else:
            run.keep(page, capture)
    run.leave()
    return clock


def rows_of(relation: Any) -> list[tuple[Any, ...]]:
    return sorted(relation.fetchall(), key=lambda row: (row[0], row[1]))


def table_rows(uri: Path) -> list[tuple[Any, ...]]:
    files = deltalake.DeltaTable(uri).file_uris()
    return rows_of(duckdb.sql(f"SELECT * FROM read_parquet({files})")) if files else []


def from_ledgers(archive: Archive) -> Iterator[tuple[str, str, bool]]:
    """(article, content of the newest row, gone), as the ledgers have it: by the latest visit that showed a text of its own.

    `returned` is left out: nobody was told that the text was away, so nobody is told that it is back.
    """
    for page in (1, 2, 3):
        url = article(page).url
        entries = chain(archive.store, "enab_baladi", url_hash(url))
        own = {each["content_hash"]: each for each in archive.articles() if each["url"] == url}
        shown = [each for each in entries if each.fate in CONTENT and each.fate != "returned" and each.content_hash in own]
        if shown:
            latest = max(shown, key=lambda each: (each.seen_at, own[each.content_hash]["revision"]))
            gone = False
            for each in entries:
                gone = bool(each.confirmed) or (gone and (each.fate not in CONTENT or each.older))
            yield f"enab_baladi:{page}", str(latest.content_hash), gone


@pytest.mark.slow
@settings(max_examples=40)
@given(STEPS)
def test_the_table_is_the_same_however_it_was_brought_up_to_date(steps: list[list[Visit]]) -> None:
    """After each run, after all of them at once, event by event; and as `export --format parquet` writes it."""
    archive, clock = Archive(MemoryStore()), NOON
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for visits in steps:
            clock = visited(archive, visits, clock)
            update_table(archive, str(place / "followed"), pytest.fail)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("storage.tables.update.MOST_TOGETHER", 0)
                update_table(archive, str(place / "in_parts"), pytest.fail)
        update_table(archive, str(place / "at_once"), pytest.fail)
        update_table(archive, str(place / "one_by_one"), pytest.fail, batch_events=1)
        update_table(archive, str(place / "one_by_one"), pytest.fail, compact=True)
        write_parquet(archive.articles(), place / "x.parquet", Filter(), (change.event for change in archive.changes()))
        expected = rows_of(duckdb.sql(f"SELECT * FROM '{place / 'x.parquet'}'"))
        assert table_rows(place / "followed") == expected
        assert table_rows(place / "at_once") == expected
        assert table_rows(place / "in_parts") == expected
        assert table_rows(place / "one_by_one") == expected
        newest = duckdb.sql(
            f"SELECT id, content_hash, gone_at IS NOT NULL FROM '{place / 'x.parquet'}' WHERE newest ORDER BY id"
        ).fetchall()
        assert newest == list(from_ledgers(archive))
