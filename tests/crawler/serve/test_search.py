"""The search: hits, counts, pages of hits, the feed, and files to take along."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from crawler.serve.chart import HEIGHT, WIDTH, chart
from crawler.serve.collection import Collection
from crawler.serve.follower import IndexFollower
from crawler.serve.search_request import SearchRequest
from storage import Archive, open_archive
from storage.search.counts import MonthCount
from storage.search.index import SearchIndex
from storage.search.search import Filters
from tests.crawler.conftest import warraq
from tests.crawler.serve.conftest import EDITED, GONE
from tests.crawler.serve.serving import Served
from tests.storage.newsroom import article, keep_all

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def hits(reader: Served, **query: str) -> list[dict[str, object]]:
    answer = reader.get("/api/search", {name.rstrip("_"): value for name, value in query.items()})
    assert answer.status == 200, answer.text
    return list(answer.json["hits"])


def numbers(found: list[dict[str, object]]) -> set[str]:
    return {str(each["id"]) for each in found}


def test_the_start_page_shows_the_newest(reader: Served) -> None:
    """Without a question: all articles, the last published first, and how many there are by month."""
    page = html.document_fromstring(reader.get("/", {"lang": "en"}).text)
    days = page.xpath("//ol[@class='hits']//time/@datetime")
    assert len(page.xpath("//ol[@class='hits']/li")) == 20
    assert days == sorted(days, reverse=True)
    assert page.xpath("//figcaption/strong/text()") == ["52 articles"]


def test_a_hit_has_headline_snippet_outlet_and_date(reader: Served) -> None:
    page = html.document_fromstring(reader.get("/", {"q": "قتيلا", "lang": "en"}).text)
    (hit,) = page.xpath("//ol[@class='hits']/li")
    assert hit.xpath(".//mark/text()") == ["قتيلاً"]
    assert hit.xpath(".//h3/a/text()") == ["المجلس المحلي يعيد فتح السوق رقم 1"]
    assert hit.xpath(".//h3/a/@href") == ["/a/enab_baladi:1?lang=en"]
    assert "15 February 2024, 10:00" in hit.text_content()
    assert "3 revisions" in hit.text_content()
    assert "Enab Baladi" in hit.text_content()


def test_what_is_gone_says_so(reader: Served) -> None:
    page = reader.get("/", {"outlet": "smart", "lang": "en"}).text
    assert "gone since 26 November 2026" in page
    (hit,) = hits(reader, outlet="smart")
    assert (hit["id"], hit["gone_at"]) == (GONE, "2026-11-26T12:00:00Z")


def test_a_question_is_narrowed_by_outlet_days_author_and_section(reader: Served) -> None:
    assert len(hits(reader, q="السوق", outlet="al_jazeera")) == 10
    assert numbers(hits(reader, author="الدرويش")) == {"enab_baladi:6"}
    assert numbers(hits(reader, section="ثقافة")) == {"enab_baladi:6"}
    assert numbers(hits(reader, q="السوق", from_="2024-02", to="2024-02")) == {"enab_baladi:1", "enab_baladi:13"}
    assert numbers(hits(reader, q='"رقم 17"')) == {"enab_baladi:17"}


def test_counts_by_month_are_those_of_the_hits(reader: Served) -> None:
    """As JSON, as bars and as rows of a table; an exact phrase is counted in its spelling."""
    for query in ({}, {"q": "السوق"}, {"q": '"السوق"', "outlet": "enab_baladi"}, {"q": 'المجلس -"رقم 17"'}):
        found = [hit for n in range(1, 4) for hit in hits(reader, **query, page=str(n))]
        months = reader.get("/api/months", query).json["months"]
        assert sum(each["articles"] for each in months) == len(numbers(found)), query
    assert {"month": None, "outlet": "enab_baladi", "articles": 1} in reader.get("/api/months", {"section": "ثقافة"}).json[
        "months"
    ]
    page = html.document_fromstring(reader.get("/", {"q": "السوق", "lang": "en"}).text)
    rows = page.xpath("//figure//tbody/tr")
    assert page.xpath("//figure/svg/path/@d")[0].count("M") == len(rows) > 20
    assert page.xpath("//figure/svg/@aria-label")[0].startswith("Bars: articles by month, from January 2024 to November 2026")


def test_edited_and_removed_articles_can_be_asked_for_alone(reader: Served, archive: Archive) -> None:
    """With their counts, on the page, in the feed and in files as well."""
    for name, only in (("edited", EDITED), ("gone", GONE)):
        assert {hit["id"] for hit in hits(reader, **{name: "1"})} == {only}
        assert {hit["id"] for hit in hits(reader, q="السوق", **{name: "1"})} <= {only}
        assert sum(each["articles"] for each in reader.get("/api/months", {name: "1"}).json["months"]) == 1
        page = html.document_fromstring(reader.get("/", {name: "1", "lang": "en"}).text)
        assert len(page.xpath("//ol[@class='hits']/li")) == 1
        assert page.xpath(f"//details[@open]//input[@id='{name}'][@checked]")
        assert reader.get("/feed.atom", {name: "1"}).text.count("<entry>") == 1
        assert reader.get("/export.jsonl", {name: "1"}).text.count("\n") == 1
    done = warraq("search", "السوق", "--edited", "--json", "--archive", archive.uri)
    assert {json.loads(line)["id"] for line in done.out.splitlines()} == {EDITED}


def test_counts_are_those_of_the_index_as_it_stands(tmp_path: Path) -> None:
    """Kept until it moves on, and not longer."""
    archive = open_archive(str(tmp_path / "archive"))
    keep_all(archive, article(1))
    with SearchIndex(tmp_path / "i.sqlite", "x") as index:
        index.update(archive)
        collection = Collection(archive, cast("IndexFollower", SimpleNamespace(index=lambda: index)), dict)
        total = lambda: sum(each.articles for each in collection.months(None, Filters(), seconds=20))  # noqa: E731
        assert (total(), total()) == (1, 1)
        keep_all(archive, article(2), article(3))
        assert total() == 1
        index.update(archive)
        assert total() == 3


def test_pages_follow_each_other_and_have_an_end(reader: Served) -> None:
    first = reader.get("/api/search").json
    second = reader.get(first["next"].removeprefix(reader.url.rstrip("/"))).json
    third = reader.get(second["next"].removeprefix(reader.url.rstrip("/"))).json
    assert [len(each["hits"]) for each in (first, second, third)] == [20, 20, 12]
    assert third["next"] is None
    assert len(numbers(first["hits"]) | numbers(second["hits"]) | numbers(third["hits"])) == 52
    assert reader.get("/api/search", {"page": "51"}).status == 400
    assert 'rel="next"' in reader.get("/").text


@pytest.mark.parametrize(
    "query",
    [
        {"q": "-حلب"},
        {"q": "ح" * 501},
        {"q": "كلمة " * 30},
        {"q": '"'},
        {"q": "x", "page": "0"},
        {"q": "x", "page": "-1"},
        {"q": "x", "page": "٣"},
        {"q": "x", "page": "9" * 30},
        {"from": "yesterday or so"},
        {"from": "2024-02-31"},
        {"from": "2025", "to": "2024"},
        {"order": "random"},
        {"author": "ا" * 200},
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(reader: Served, query: dict[str, str]) -> None:
    page, problem = reader.get("/", query), reader.get("/api/search", query)
    assert (page.status, problem.status) == (400, 400)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json["detail"] in html.document_fromstring(page.text).text_content()


def test_a_question_that_is_too_long_is_refused(reader: Served) -> None:
    assert reader.get("/", {"x": "y" * 5000}).status == 414
    assert reader.get("/", {"x": "y" * 20_000}).status == 400  # by the HTTP server


def test_the_feed_of_a_question(reader: Served) -> None:
    """RFC 4287: what is required of a feed and of an entry; the newest first."""
    answer = reader.get("/feed.atom", {"q": "السوق"})
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(answer.body)
    assert feed.xpath(
        "count(a:title) = 1 and count(a:id) = 1 and count(a:updated) = 1 and count(a:author/a:name) = 1", namespaces=ATOM
    )
    assert len(feed.findall("a:entry", ATOM)) == 50
    for entry in feed.findall("a:entry", ATOM):
        assert all(entry.findtext(f"a:{name}", namespaces=ATOM) for name in ("title", "id", "updated", "summary"))
    dates = [entry.findtext("a:published", namespaces=ATOM) for entry in feed.findall("a:entry", ATOM)]
    assert [date for date in dates if date] == sorted((date for date in dates if date), reverse=True)
    assert feed.findtext("a:id", namespaces=ATOM).startswith(reader.url)
    link = feed.xpath("string(a:entry[1]/a:link/@href)", namespaces=ATOM)
    assert reader.get(link.removeprefix(reader.url.rstrip("/"))).status == 200


def test_a_feed_names_its_entries_the_same_wherever_it_is_read(reader: Served) -> None:
    """RFC 4287: ids are IRIs that never change and no two alike, dates are those of RFC 3339; links lead to where it is read."""
    feeds = [etree.fromstring(reader.get("/feed.atom", Host=host).body) for host in ("127.0.0.1", "localhost:81")]
    ids = [feed.xpath("a:entry/a:id/text()", namespaces=ATOM) for feed in feeds]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0]) == 50
    assert all(re.fullmatch(r"urn:warraq:article:[!-~]+@\d+", each) for each in ids[0])
    for date in feeds[0].xpath("//a:updated/text() | //a:published/text()", namespaces=ATOM):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", date)
    links = feeds[1].xpath("a:entry/a:link/@href", namespaces=ATOM)
    assert all(link.startswith("http://localhost:81/a/") for link in links)


def test_the_answers_can_be_taken_along(reader: Served, archive: Archive, tmp_path: Path) -> None:
    """The records of the articles, as `warraq export` gives them."""
    kept = {(record["id"], record["revision"]): record for record in archive.articles()}
    query = {"outlet": "al_jazeera"}
    lines = reader.get("/export.jsonl", query)
    records = [json.loads(line) for line in lines.text.splitlines()]
    assert len(records) == 10
    assert all(kept[record["id"], record["revision"]] == record for record in records)
    assert lines.headers["content-disposition"] == 'attachment; filename="articles.jsonl"'
    rows = list(csv.DictReader(io.StringIO(reader.get("/export.csv", query).text)))
    assert {row["id"] for row in rows} == {record["id"] for record in records}
    table = tmp_path / "a.parquet"
    table.write_bytes(reader.get("/export.parquet", query).body)
    with duckdb.connect() as database:
        assert database.execute(f"SELECT count(*) FROM '{table}'").fetchone() == (10,)
    assert reader.get("/export.xlsx").status == 404


MONTHS = st.builds(
    MonthCount,
    st.none() | st.builds("{:04}-{:02}".format, st.integers(1, 9999), st.integers(1, 12)),
    st.sampled_from(["a", "b"]),
    st.integers(1, 9),
)


@settings(max_examples=40)
@given(st.lists(MONTHS, max_size=70), st.booleans())
def test_a_chart_shows_every_article_that_has_a_date(counts: list[MonthCount], mirrored: bool) -> None:
    """Whatever the span, in bars that lie in the box; a long one by years."""
    drawn = chart(counts, mirrored=mirrored)
    assert sum(row.articles for row in drawn.rows) + drawn.undated == drawn.total == sum(each.articles for each in counts)
    assert (drawn.peak is None) == (drawn.bars == "") == (not drawn.rows)
    assert len(drawn.rows) <= max(48, len({row.span[:4] for row in drawn.rows}))
    for left, height, width in re.findall(r"M([\d.-]+) 100v-([\d.]+)h([\d.]+)v", drawn.bars):
        assert 0 <= float(left) <= float(left) + float(width) <= WIDTH + 0.2
        assert 1.5 <= float(height) <= HEIGHT


def test_a_long_span_is_shown_by_years() -> None:
    """More than four years of months: a row is a year, which leads to its months."""
    counts = [MonthCount(f"{year}-{month:02}", "a", year - 2000) for year in range(2010, 2020) for month in range(1, 13)]
    drawn = chart(counts, mirrored=False)
    assert [row.span for row in drawn.rows] == [str(year) for year in range(2019, 2009, -1)]
    assert drawn.bars.count("M") == 120
    assert SearchRequest().in_month("2018").address("/") == "/?from=2018&to=2018"
