"""What strangers send, byte by byte: whatever it is, the answer is one of ours, says nothing of the inside, and is soon there."""

from __future__ import annotations

import base64
import gzip
import http.client
import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.serve.access import WRONG_AT_ONCE
from crawler.serve.routes import ROUTES
from infra.testing.waiting import LONG
from storage import Archive
from tests.crawler.serve.conftest import EDITED
from tests.crawler.serve.serving import Got, Served, article_at, served

TOKEN = "correct-horse-battery-staple"
INSIDE = re.compile(rb"Traceback|File \"|\.py\b|sqlite|site-packages|aiohttp", re.IGNORECASE)


def sent(reader: Served, data: bytes) -> tuple[bytes, bytes]:
    """(head, rest) of all that comes back for these bytes, after which nothing is sent."""
    with socket.create_connection(("127.0.0.1", reader.port), timeout=LONG) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, rest = answer.partition(b"\r\n\r\n")
    return head, rest


SEGMENTS = r"""a api articles history raw raw.warc.gz cite.bib runs address style.css export.csv .. . archive.json
enab_baladi:1 enab_baladi:1@2 enab_baladi:1@ enab_baladi:%D8%AE %D8%AE @1 {article} //evil.example <script>
%2e%2e %2F ..%2f..%2fetc%2fpasswd %00 %0d%0aSet-Cookie:%20x=1 %c0%ae%c0%ae %ff % %zz %u0627 \ '-- * ~ " ? # ; é"""
WHOLE = ["*", "http://evil.example/", "http://127.0.0.1/a", "//evil.example/a/b", "/a/../../etc/passwd", "", "evil.example:443"]
JOINED = st.lists(st.sampled_from([*re.split(r"\s", SEGMENTS), "x" * 3_000]), max_size=6).map(lambda parts: "/" + "/".join(parts))
PATHS = JOINED | st.sampled_from(WHOLE)
METHODS = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "G\x00T"])
FIELDS = """Range: bytes=0-1; Range: bytes=5-1,x; If-None-Match: *; If-None-Match: W/"x", "y; If-Modified-Since: soon; Expect: tea
Accept-Encoding: gzip, br, *; Accept-Encoding: \x7f; Accept-Language: ar,,x; Accept-Language: q=; Expect: 100-continue
Authorization: Basic %%%; Authorization: Bearer \xff; Cookie: a=b,=; X-Forwarded-For: 1.2.3.4; Forwarded: for=x
Transfer-Encoding: chunked; Content-Length: 5; Content-Length: -1; Host: evil.example; Connection: upgrade, close
Upgrade: h2c; no field; : empty"""
HEADERS = st.sampled_from([*re.split(r"; |\n", FIELDS), "X: " + "y" * 9_000, "Accept: text/html"])


@settings(max_examples=250)
@given(METHODS, PATHS, st.lists(HEADERS, max_size=4), st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP", ""]))
def test_no_request_gets_an_error_of_ours_or_a_word_of_the_inside(
    reader: Served, method: str, path: str, headers: list[str], version: str
) -> None:
    """Every answer tells a browser to carry out nothing, those of the HTTP server too."""
    lines = [f"{method} {path} {version}", f"Host: 127.0.0.1:{reader.port}", *headers, "", ""]
    head, rest = sent(reader, "\r\n".join(lines).encode("latin-1"))
    if not head:
        return  # let go of: half a request
    status = int(head.split()[1])
    assert status < 500, head
    assert status == 100 or b"content-security-policy: default-src 'none'" in head.lower(), head
    assert b"set-cookie" not in head.lower()
    if status >= 400:
        assert not INSIDE.search(rest), rest[:500]
    assert [fact for fact in reader.facts if fact["fact"] in ("serve.failed", "serve.unreadable")] == []


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_what_is_no_http_is_answered_by_its_status_alone(reader: Served, data: bytes) -> None:
    head, rest = sent(reader, data + b"\r\n\r\n")
    if head:
        assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), head
        assert b"content-security-policy" in head.lower()
        assert len(rest) < 100 or b"<!doctype html>" in rest[:200]
        assert not INSIDE.search(rest)


