"""CDX answers, as the Wayback Machine gives them and as others do."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery.found import SourceError
from crawler.discovery.web_archives import commoncrawl
from crawler.discovery.web_archives.captures import Captures
from crawler.discovery.web_archives.index_cache import IndexPage
from crawler.discovery.web_archives.index_rows import Skipped
from crawler.discovery.web_archives.source import prefixes
from crawler.discovery.web_archives.wayback import IndexAnswer, index_page, read_index, read_rows
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
    read = read_index(URL, answer(full, ["com,smart)/", ROW[0], ROW[1], "text/html", "200", "ABC", "9000"]))
    assert (read.lines[0]["timestamp"], read.lines[0]["original"]) == (ROW[0], ROW[1])
    assert (read.resume, read.broken) == (None, [])


def test_the_resume_key_is_no_capture() -> None:
    """It stands alone in the last row, behind an empty one."""
    read = read_index(URL, answer(HEADER, ROW, [], ["com,smart)/ar 2018"]))
    assert (len(read.lines), read.resume, read.broken) == (1, "com,smart)/ar 2018", [])


@pytest.mark.parametrize("body", [b"", b"[]", b"\n"])
def test_no_answer_is_an_empty_index(body: bytes) -> None:
    """Nothing captured is not an error."""
    assert read_index(URL, body) == IndexAnswer([])


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
    for text in (body, body.replace(b"\n", b"")):
        read = read_index(URL, text)
        assert len(read.lines) == 2
        assert read.broken == ["org.archive.util.io.RuntimeIOException: Blocked"]


def test_malformed_lines_are_counted_and_the_rest_is_read() -> None:
    """Rows too short or no rows, moments that are none, addresses without a scheme; other types and fates are no captures."""
    unusable = [["2018", *ROW[1:]], ["20181399999999", *ROW[1:]], [ROW[0], "x", *ROW[2:]]]
    others = [[*ROW[:2], "image/png", *ROW[3:]], [*ROW[:3], "301", "-"]]
    page = index_page(read_index(URL, answer(HEADER, ROW, ROW[:3], 7, *unusable, *others)))
    assert [(each.timestamp, each.length) for each in page.captures] == [(ROW[0], 9000)]
    assert page.skipped == {"no moment or no address": 3, "not a row of the index": 2}
    assert page.missed == (ROW[1], ROW[1], ROW[1])


def test_rows_that_do_not_say_what_a_capture_is_are_a_last_resort() -> None:
    """Revisits, unknown types, no status: the replay tells. Moments of the future or before the archive are no captures."""
    rows = [[*ROW[:2], "warc/revisit", "-", "500"], [*ROW[:2], "unk", "200", "500"], [*ROW[:3], "-", "-"]]
    odd = [["20990512120000", *ROW[1:]], ["19700101000000", *ROW[1:]], ["201805121200", *ROW[1:]]]
    page = index_page(read_index(URL, answer(HEADER, *rows, *odd)))
    assert [each.cut for each in page.captures] == [True, True, True]
    assert page.skipped == {"dated in the future": 1, "dated before any web archive": 1, "no moment or no address": 1}


def test_a_digest_that_is_none_does_not_lay_captures_together() -> None:
    """`-` and `sha1:-` are no digests: each capture stands for itself."""
    header = [*HEADER, "digest"]
    rows = [[f"2018051212000{n}", *ROW[1:], text] for n, text in enumerate(("-", "-", "sha1:-", "", "ABC", "sha1:ABC"))]
    page = index_page(read_index(URL, answer(header, *rows)))
    assert [each.digest for each in page.captures] == ["", "", "", "", "ABC", "ABC"]


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.text(max_size=5), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["-", "", "unk", "warc/revisit", "0000", "20181399999999", "9" * 5000, "http://[bad/", "http://x.example:99999/",
                     "http://x.example/\ud800", "٢٠١٨٠٥١٢١٢٠٠٠٠", "\0", "x" * 20_000, "NaN", "1e999"]),
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 4), ODD), min_size=1, max_size=4), st.sampled_from(["wayback", "commoncrawl"]))
def test_an_odd_value_in_any_field_costs_its_row_and_no_other(changes: list[tuple[int, object]], archive: str) -> None:
    """No exception, also when the captures are grouped by article; the rows before and after it are read."""
    good = {"timestamp": ROW[0], "mimetype": "text/html", "statuscode": "200", "length": "9000", "digest": "A"}
    names = [*HEADER, "digest"]
    row: dict[str, object] = good | {"original": ROW[1] + "odd"}
    for place, content in changes:
        row[names[place]] = content
    around = [good | {"original": ROW[1] + text, "digest": text} for text in ("before", "after")]
    if archive == "wayback":
        rows = [[each[name] for name in names] for each in (around[0], row, around[1])]
        page = index_page(read_index(URL, answer(names, *rows)))
    else:
        place = {"filename": "crawl-data/x.warc.gz", "offset": "7"}
        spelt = {"original": "url", "mimetype": "mime", "statuscode": "status"}
        lines = [{spelt.get(name, name): text for name, text in each.items()} | place for each in (around[0], row, around[1])]
        skipped = Skipped()
        found = tuple(commoncrawl.captured("\n".join(map(json.dumps, lines)).encode(), skipped))
        page = IndexPage(found, dict(skipped.reasons), None, tuple(skipped.addresses))
    with closing(Captures(outlets()["smart"])) as captures:
        captures.add(page.captures)
        captures.miss(page.missed)
        captures.missing()
        addresses = {each.original for _, group in captures.grouped() for each in group}
    assert {ROW[1] + "before", ROW[1] + "after"} <= addresses


@settings(max_examples=200)
@given(st.lists(st.integers(0, 255), max_size=30), st.floats(0, 1), st.booleans())
def test_an_answer_with_anything_in_its_middle_is_read_around_it_or_named(noise: list[int], where: float, cut: bool) -> None:
    rows = [[ROW[0], f"{ROW[1]}{n}", *ROW[2:]] for n in range(5)]
    body = answer(HEADER, *rows)
    at = int(where * len(body))
    body = body[:at] + bytes(noise) + (b"" if cut else body[at:])
    try:
        page = index_page(read_index(URL, body))
    except SourceError:
        page = index_page(read_rows(body))
    whole = {row[1] for row in rows if json.dumps(row).encode() in body}
    assert not page.captures or whole <= {each.original for each in page.captures}


def test_every_host_an_outlet_has_had_is_looked_under() -> None:
    """What a spider states comes first; a host that differs by `www.` only is the same to an index."""
    known = outlets()
    assert prefixes(known["geiroon"], ("geiroon.net/",)) == ("geiroon.net/", "geiroon.com/", "geroun.net/")
    assert prefixes(known["smart"], ("smartnews-agency.com/ar/",)) == ("smartnews-agency.com/ar/",)
    assert prefixes(known["enab_baladi"], ()) == ("enabbaladi.net/", "m.enabbaladi.net/", "enabbaladi.org/")
