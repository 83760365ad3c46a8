"""By its address: the article, or what an address showed that has none of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from lxml import html

from storage import open_archive
from tests.crawler.serve.serving import Served, served
from tests.storage.newsroom import article, keep_all

FIRST, COPY = "https://www.enabbaladi.net/archives/101", "https://www.enabbaladi.net/archives/102"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two addresses with one text, which is kept as that of the first."""
    folder = tmp_path_factory.mktemp("copied")
    archive = open_archive(str(folder / "archive"))
    of_first = replace(article(101), url=FIRST, id="enab_baladi:101")
    keep_all(archive, of_first)
    keep_all(archive, replace(of_first, url=COPY, id="enab_baladi:102"))
    with served(archive.uri, folder / "reader") as running:
        yield running


@pytest.mark.parametrize("path", ["/address", "/"])
@pytest.mark.parametrize("address", [FIRST, "http://enabbaladi.net/archives/101/?utm_source=x#top"])
def test_the_address_of_an_article_leads_to_it(copied: Served, path: str, address: str) -> None:
    """Typed into the box too, and in whatever spelling."""
    answer = copied.get(path, {"u" if path == "/address" else "q": address})
    assert answer.status == 303
    if path == "/":
        answer = copied.get(answer.headers["location"])
    assert (answer.status, answer.headers["location"]) == (303, "/a/enab_baladi:101")
    assert copied.get("/api/address", {"u": address}).json["id"] == "enab_baladi:101"


@pytest.mark.parametrize(("typed", "place"), [("enab_baladi:101", ""), (" enab_baladi:101@1 ", "@1")])
def test_an_id_in_the_box_leads_to_its_article(copied: Served, typed: str, place: str) -> None:
    answer = copied.get("/", {"q": typed, "lang": "en"})
    assert (answer.status, answer.headers["location"]) == (303, f"/a/enab_baladi:101{place}?lang=en")
    for other in ("enab_baladi:9", "author:ليلى", "headline:السوق", "body:101"):
        assert copied.get("/", {"q": other}).status == 200


def test_an_address_that_showed_the_text_of_another_has_a_page(copied: Served) -> None:
    """It says under which article the text is kept, and shows the ledger of the address."""
    answer = copied.get("/address", {"u": COPY, "lang": "en"})
    assert answer.status == 200
    page = html.document_fromstring(answer.text)
    assert page.xpath("//p[@class='notice']/a/@href") == ["/a/enab_baladi:101@1?lang=en"]
    assert page.xpath("//tbody/tr/td[1]/span/text()") == ["duplicate"]
    assert page.xpath("//tbody/tr/td[2]/a/@href") == ["/a/enab_baladi:101@1?lang=en"]
    told = copied.get("/api/address", {"u": COPY}).json
    assert (told["id"], told["url"], [entry["fate"] for entry in told["entries"]]) == (None, COPY, ["duplicate"])
    assert copied.get("/a/enab_baladi:102").status == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://www.enabbaladi.net/archives/999", 404),
        ("https://stranger.example/1", 404),
        ("", 400),
        ("enab_baladi:101", 400),
        ("javascript:alert(1)", 400),
        ("https://", 400),
        ("https://www.enabbaladi.net/\r\nX: y", 400),
        ("https://www.enabbaladi.net/" + "x" * 3_000, 400),
    ],
)
def test_what_is_no_address_of_the_archive_is_refused(copied: Served, address: str, status: int) -> None:
    assert copied.get("/address", {"u": address}).status == status
    assert copied.get("/api/address", {"u": address}).status == status


def test_the_address_of_an_unknown_outlet_leads_to_its_article(reader: Served) -> None:
    """As it stands in the record, where nobody knows how it is spelt otherwise."""
    answer = reader.get("/address", {"u": "https://www.enab_baladi.example/archives/1"})
    assert (answer.status, answer.headers["location"]) == (303, "/a/enab_baladi:1")
