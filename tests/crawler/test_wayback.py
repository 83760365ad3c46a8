"""CDX answers, as the Wayback Machine gives them and as others do."""

from __future__ import annotations

import json

import pytest

from crawler.discovery.asking import SourceError
from crawler.discovery.wayback import CANDIDATES, best, read_index

URL = "https://web.archive.org/cdx/search/cdx?url=x"
ROW = ["20180512120000", "http://smartnews-agency.com/ar/wires/2018-05-12-x", "text/html", "200", "9000"]
HEADER = ["timestamp", "original", "mimetype", "statuscode", "length"]


def answer(*rows: list[str]) -> bytes:
    return json.dumps(rows).encode()


def test_columns_are_found_by_their_header() -> None:
    """A server that ignores `fl` sends its own columns in its own order."""
    full = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    lines, resume = read_index(URL, answer(full, ["com,smart)/", ROW[0], ROW[1], "text/html", "200", "ABC", "9000"]))
    assert lines[0]["timestamp"] == ROW[0]
    assert lines[0]["original"] == ROW[1]
    assert resume is None


def test_the_resume_key_is_no_capture() -> None:
    """It stands alone in the last row, behind an empty one."""
    lines, resume = read_index(URL, answer(HEADER, ROW, [], ["com,smart)/ar 2018"]))
    assert len(lines) == 1
    assert resume == "com,smart)/ar 2018"


@pytest.mark.parametrize("body", [b"", b"[]", b"\n"])
def test_no_answer_is_an_empty_index(body: bytes) -> None:
    """Nothing captured is not an error."""
    assert read_index(URL, body) == ([], None)


@pytest.mark.parametrize("body", [b"<html>Sorry</html>", b'{"error": 1}', b"[1, 2]", b'[["a", "b"]]'])
def test_what_is_no_index_is_named(body: bytes) -> None:
    """An error page with status 200 must not look like a site without captures."""
    with pytest.raises(SourceError, match="is not a CDX answer"):
        read_index(URL, body)


def test_the_oldest_whole_capture_is_tried_first() -> None:
    """Nearest to publication; a capture less than half the size of the largest is likely a challenge or a cut page."""
    captures = [
        (f"2018051{day}120000", "http://x", size) for day, size in enumerate((800, 9_000, 10_000, 400, 9_500, 9_800, 9_900))
    ]
    tried = best(captures)
    assert [stamp[6:8] for stamp, *_ in tried] == ["11", "12", "14", "15", "16"]
    assert len(tried) == CANDIDATES
