"""Sitemap documents, good and bad: one odd entry costs itself."""

from __future__ import annotations

import gzip

import pytest

from crawler.discovery.documents import entries
from crawler.discovery.documents.entries import Entry, Listed
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.documents.text import RawDocument, UnreadableError

URL = "https://example.org/sitemap.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def read(body: str | bytes, content_type: str = "", max_bytes: int = 10_000_000) -> Listed:
    return read_sitemap(RawDocument(URL, body.encode() if isinstance(body, str) else body, content_type, max_bytes))


def urls(body: str | bytes, content_type: str = "") -> list[str]:
    return [entry.url.removeprefix("https://example.org/") for entry in read(body, content_type).entries]


def test_news_dates_are_read_and_picture_locs_are_not() -> None:
    """`<news:publication_date>` is nested, and so is `<image:loc>`, which is no page; a video's date is not the article's."""
    body = f"""{HEAD} xmlns:news="urn:n" xmlns:image="urn:i"><url><loc> https://example.org/a </loc>
      <video:video><video:publication_date>2011-01-01</video:publication_date></video:video>
      <news:news><news:publication_date>2026-11-01T10:00:00+03:00</news:publication_date></news:news>
      <image:image><image:loc>https://example.org/a.jpg</image:loc></image:image>
      <lastmod>2026-11-02</lastmod></url></urlset>"""
    assert read(body) == Listed("urlset", (Entry("https://example.org/a", "2026-11-01T10:00:00+03:00", "2026-11-02"),))


GOOD = "<url><loc>/good</loc></url>"
ODD = [
    "<url><loc>http://[bad/</loc></url>",
    "<url><loc>https://example.org:99999/x</loc></url>",
    "<url><loc>&#xD800;</loc></url>",
    "<url><loc>  </loc></url>",
    "<url></url>",
    "<url/>",
    "<url><loc/></url>",
    "<url><loc>ftp://example.org/x</loc></url>",
    f"<url><loc>https://example.org/{'x' * 1_000_000}</loc></url>",
    "<url><loc>https://example.org/never",
    "<url><image:loc>x</image:loc><xhtml:link/></url>",
    "<url></loc></urls></image>",
    "<url><loc><![CDATA[]]></loc></url>",
    "<url><!-- <loc>https://example.org/hidden</loc> --></url>",
    f"<url>{'<deep>' * 500}<loc>https://example.org/deep</loc></url>",
]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_costs_itself(odd: str) -> None:
    """Those before and after it are read, and it is counted."""
    listed = read(f"{HEAD}>{GOOD}{odd}{GOOD.replace('good', 'too')}</urlset>")
    assert [entry.url for entry in listed.entries] == ["https://example.org/good", "https://example.org/too"]
    assert (listed.whole, listed.dropped) == (True, 1)


@pytest.mark.parametrize(
    ("loc", "url"),
    [
        ("/a?x=1&y=2", "a?x=1&y=2"),
        ("/a?x=1&amp;y=2", "a?x=1&y=2"),
        ("/a?copy=1&copy=2&section=3", "a?copy=1&copy=2&section=3"),
        ("<![CDATA[ https://example.org/a?x=1&y=2 ]]>", "a?x=1&y=2"),
        ("//example.org/a", "a"),
        ("a b", "a%20b"),
        ("/a\x00\x01b", "ab"),
        ("\n /a\n  b \n", "ab"),
        ("/عاجل", "عاجل"),
        ("/&#1593;&#x62C;", "عج"),
    ],
)
def test_an_address_is_read_as_it_was_meant(loc: str, url: str) -> None:
    """Relative, with a raw `&`, in CDATA, with control characters or broken lines."""
    assert urls(f"{HEAD}><url><loc>{loc}</loc></url>{GOOD}</urlset>") == [url, "good"]


NOTICE = "<br />\n<b>Notice</b>: Undefined index: x in <b>y.php</b> on line <b>5</b><br />\n"


@pytest.mark.parametrize("before", ["\n\n  ", "\ufeff", NOTICE, "<!-- x -->"])
@pytest.mark.parametrize("after", ["", f"<!-- cached by a plug-in {'x' * 500} -->", "</html>", "<script>x()</script>", "<url>"])
def test_what_stands_before_and_after_the_document_does_not_matter(before: str, after: str) -> None:
    """Notices of PHP, comments of caches: it is whole all the same."""
    listed = read(f"{before}{HEAD}>{GOOD}</urlset>{after}")
    assert [entry.url for entry in listed.entries] == ["https://example.org/good"]
    assert listed.whole


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-8"), ("windows-1256", "windows-1256"), ("utf-8", "utf-16"),
     ("utf-8", "no-such-thing"), ("utf-8", "punycode"), ("utf-8", "utf-7"), ("utf-32", "utf-32")],
)  # fmt: skip
def test_the_encoding_is_found_also_where_the_declaration_is_wrong(encoding: str, declared: str) -> None:
    """By byte order mark and zero bytes first."""
    text = f'<?xml version="1.0" encoding="{declared}"?><urlset><url><loc>/خبر</loc></url></urlset>'
    assert urls(text.encode(encoding)) == ["خبر"]


