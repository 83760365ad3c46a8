"""An article: its text with its structure, its citation, its history, its raw capture, its proof."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawler.serve.citation import Citation
from storage import Archive, open_archive
from storage.record import Pointer
from storage.warc.reader import record_at, records
from tests.crawler.conftest import Done, warraq
from tests.crawler.serve.conftest import EDITED, GONE, STRUCTURED
from tests.crawler.serve.serving import Served, article_at, served


def page_of(reader: Served, path: str, lang: str = "en") -> html.HtmlElement:
    answer = reader.get(path, {"lang": lang})
    assert answer.status == 200, answer.text
    return html.document_fromstring(answer.text)


def test_the_text_has_the_structure_that_the_page_had(reader: Served) -> None:
    """Right to left whatever the language of the interface."""
    (text,) = page_of(reader, article_at(STRUCTURED)).xpath("//article")
    assert (text.get("dir"), text.get("lang")) == ("rtl", "ar")
    assert text.xpath("./h2/text()") == ["عنوان فرعي"]
    assert text.xpath("./ul[not(@class)]/li/text()") == ["أول", "ثان"]
    assert text.xpath("./ul[@class='rows']/li/text()") == ["حلب 12", "إدلب 7"]
    assert text.xpath("./blockquote/p/text()") == ["قول منقول"]
    assert "مقدمة النص." in text.xpath("./p/text()")


def test_the_article_says_where_it_is_from_and_how_its_date_is_known(reader: Served) -> None:
    text = page_of(reader, article_at(STRUCTURED)).text_content()
    for part in ("عنب بلدي", "حلب – خاص", "ليلى", "15 June 2024, 10:00", "what the page prints, to the minute", "sha256:"):
        assert part in text


def test_every_text_of_an_article_has_a_permalink(reader: Served) -> None:
    """The newest without a number; an earlier one says that it is one, and leads to the newest."""
    newest = page_of(reader, article_at(EDITED))
    assert "25 قتيلاً" in newest.text_content()
    assert newest.xpath("//ol[@class='texts']/li/a/@href") == [f"/a/enab_baladi:1@{n}?lang=en" for n in (1, 2, 3)]
    earlier = page_of(reader, article_at(EDITED, "@1"))
    assert "قتيلاً" not in earlier.text_content()
    assert earlier.xpath("//p[contains(@class, 'notice')]/a/@href") == ["/a/enab_baladi:1?lang=en"]
    assert reader.get(article_at(EDITED, "@4")).status == 404
    assert "gone since 26 November 2026" in page_of(reader, article_at(GONE)).text_content()


def test_the_history_shows_visits_and_differences(reader: Served, archive: Archive) -> None:
    """The ledger, and what changed from text to text as `warraq diff` finds it."""
    page = page_of(reader, article_at(EDITED, "/history"))
    assert page.xpath("//table/tbody/tr/td[1]/span/text()") == ["revised", "revised", "kept"]
    (first, second) = page.xpath("//section[@class='step']")
    assert first.xpath(".//del/text()") == ["20"]
    assert first.xpath(".//ins/text()") == ["25"]
    assert second.xpath(".//p[contains(@class, 'row added')]/ins/text()") == ["نص معدل 20 قتيلاً"]
    done = warraq("diff", EDITED, "--json", "--archive", archive.uri)
    told = reader.get(f"/api/articles/{EDITED}/history").json
    assert told["steps"] == json.loads(done.out)["steps"][::-1]


def test_a_removal_has_its_evidence(reader: Served) -> None:
    text = page_of(reader, article_at(GONE, "/history")).text_content()
    assert "seen once" in text
    assert '"api": "404' in text


def test_citations(reader: Served) -> None:
    """Outlet, published, captured, SHA-256 and the id of the text, in each form."""
    record = reader.get(f"/api/articles/{EDITED}/revisions/2").json["record"]
    sha = record["content_hash"].removeprefix("sha256:")
    (csl,) = reader.get(article_at(EDITED, "@2/cite.json")).json
    assert csl["issued"] == {"date-parts": [[2024, 2, 15]]}
    assert csl["accessed"] == {"date-parts": [[2026, 11, 22]]}
    assert csl["container-title"] == "عنب بلدي"
    assert csl["archive_location"] == f"{reader.url}a/enab_baladi:1@2"
    bibtex, text = (reader.get(article_at(EDITED, f"@2/cite.{form}"), {"lang": "en"}).text for form in ("bib", "txt"))
    assert re.match(r"@misc\{enab-baladi-1-2,\n", bibtex)
    assert "  year = {2024}," in bibtex
    for form in (json.dumps(csl), bibtex, text):
        assert sha in form
        assert "enab" in form
    assert "Enab Baladi. 15 February 2024, 10:00." in text


CITED: dict[str, Any] = {
    **dict.fromkeys(("date_published", "date_published_precision")),
    "id": "x:1",
    "revision": 1,
    "outlet": "x",
    "headline": "عنوان",
    "authors": [],
    "url": "https://x.example/1",
    "language": "ar",
    "content_hash": "sha256:0",
    "capture": {"memento_at": None, "fetched_at": "2026-11-22T12:00:00Z", "warc": None},
}
NAMES = st.text() | st.sampled_from(
    ["{", "}", "\\{", "a } and {b", "شركة، فرع", "Smith, John and others", "\\", "\\\\}", "%#$&_^~"]
)


@given(NAMES, st.lists(NAMES, max_size=3))
def test_a_citation_is_one_entry_whatever_a_page_says(headline: str, authors: list[str]) -> None:
    """No headline ends BibTeX's braces or begins another entry."""
    record = {**CITED, "headline": headline, "authors": authors}
    entry = Citation(record, "http://127.0.0.1/a/x:1@1").bibtex()
    depth = 0
    for place, char in enumerate(entry.rstrip("\n")):  # as BibTeX counts: whatever stands before a brace
        depth += (char == "{") - (char == "}")
        assert depth > 0 or place < len("@misc") or place == len(entry.rstrip("\n")) - 1, entry
    assert depth == 0
    assert len(entry.splitlines()) == entry.count(" = {") + 2


