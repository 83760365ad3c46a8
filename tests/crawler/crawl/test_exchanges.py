"""The middleware nearest to the wire: bodies as they came, redirects kept, retries forgotten, credentials left out."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawler.crawl.exchanges import ExchangeRecorder
from crawler.crawl.visit import Fetched, Target, Visit
from crawler.discovery.found import Document, Found
from crawler.read.encoded_page import EncodedPage
from crawler.read.reader_pool import ReaderPool
from crawler.read.reasons import CODING
from extractors import Article, Location, NotAnArticle
from storage import Capture

URL = "https://www.enabbaladi.net/archives/7"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGE = "<html><body><article><h1>عنوان</h1><p>نص</p></article></body></html>".encode()


@pytest.fixture
def recorder() -> ExchangeRecorder:
    return ExchangeRecorder(Crawler(Spider))


def visit() -> Visit:
    return Visit(Target(found=Found(url=URL, document=Document(URL)), place=Location("enab_baladi", "article", URL, "7")))


def answer(url: str = URL, status: int = 200, body: bytes = b"", **headers: str | list[str]) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url, status=status, body=body, headers=named, protocol="HTTP/1.1", ip_address=ip_address("192.0.2.7"))


def asked(one: Visit, url: str = URL, **headers: str) -> Request:
    return Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()}, meta={"visit": one})


def test_a_body_stays_as_it_came_and_says_nothing_of_its_coding_any_more(recorder: ExchangeRecorder) -> None:
    """So that Scrapy's decompression leaves it alone; the exchange has both."""
    one, packed = visit(), gzip.compress(PAGE)
    passed = recorder.process_response(asked(one), answer(body=packed, Content_Encoding="gzip", Server="nginx"))
    assert passed.body == packed
    assert b"Content-Encoding" not in passed.headers
    (kept,) = one.fetched.exchanges
    assert kept.body == packed
    assert kept.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nContent-Encoding: gzip\r\n" in kept.head
    assert kept.head.endswith(b"\r\n\r\n")
    assert one.fetched.codings == (("content-encoding", "gzip"),)
    recorder.process_response(asked(one), answer(body=PAGE))
    assert one.fetched.codings == ()


def test_redirects_are_kept_in_order_and_failed_attempts_are_forgotten(recorder: ExchangeRecorder) -> None:
    one = visit()
    for status in (301, 503, 302, 500, 429, 200):
        recorder.process_response(asked(one), answer(status=status))
    assert [each.status for each in one.fetched.exchanges] == [301, 302, 200]


def test_a_request_is_written_as_it_was_sent_without_credentials(recorder: ExchangeRecorder) -> None:
    one = visit()
    secret = {"Authorization": "Basic aaa", "Proxy_Authorization": "Basic bbb", "Cookie": "session=ccc", "Accept_Language": "ar"}
    recorder.process_response(asked(one, "https://reader:ddd@www.enabbaladi.net/a?b=%D8%A7#part", **secret), answer())
    head = one.fetched.exchanges[0].request
    assert head is not None
    lines = head.decode().split("\r\n")
    assert lines[0] == "GET /a?b=%D8%A7 HTTP/1.1"
    assert lines[1] == "Host: www.enabbaladi.net"
    assert "Accept-Language: ar" in lines
    assert lines[-2:] == ["", ""]
    assert not any(word in head for word in (b"aaa", b"bbb", b"ccc", b"ddd", b"uthorization", b"ookie"))


@pytest.mark.parametrize(
    ("url", "target"), [("http://a.example", "/"), ("http://a.example?x=1", "/?x=1"), ("http://a.example/ü", "/%C3%BC")]
)
def test_a_request_line_names_path_and_query(url: str, target: str, recorder: ExchangeRecorder) -> None:
    one = visit()
    recorder.process_response(asked(one, url), answer())
    assert (one.fetched.exchanges[0].request or b"").split(b"\r\n")[0].decode() == f"GET {target} HTTP/1.1"


def test_an_address_is_the_servers_own_or_none(recorder: ExchangeRecorder) -> None:
    """Behind a proxy nobody knows it; a proxy is asked for the absolute URL."""
    one = visit()
    recorder.process_response(asked(one), answer())
    assert one.fetched.exchanges[0].ip == "192.0.2.7"
    request = asked(one, "http://www.enabbaladi.net/a")
    request.meta["proxy"] = "http://proxy.example:3128"
    recorder.process_response(request, answer("http://www.enabbaladi.net/a"))
    assert one.fetched.exchanges[-1].ip is None
    assert (one.fetched.exchanges[-1].request or b"").startswith(b"GET http://www.enabbaladi.net/a HTTP/1.1\r\n")


def test_a_header_that_came_twice_is_kept_twice_and_transfer_coding_is_said_to_be_undone(recorder: ExchangeRecorder) -> None:
    one = visit()
    recorder.process_response(asked(one), answer(Link=["<a>", "<b>"], Transfer_Encoding="chunked"))
    head = one.fetched.exchanges[0].head
    assert head.count(b"\r\nLink: ") == 2
    assert b"\r\nX-Archive-Orig-Transfer-Encoding: chunked\r\n" in head
    assert b"\r\nTransfer-Encoding" not in head


def test_documents_and_other_spiders_pages_are_left_alone(recorder: ExchangeRecorder) -> None:
    """A sitemap of 50 MB is not held for its raw bytes."""
    request = Request("https://www.enabbaladi.net/feed/")
    passed = recorder.process_response(request, answer(body=gzip.compress(b"<rss/>"), Content_Encoding="gzip"))
    assert passed.headers[b"Content-Encoding"] == b"gzip"
    assert "exchanges" not in request.meta


@pytest.fixture(scope="module")
def readers() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 20.0, 2048, max_page_bytes=1_000_000)
    yield pool
    pool.close()


def read(readers: ReaderPool, body: bytes, coding: str) -> Article | NotAnArticle:
    one = replace_codings(coding)
    page = one.page(answer(body=body, Content_Type="text/html; charset=utf-8"), Capture(fetched_at=NOON, status=200))
    assert isinstance(page, EncodedPage)

    async def reading() -> Article | NotAnArticle:
        return await readers.read(page, "enab_baladi")

    return asyncio.run(reading())


def replace_codings(coding: str) -> Visit:
    one = visit()
    one.fetched = Fetched(codings=(("content-encoding", coding),) if coding else ())
    return one


def test_the_reader_undoes_the_coding(readers: ReaderPool) -> None:
    """The same verdict as for the page without it."""
    plain = read(readers, PAGE, "")
    assert read(readers, gzip.compress(PAGE), "gzip") == plain


@pytest.mark.parametrize(
    ("body", "coding", "told"),
    [
        (gzip.compress(b" " * 5_000_000), "gzip", "more than 1,000,000 bytes"),
        (b" " * 1_000_001, "", "longer than 1,000,000 bytes"),
        (bytes(range(256)) * 9, "gzip", "which it is not"),
        (bytes(range(256)) * 9, "rot13", "unknown"),
    ],
    ids=["a bomb", "too long", "no gzip", "unknown coding"],
)
def test_a_body_that_cannot_be_decoded_within_the_limit_is_named_and_tried_again(
    body: bytes, coding: str, told: str, readers: ReaderPool
) -> None:
    result = read(readers, body, coding)
    assert isinstance(result, NotAnArticle)
    assert result.reason == CODING
    assert result.transient
    assert told in (result.detail or "")