@pytest.mark.parametrize("name", ['a"\r\nX: y', "../../x", "a;b", "خبر", "a" * 150, "a%0d%0a"])
def test_a_download_is_saved_under_letters_alone(name: str) -> None:
    """Whatever an id is made of, no other header and no folder comes of it."""
    from crawler.serve.article_views import _file_name
    from crawler.serve.collection import ArticleText

    text = ArticleText("k", f"x:{name}", 1, "x", "u", "h", None, None, "2026-11-22T12:00:00Z", 1, None)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,90}", _file_name(text))


ADDRESSES = [path for path, _ in ROUTES if "{" not in path and "address" not in path]
ADDRESSES += [article_at(EDITED, more) for more in ("", "/history", "/cite.bib", "@1")] + [f"/api/articles/{EDITED}"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_has_a_page_is_told_that_it_is_still_the_same(reader: Served, path: str) -> None:
    first = reader.get(path)
    assert first.status == 200
    again = reader.get(path, If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert reader.get(path, If_None_Match='"other"').body == first.body


def test_pages_are_sent_compressed_to_whoever_takes_that(reader: Served) -> None:
    plain, packed = reader.get("/"), reader.get("/", Accept_Encoding="gzip")
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 3
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in reader.get("/robots.txt", Accept_Encoding="gzip").headers


@pytest.fixture(scope="module")
def guarded(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A reader behind a token and a proxy that it knows."""
    settings = {"WARRAQ_SERVE_TOKEN": TOKEN, "WARRAQ_DOOR_PROXIES": "127.0.0.1"}
    with served(archive.uri, tmp_path_factory.mktemp("guarded"), **settings) as running:
        yield running


def shown(reader: Served, token: str, of: str) -> Got:
    return reader.get("/robots.txt", Authorization=f"Bearer {token}", X_Forwarded_For=of)


def test_who_shows_wrong_tokens_is_soon_answered_no_more(guarded: Served) -> None:
    """Not even with the right one, else trying on would still tell; others are, and so is the user of this machine."""
    assert [shown(guarded, f"wrong-{n}", "192.0.2.1").status for n in range(WRONG_AT_ONCE)] == [401] * WRONG_AT_ONCE
    refused = shown(guarded, TOKEN, "192.0.2.1")
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "token" in guarded.get("/", Authorization="Bearer x", X_Forwarded_For="192.0.2.1").text.lower()
    assert shown(guarded, TOKEN, "192.0.2.2").status == 200
    assert guarded.get("/robots.txt", X_Forwarded_For="192.0.2.1").status == 401  # nothing shown: it is asked for
    for n in range(WRONG_AT_ONCE + 2):
        basic = base64.b64encode(f"x:wrong-{n}".encode()).decode()
        assert guarded.get("/", Authorization=f"Basic {basic}").status == 401
    assert guarded.get("/robots.txt", Authorization=f"Bearer {TOKEN}").status == 200


def test_addresses_of_one_subscriber_are_counted_together(guarded: Served) -> None:
    """A /64 of IPv6 is one's own; an IPv4 address is the same however it is written."""
    for n in range(WRONG_AT_ONCE):
        assert shown(guarded, "wrong", f"2001:db8::{n + 1}").status == 401
        assert shown(guarded, "wrong", "::ffff:198.51.100.7" if n % 2 else "198.51.100.7").status == 401
    assert shown(guarded, TOKEN, "2001:db8::ffff").status == 429
    assert shown(guarded, TOKEN, "198.51.100.7").status == 429
    assert shown(guarded, TOKEN, "2001:db8:0:1::1").status == 200


def test_a_proxy_that_is_none_is_not_served(archive: Archive) -> None:
    from crawler.config import ConfigError
    from crawler.serve.access import access_for

    with pytest.raises(ConfigError, match="WARRAQ_DOOR_PROXIES"):
        access_for("127.0.0.1", TOKEN, "", "10.0.0.0/99")


def test_a_connection_is_kept_for_the_next_question(reader: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", reader.port, timeout=LONG)
    for path in ("/", "/nothing", "/api/search", "/style.css"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.read()
    connection.close()


def test_what_the_http_server_answers_by_itself_is_guarded_too(reader: Served) -> None:
    """An expectation that nobody meets is refused before any view is asked (RFC 9110 §10.1.1)."""
    answer = reader.get("/", Expect="tea")
    assert answer.status == 417
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["server"] == "warraq"