DATES = st.sampled_from([(None, None), ("2018-05", "month"), ("2018-05-07", "day"), ("2018-05-07T10:00:00+03:00", "minute")])
CSL = {
    "id",
    "type",
    "title",
    "author",
    "container-title",
    "issued",
    "accessed",
    "URL",
    "language",
    "archive",
    "archive_location",
    "note",
}


@given(NAMES, st.lists(NAMES, max_size=3), DATES | st.tuples(st.text(max_size=8), st.sampled_from(["day", "month"])))
def test_an_item_of_csl_has_the_shape_that_its_schema_asks_for(
    headline: str, authors: list[str], published: tuple[str | None, str | None]
) -> None:
    """csl-data.json of citationstyles.org: names are objects, dates lists of whole numbers, everything else one line of text."""
    stamp, precision = published
    record = {**CITED, "headline": headline, "authors": authors, "date_published": stamp, "date_published_precision": precision}
    (item,) = Citation(record, "http://127.0.0.1/a/x:1@1").csl()
    assert item["type"] == "article-newspaper"
    assert item.keys() <= CSL
    for name in item.keys() - {"author", "issued", "accessed"}:
        assert isinstance(item[name], str)
        assert len(item[name].splitlines()) == 1
    for author in item.get("author", []):
        assert (author.keys(), author["literal"] != "") == ({"literal"}, True)
    for date in (item[name] for name in ("issued", "accessed") if name in item):
        ((year, *rest),) = date["date-parts"]
        assert 0 < year < 10_000
        assert len(rest) <= 2
        assert all(isinstance(part, int) and 0 < part <= last for part, last in zip(rest, (12, 31), strict=False))
    assert ("issued" in item) or stamp is None or precision is None or not re.match(r"\d{4}-\d\d", stamp)


