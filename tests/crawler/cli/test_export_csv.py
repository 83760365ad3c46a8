"""Articles as CSV: what a site writes never becomes a formula in somebody's spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import open_archive
from storage.tables.comma_separated import COLUMNS, FORMULA, write_csv
from tests.crawler.conftest import warraq
from tests.storage.newsroom import article, keep_all

ODD = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "عنوان", "", "a=b"]


def written(value: object, *, raw: bool = False) -> list[str]:
    out = io.StringIO(newline="")
    write_csv([dict.fromkeys(COLUMNS, value)], out, raw=raw)
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1]


@given(st.sampled_from(ODD) | st.text() | st.lists(st.sampled_from(ODD) | st.text(), max_size=3))
def test_no_cell_begins_a_formula(value: str | list[str]) -> None:
    """Whatever a field holds; all else stays as it is, and with --raw-csv everything."""
    text = "; ".join(value) if isinstance(value, list) else value
    (cell, *_) = written(value)
    assert not cell.startswith(FORMULA)
    assert cell in (text, f"'{text}")
    assert written(value, raw=True)[0] == text


@pytest.mark.parametrize("raw", [True, False])
def test_the_command_neutralises_unless_told_otherwise(tmp_path: Path, raw: bool) -> None:
    """A headline that is a formula."""
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, replace(article(1), headline="=HYPERLINK(1)"))
    done = warraq("export", "--format", "csv", "--archive", str(tmp_path / "a"), *(["--raw-csv"] if raw else []))
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert row["headline"] == ("=HYPERLINK(1)" if raw else "'=HYPERLINK(1)")