def test_bytes_of_no_encoding_cost_their_entry() -> None:
    """The others are read."""
    assert urls(b"<urlset><url><loc>/\xff\xfe</loc></url><url><loc>/b</loc></url></urlset>")[1:] == ["b"]


@pytest.mark.parametrize("layers", [1, 2])
def test_gzip_is_found_by_its_first_bytes(layers: int) -> None:
    """Whatever name and headers it has, also twice."""
    body = f"{HEAD}><url><loc>https://example.org/a</loc></url></urlset>".encode()
    for _ in range(layers):
        body = gzip.compress(body)
    assert urls(body) == ["a"]


def test_a_gzip_bomb_is_refused_by_name() -> None:
    """The limit holds for what comes out, not for what came in."""
    with pytest.raises(UnreadableError, match=r"^cannot be gunzipped: larger than the limit of 1000000 bytes"):
        read(gzip.compress(b" " * 2_000_000), max_bytes=1_000_000)


def test_what_a_cut_document_leaves_at_its_end_is_no_entry() -> None:
    """At whatever byte it is cut, as it stands or in gzip: the entries before are read, a stump is not, and it is not whole."""
    body = f"{HEAD}>{''.join(f'<url><loc>https://example.org/{n}</loc></url>' for n in range(5))}</urlset>".encode()
    every = [str(number) for number in range(5)]
    for end in range(len(HEAD) + 1, len(body)):
        if b"</url>" not in body[:end]:
            with pytest.raises(UnreadableError, match=r"before its first entry"):
                read(body[:end])
            continue
        listed = read(body[:end])
        assert [entry.url.rpartition("/")[2] for entry in listed.entries] == every[: body[:end].count(b"</url>")]
        assert not listed.whole
    packed = gzip.compress(body)
    for end in range(20, len(packed)):
        try:
            listed = read(packed[:end])
        except UnreadableError:
            continue
        assert [entry.url.rpartition("/")[2] for entry in listed.entries] == every[: len(listed.entries)]
        assert not listed.whole


def test_entities_are_refused() -> None:
    """Nested entities make a small file large; a sitemap never needs any."""
    body = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    with pytest.raises(UnreadableError, match="declares XML entities"):
        read(body)


def test_more_addresses_than_the_protocol_allows_are_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """50,010 are no reason to read none; what is over the bound is said."""
    body = f"{HEAD}>" + "".join(f"<url><loc>https://example.org/{number}</loc></url>" for number in range(50_010)) + "</urlset>"
    assert len(set(urls(body))) == 50_010
    monkeypatch.setattr("crawler.discovery.documents.sitemap.MOST_ENTRIES", 100)
    listed = read(f"{HEAD}>" + "".join(f"<url><loc>https://example.org/{n}</loc></url>" for n in range(1_010)) + "</urlset>")
    assert (len(listed.entries), listed.whole, listed.dropped) == (100, False, 910)
    assert entries.MOST_ENTRIES > 50_010


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><html><body>404</body></html>",
        "",
        "not found",
        "{}",
        "<html><urlset></html>",
    ],
)
def test_what_is_no_sitemap_is_named(body: str) -> None:
    """An error page with status 200 is not an empty sitemap."""
    with pytest.raises(UnreadableError, match=r"^is "):
        read(body)


@pytest.mark.parametrize("inside", ["<x/>" * 200_000, "<x>" * 200_000, "x" * 1_000_000])
def test_a_large_document_without_an_entry_is_named(inside: str) -> None:
    """An empty list is short."""
    assert read(f"{HEAD}></urlset>").entries == ()
    with pytest.raises(UnreadableError, match=r"no entry in|before its first entry"):
        read(f"{HEAD}>{inside}</urlset>")


@pytest.mark.parametrize(
    "body",
    [
        "https://example.org/a\r\n\r\nnonsense\nhttps://example.org/b\n",
        "\ufeffhttps://example.org/a\nhttps://example.org/b",
        "<rss><channel><item><link>/a</link></item><item><link>/b</link></item></channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/a"/></entry><entry><link href="b"/></entry></feed>',
        "<S:URLSET xmlns:S='x'><S:URL><S:LOC>/a</S:LOC></S:URL><S:URL><S:LOC>/b</S:LOC></S:URL></S:URLSET>",
    ],
)
def test_a_sitemap_may_be_text_or_a_feed(body: str) -> None:
    """As sitemaps.org allows; prefixes and capitals do not matter."""
    assert urls(body) == ["a", "b"]
