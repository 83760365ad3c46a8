"""The questions of `infra/DATA.md`, each asked of a Parquet file and of a Delta table, with the answers that it must have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import Archive, Capture, open_archive
from storage.tables.parquet import Filter, write_parquet
from storage.tables.update import update_table
from tests.storage.newsroom import NOON, article, begin, keep_all

duckdb = pytest.importorskip("duckdb", reason="the extra `sql` is not installed")
deltalake = pytest.importorskip("deltalake", reason="the extra `table` is not installed")
PAGE = (Path(__file__).parents[3] / "infra" / "DATA.md").read_text(encoding="utf-8")
QUESTIONS = dict(re.findall(r"```sql name=(\w+)\n(.*?)```", PAGE, re.DOTALL))
ONE, TWO, THREE, FOUR = "enab_baladi:1", "enab_baladi:2", "smart:3", "smart:4"
SEVEN, MAY, LATER = (
    datetime(2026, 11, 22, 7, tzinfo=UTC),
    datetime(2018, 5, 3, 7, tzinfo=UTC),
    datetime(2018, 5, 4, 9, tzinfo=UTC),
)


def url(outlet: str, number: int) -> str:
    return f"https://www.{outlet}.example/archives/{number}"


def heading(number: int) -> str:
    return f"المجلس المحلي يعيد فتح السوق رقم {number}"


BRIDGE, COPY, BEFORE, AFTER = "إعادة بناء الجسر", "اعادة بناء الجسر", heading(1), "السوق يفتح ابوابه"

ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    "newest": [(ONE, AFTER, SEVEN), (FOUR, COPY, LATER), (TWO, BRIDGE, MAY), (THREE, heading(3), None)],
    "by_month": [
        ("enab_baladi", datetime(2018, 5, 1, tzinfo=UTC), 1),
        ("enab_baladi", datetime(2026, 11, 1, tzinfo=UTC), 1),
        ("smart", datetime(2018, 5, 1, tzinfo=UTC), 1),
        ("smart", None, 1),
    ],
    "coverage": [
        ("enab_baladi", date(2018, 5, 3), 1),
        ("enab_baladi", date(2026, 11, 22), 1),
        ("smart", date(2018, 5, 4), 1),
        ("smart", None, 1),
    ],
    "by_author": [("ليلى", 3), ("سالم", 1)],
    "of_author": [(MAY, BRIDGE, url("enab_baladi", 2))],
    "mentions": [(MAY, "enab_baladi", BRIDGE, url("enab_baladi", 2)), (LATER, "smart", COPY, url("smart", 4))],
    "edited": [(ONE, 3, NOON - timedelta(days=9), NOON + timedelta(hours=1))],
    "changed": [(ONE, NOON, BEFORE, BEFORE, -5), (ONE, NOON + timedelta(hours=1), BEFORE, AFTER, 5)],
    "followed": [
        (ONE, ["ليلى"], NOON + timedelta(hours=hours), headline, len(article(1, text).body), None)
        for hours, headline, text in ((-9 * 24, BEFORE, "أقدم"), (0, BEFORE, ""), (1, AFTER, "معدل"))
    ],
    "removed": [(TWO, BRIDGE, url("enab_baladi", 2), NOON + timedelta(hours=40), NOON + timedelta(hours=40) - MAY)],
    "as_of": [(ONE, BEFORE), (TWO, BRIDGE), (THREE, heading(3)), (FOUR, COPY)],
    "copies": [(BRIDGE, TWO, FOUR, LATER - MAY)],
    "places": [("حلب", 4)],
    "agencies": [("الجزيرة", 1), ("وكالات", 1)],
    "undated": [("smart", 1)],
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Four articles: one edited, with an older text out of a web archive; one removed; one undated; one a copy."""
    archive = open_archive(str(tmp_path_factory.mktemp("questions") / "a"))
    bridge = replace(article(2), headline=BRIDGE, body="أعيد بناء الجسر في إدلب.", date_published=MAY.isoformat())
    keep_all(
        archive,
        article(1),
        replace(bridge, authors=("سالم",)),
        replace(article(3, outlet="smart"), date_published=None),
        replace(article(4, outlet="smart"), headline=COPY, date_published=LATER.isoformat(), sources=("الجزيرة", "وكالات")),
    )
    run = begin(archive, NOON + timedelta(hours=1))
    run.keep(replace(article(1, "معدل"), headline=AFTER), Capture(fetched_at=NOON + timedelta(hours=1), status=200))
    old = Capture(fetched_at=NOON + timedelta(hours=1), status=200, via="wayback", memento_at=NOON - timedelta(days=9))
    run.keep(article(1, "أقدم"), old)
    for hours in (2, 40):
        gone = Capture(fetched_at=NOON + timedelta(hours=hours), status=404)
        run.settle("enab_baladi", article(2).url, "gone", "404", gone)
    run.leave()
    return archive


@pytest.fixture(scope="module", params=["parquet", "delta"])
def ask(request: pytest.FixtureRequest, archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Asks a question of the page."""
    folder = tmp_path_factory.mktemp("tables")
    if request.param == "parquet":
        write_parquet(archive.articles(), folder / "x.parquet", Filter(), (change.event for change in archive.changes()))
        source = f"'{folder / 'x.parquet'}'"
    else:
        update_table(archive, str(folder / "t"), pytest.fail, batch_events=3)
        source = f"read_parquet({deltalake.DeltaTable(folder / 't').file_uris()})"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return lambda question: connection.execute(question.replace("'articles.parquet'", source)).fetchall()


def test_each_question_has_its_answer_here() -> None:
    assert set(QUESTIONS) == set(ANSWERS)
    assert len(QUESTIONS) >= 12


@pytest.mark.parametrize("name", ANSWERS)
def test_a_question_of_the_page_is_answered(name: str, ask: Callable[[str], Any]) -> None:
    assert ask(QUESTIONS[name]) == ANSWERS[name]
