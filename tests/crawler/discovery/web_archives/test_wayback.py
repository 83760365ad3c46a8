"""CDX answers, as the Wayback Machine gives them and as others do."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from crawler.discovery.found import SourceError
from crawler.discovery.web_archives.source import prefixes
from crawler.discovery.web_archives.wayback import captured, read_index
from extractors import outlets

URL = "https://web.archive.org/cdx/search/cdx?url=x"
ROW = ["20180512120000", "http://smartnews-agency.com/ar/wires/2018-05-12-x", "text/html", "200", "9000"]
HEADER = ["timestamp", "original", "mimetype", "statuscode", "length"]


def answer(*rows: object) -> bytes:
    """As the real server prints it: a row a line."""
    return ("[" + ",\n".join(json.dumps(row) for row in rows) + "]\n").encode()


def test_columns_are_found_by_their_header() -> None:
    """A server that ignores `fl` sends its own columns in its own order."""
    full = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    lines, resume, broken = read_index(URL, answer(full, ["com,smart)/", ROW[0], ROW[1], "text/html", "200", "ABC", "9000"]))
    assert lines[0]["timestamp"] == ROW[0]
    assert lines[0]["original"] == ROW[1]
    assert resume is None
    assert broken == 0


def test_the_resume_key_is_no_capture() -> None:
    """It stands alone in the last row, behind an empty one."""
    lines, resume, broken = read_index(URL, answer(HEADER, ROW, [], ["com,smart)/ar 2018"]))
    assert len(lines) == 1
    assert resume == "com,smart)/ar 2018"
    assert broken == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"\n"])
def test_no_answer_is_an_empty_index(body: bytes) -> None:
    """Nothing captured is not an error."""
    assert read_index(URL, body) == ([], None, 0)


@pytest.mark.parametrize("body", [b"<html>Sorry</html>", b'{"error": 1}', b"[1, 2]", b'[["a", "b"]]'])
def test_what_is_no_index_is_named(body: bytes) -> None:
    """An error page with status 200 must not look like a site without captures."""
    with pytest.raises(SourceError, match="is not a CDX answer"):
        read_index(URL, body)


def test_an_answer_that_breaks_off_is_no_index() -> None:
    """Half a list would look like a site with fewer captures: it is asked for again."""
    whole = answer(HEADER, ROW, ROW)
    with pytest.raises(SourceError, match="is not a CDX answer"):
        read_index(URL, whole[:-30])


def test_an_error_message_among_the_rows_costs_its_line() -> None:
    """The rows before and after it are read, and it is counted."""
    body = answer(HEADER, ROW, ROW).replace(b",\n", b",\norg.archive.util.io.RuntimeIOException: Blocked,\n", 1)
    lines, _, broken = read_index(URL, body)
    assert len(lines) == 2
    assert broken == 1


def test_malformed_lines_are_counted_and_the_rest_is_read() -> None:
    """Rows too short or no rows, moments that are none, addresses without a scheme; other types and fates are no captures."""
    unusable = [["2018", *ROW[1:]], ["20181399999999", *ROW[1:]], [ROW[0], "x", *ROW[2:]]]
    others = [[*ROW[:2], "image/png", *ROW[3:]], [*ROW[:3], "301", "-"]]
    lines, _, broken = read_index(URL, answer(HEADER, ROW, ROW[:3], 7, *unusable, *others))
    skipped: Counter[str] = Counter()
    found = list(captured(lines, skipped))
    assert [(each.timestamp, each.length) for each in found] == [(ROW[0], 9000)]
    assert broken == 2
    assert skipped == {"no moment or no address": 3}


def test_every_host_an_outlet_has_had_is_looked_under() -> None:
    """What a spider states comes first; a host that differs by `www.` only is the same to an index."""
    known = outlets()
    assert prefixes(known["geiroon"], ("geiroon.net/",)) == ("geiroon.net/", "geiroon.com/", "geroun.net/")
    assert prefixes(known["smart"], ("smartnews-agency.com/ar/",)) == ("smartnews-agency.com/ar/",)
    assert prefixes(known["enab_baladi"], ()) == ("enabbaladi.net/", "m.enabbaladi.net/", "enabbaladi.org/")
