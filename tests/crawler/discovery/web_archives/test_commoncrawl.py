"""Common Crawl and CC-NEWS: indexes, ranges of WARC files and whole files, in their real formats over real sockets."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.running import Running, serve
from crawler.discovery.found import SourceError
from crawler.discovery.web_archives.ccnews import months, paths
from crawler.discovery.web_archives.commoncrawl import captured, crawls, index_page, last_day
from crawler.discovery.web_archives.index_rows import Skipped
from crawler.window import Window
from infra.world.commoncrawl import EMPTY_CRAWL, _response
from storage import open_archive
from tests.crawler.conftest import Done, warraq
from tests.crawler.past_web import OTHERS, STORY, PastWorld
from tests.crawler.past_web import captured as page

URL = "https://index.commoncrawl.org/collinfo.json"
LINE: dict[str, Any] = {
    "urlkey": "com,smartnews-agency)/ar/wires/x", "timestamp": "20180512120000", "url": "http://smartnews-agency.com/ar/wires/x",
    "mime": "text/html", "mime-detected": "text/html", "status": "200", "digest": "ABC", "length": "900", "offset": "77",
    "filename": "crawl-data/CC-MAIN-2018-22/segments/1.2/warc/CC-MAIN-x.warc.gz",
}  # fmt: skip
LATER = "وأضاف المصدر في وقت لاحق أن الفرق استكملت عملها في الموقع وأن الحصيلة النهائية صدرت مساء اليوم نفسه."


def test_a_list_of_crawls_is_read_as_far_as_it_can_be() -> None:
    """Only ids of the known form: they become part of an address. What is no list is named."""
    listed = [{"id": "CC-MAIN-2024-33"}, {"id": "../evil"}, {}, 7, {"id": "CC-MAIN-2008-2009"}, {"id": "CC-MAIN-2024-33"}]
    assert crawls(URL, json.dumps(listed).encode()) == ["CC-MAIN-2024-33", "CC-MAIN-2008-2009"]
    assert crawls(URL, b"[]") == []
    assert crawls(URL, b'[{"cdx-api": "https://index.commoncrawl.org/CC-MAIN-2024-33-index"}]') == ["CC-MAIN-2024-33"]
    for wrong in (b"<html>", b"{}", b'[{"name": "x"}]', b"[" * 100_000):
        with pytest.raises(SourceError, match="is not a list of crawls"):
            crawls(URL, wrong)


def test_a_crawl_s_last_day_is_told_by_its_name() -> None:
    """With room for how long crawls run; the oldest are named by years."""
    assert last_day("CC-MAIN-2024-33") == date(2024, 9, 18)
    assert last_day("CC-MAIN-2009-2010") == date(2010, 12, 31)
    assert last_day("CC-MAIN-2012") == date(2012, 12, 31)
    assert last_day("something else") is None


def test_lines_of_an_index_that_cannot_be_used_are_counted() -> None:
    """An error message in the middle, a line cut short, records nowhere; other types are no captures."""
    changes: list[dict[str, Any]] = [{"offset": "-"}, {"filename": "../../etc/x.warc.gz"}, {"timestamp": "x"},
                                     {"mime-detected": "application/pdf"}, {"truncated": "length", "digest": "D"},
                                     {"timestamp": "201805121200"}, {"timestamp": "20990512120000"},
                                     {"timestamp": "19700101000000"}, {"filename": "crawl-data/CC-MAIN-2009-2010/x.arc.gz"},
                                     {"mime-detected": "", "mime": "warc/revisit"},
                                     {"offset": "9" * 5000}, {"status": "301"}]  # fmt: skip
    lines = [json.dumps(LINE), '{"error": "Internal Server Error"}', '{"message": "x"}', json.dumps(LINE)[:50], "[]", ""]
    lines += [json.dumps(LINE | change) for change in changes]
    skipped = Skipped()
    found = list(captured("\n".join(lines).encode(), skipped))
    assert [(each.digest, each.cut, each.first, each.length) for each in found] == [("ABC", False, 77, 900), ("D", True, 77, 900)]
    nowhere = "no moment, no address or no place in a file"
    assert skipped.reasons == {
        "the server's own message": 2, "not a line of the index": 2, nowhere: 5, "dated in the future": 1,
        "dated before any web archive": 1, "in an ARC file, the format before WARC": 1,
        "a revisit: its page is in another record": 1,
    }  # fmt: skip
    assert set(skipped.addresses) == {LINE["url"]}
    assert len(skipped.addresses) == 9, "of each row that may be the only capture of a page"


@pytest.mark.parametrize("body", [b"<html>Sorry</html>", b"[]", json.dumps(LINE).encode()[:-9], b'{"error": "overloaded"}\n'])
def test_an_error_page_or_half_an_answer_is_no_index(body: bytes) -> None:
    """With status 200 it would look like a site without captures; the normal word for that is another."""
    with pytest.raises(SourceError, match="is not a CDX answer"):
        index_page(URL, body)
    assert index_page(URL, b'{"message": "No Captures found for: x"}').captures == ()
    assert index_page(URL, b"").captures == ()


def test_months_of_news_follow_from_the_dates_asked_for() -> None:
    """News is captured within a month of its publication, and since August 2016."""
    asked = months(Window.parse("2018-11-20", "2019-01-02"), date(2026, 11, 22))
    assert asked == [date(2018, 11, 1), date(2018, 12, 1), date(2019, 1, 1), date(2019, 2, 1)]
    assert months(Window(), date(2016, 10, 2)) == [date(2016, 8, 1), date(2016, 9, 1), date(2016, 10, 1)]
    assert months(Window.parse(None, "2016-01-01"), date(2026, 1, 1)) == []


def test_a_list_of_files_names_paths_of_the_archive_only() -> None:
    """What is no such list is named."""
    good = "crawl-data/CC-NEWS/2018/12/CC-NEWS-20181201000000-00001.warc.gz"
    assert paths(URL, gzip.compress(f"{good}\nhttps://evil.example/x\n../{good}/../x.warc.gz\n".encode())) == [good]
    for wrong in (b"<html>sorry</html>", b"\x1f\x8bbroken"):
        with pytest.raises(SourceError, match="is not a list of files"):
            paths(URL, wrong)


def crawl(world: Running, archive: Path, *arguments: str, **env: str) -> Done:
    return warraq("crawl", "smart", *arguments, "--archive", str(archive), world=world, **env)


@pytest.mark.slow
def test_records_are_read_by_range_and_kept_as_they_are(tmp_path: Path) -> None:
    """The memento is the moment of the record, and the record stands in our WARC verbatim; a second run asks for nothing."""
    captures = [page(days=1), page(days=200, text=LATER), *(page(story, days=1) for story in OTHERS[:2])]
    with serve(PastWorld([], crawled=captures)) as world:
        done = crawl(world, tmp_path / "a", "--via", "commoncrawl")
        assert done.code == 0, done.err
        assert done.finished["fates"] == {"kept": 3}
        ranges = [request for request in world.requests() if request.url.endswith(".warc.gz")]
        assert len(ranges) == 4
        assert all(request.status == 206 and request.headers["range"].startswith("bytes=") for request in ranges)
        empty = [request.status for request in world.requests() if EMPTY_CRAWL in request.url]
        assert empty == [404], "a crawl without captures is asked once, and is no trouble"
        crawl(world, tmp_path / "a", "--via", "commoncrawl")
        assert len([request for request in world.requests() if request.url.endswith(".warc.gz")]) == 4
    records = [record for record in open_archive(str(tmp_path / "a")).articles() if record["headline"] == STORY.headline]
    first = min(records, key=lambda record: record["revision"])
    assert first["capture"]["via"] == "commoncrawl"
    assert first["capture"]["memento_at"] == f"{captures[0].moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    warc = first["capture"]["warc"]
    member = (tmp_path / "a" / warc["file"]).read_bytes()[warc["offset"] :][: warc["length"]]
    assert gzip.decompress(member) == _response(captures[0])
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_what_an_index_mumbles_is_counted_and_what_it_misplaces_is_skipped(tmp_path: Path) -> None:
    """An error message among its lines; a record that is not where the index says: named, and the rest goes on."""
    captures = [page(story, days=1) for story in OTHERS[:3]]
    with serve(PastWorld([], crawled=captures, mumbling=True)) as world:
        done = crawl(world, tmp_path / "a", "--via", "commoncrawl")
    assert done.code == 1, done.err
    assert done.err == (
        "warraq: the past of smart: 1 address without a capture that can be read, run again to go on: 1 × broken\n"
    )
    assert done.finished["fates"] == {"kept": 3, "failed": 1}
    assert done.of("failed")[0]["reason"].startswith("broken: ")
    reasons: Counter[str] = Counter()
    for fact in done.of("source.skipped"):
        reasons.update(fact["reasons"])
    assert set(reasons) == {"the server's own message", "not a line of the index"}


@pytest.mark.slow
def test_two_archives_are_laid_together(tmp_path: Path) -> None:
    """One address, one estimate, captures in the order of their moments whichever archive has them; equal ones are asked once."""
    first, second = page(days=1), page(days=50, text=LATER)
    with serve(PastWorld([first], crawled=[first, second])) as world:
        done = crawl(world, tmp_path / "a", "--via", "wayback", "--via", "commoncrawl")
    assert done.of("history.estimated")[0]["requests"] == 2
    assert done.finished["fates"] == {"kept": 1}
    shown = sorted((record["revision"], record["capture"]["via"]) for record in open_archive(str(tmp_path / "a")).articles())
    assert shown == [(1, "wayback"), (2, "commoncrawl")]


@pytest.mark.slow
def test_news_files_are_gone_through_once_and_only_with_consent(tmp_path: Path) -> None:
    """Each is streamed, filtered by host, and remembered; its articles are read by range. Gigabytes need consent."""
    news = [page(days=1), *(page(story, days=1) for story in OTHERS[:2])]
    elsewhere = [type(each)(each.moment, "https://elsewhere.example/1", each.body) for each in news[:1]]
    until = max(each.moment for each in news).date().isoformat()
    since = min(each.moment for each in news).date().replace(day=1).isoformat()
    with serve(PastWorld([], news=[*news, *elsewhere])) as world:
        options = ("--via", "ccnews", "--since", since, "--until", until)
        refused = crawl(world, tmp_path / "a", *options, WARRAQ_HISTORY_BOUND_GB="0.5")
        assert refused.code == 2, refused.err
        assert "GB to web archives" in refused.err
        assert not [request for request in world.requests() if request.url.endswith(".warc.gz")]
        done = crawl(world, tmp_path / "a", *options)
        assert done.code == 0, done.err
        assert done.finished["fates"] == {"kept": 3}
        asked = [request for request in world.requests() if request.url.endswith(".warc.gz")]
        whole = [request for request in asked if "range" not in request.headers]
        assert len(whole) == 2 * len({request.url for request in whole}), "each broke off once, and was begun anew"
        assert all(request.headers["user-agent"].startswith("Warraq/") for request in whole)
        assert all("broke off after" in fact["reason"] for fact in done.of("source.again"))
        again = crawl(world, tmp_path / "a", *options)
        assert again.finished["fates"] == {"unchanged": 3}
        assert len([request for request in world.requests() if request.url.endswith(".warc.gz")]) == len(asked)
    assert {record["capture"]["via"] for record in open_archive(str(tmp_path / "a")).articles()} == {"commoncrawl"}
