"""Every recorded page gives the article, or the reason, written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors import NotAnArticle, outlets, read
from extractors.fixture import MissingExpectationError, fixture_json, page_from_fixture

PAGES = Path(__file__).parents[1] / "pages"
RECORDED = sorted(PAGES.glob("*/*.html"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recorded_page_reads_as_expected(path: Path) -> None:
    """Bytes of the past give the article of the past, field for field."""
    page, expected = page_from_fixture(path)
    result = read(page, path.parent.name if path.parent.name in outlets() else None)
    if isinstance(result, NotAnArticle):
        assert result.reason == expected
    else:
        assert result == expected


def test_every_outlet_has_recorded_pages() -> None:
    """An outlet without a page is an outlet nobody can mend."""
    assert {path.parent.name for path in RECORDED} >= set(outlets())


def test_a_page_without_expectation_names_the_command_that_writes_it(tmp_path: Path) -> None:
    """A missing .json is an error with its remedy, not a skipped test."""
    page = tmp_path / "smart" / "new.html"
    page.parent.mkdir()
    page.write_bytes(b"<html></html>")
    with pytest.raises(MissingExpectationError, match=r"warraq record smart .*new\.html"):
        page_from_fixture(page)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_expectations_survive_being_written_again(path: Path) -> None:
    """What `warraq record` writes is what the test reads."""
    page, expected = page_from_fixture(path)
    if isinstance(expected, str):
        assert f'"not_an_article": "{expected}"' in fixture_json(page, NotAnArticle(reason=expected, url=page.url))
    else:
        assert fixture_json(page, expected) == path.with_suffix(".json").read_text(encoding="utf-8")