def test_articles_whose_ids_differ_in_arabic_letters_have_keys_of_their_own() -> None:
    """A file of many citations must not name two things alike."""
    keys = set()
    for number, id_ in enumerate(("x:1", "x:خبر-أول", "x:خبر-ثان", "x:a/b", "x:a b")):
        record = {**CITED, "id": id_, "content_hash": f"sha256:{number:08x}{0:056x}"}
        keys.add(Citation(record, "http://127.0.0.1/").bibtex().partition(",")[0])
    assert len(keys) == 5
    assert "@misc{x-1-1" in keys


def with_capture(archive: Archive) -> dict[str, object]:
    return next(record for record in archive.articles(outlet="enab_baladi") if record["capture"]["warc"])


def test_the_raw_page_is_text_and_its_record_can_be_taken_along(
    miniature_reader: Served, crawled: tuple[Path, Done, Done]
) -> None:
    """Headers, the HTML escaped, and the very record that the article was read from."""
    archive = open_archive(str(crawled[0]))
    record = with_capture(archive)
    page = page_of(miniature_reader, article_at(str(record["id"]), "/raw"))
    (source,) = page.xpath("//pre[@class='source']")
    assert source.text.lstrip().lower().startswith("<!doctype html>")
    assert len(source) == 0
    assert "Content-Type" in page.xpath("//table//th/code/text()")
    packed = miniature_reader.get(article_at(str(record["id"]), "/raw.warc.gz"))
    assert packed.headers["content-type"] == "application/warc"
    (found,) = records(io.BytesIO(packed.body), "x", max_bytes=10**7, problem=lambda problem: pytest.fail(str(problem)))
    assert found.record_id == record["capture"]["warc"]["record_id"]
    assert found.body == record_at(archive.store, Pointer(**record["capture"]["warc"])).body
    package = zipfile.ZipFile(io.BytesIO(miniature_reader.get(article_at(str(record["id"]), "/raw.wacz")).body))
    assert "datapackage.json" in package.namelist()
    assert f'"{record["id"]}#1"' in package.read("pages/pages.jsonl").decode()


def test_without_a_raw_capture_that_is_said(reader: Served) -> None:
    assert "No raw capture" in page_of(reader, article_at(STRUCTURED, "/raw")).text_content()
    assert [reader.get(article_at(STRUCTURED, f"/raw.{form}")).status for form in ("warc.gz", "wacz")] == [404, 404]


@pytest.mark.slow
def test_the_proof_holds_once_there_is_a_seal(crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    """Before: 404. Then the ZIP that `warraq check-proof` finds good."""
    copy = tmp_path / "archive"
    subprocess.run(["cp", "-r", str(crawled[0]), str(copy)], check=True)
    record = with_capture(open_archive(str(copy)))
    path = article_at(str(record["id"]), "/proof.zip")
    with served(str(copy), tmp_path / "before") as running:
        assert running.get(path).status == 404
        assert "no seal yet" in page_of(running, article_at(str(record["id"]), "/raw")).text_content()
    key = warraq("seal", "--new-key", "reader.example").out.partition("=")[2].strip()
    assert warraq("seal", "--archive", str(copy), WARRAQ_SEAL_KEY=key).code == 0
    with served(str(copy), tmp_path / "after") as running:
        answer = running.get(path)
        assert answer.status == 200
        assert "proof.zip" in running.get(article_at(str(record["id"]), "/raw")).text
    zipfile.ZipFile(io.BytesIO(answer.body)).extractall(tmp_path / "proof")
    done = subprocess.run([sys.executable, "-I", str(tmp_path / "proof/check.py"), str(tmp_path / "proof")], check=False)
    assert done.returncode == 0
    assert (
        hashlib.sha256((tmp_path / "proof/record.json").read_bytes()).hexdigest() in (tmp_path / "proof/proof.json").read_text()
    )
