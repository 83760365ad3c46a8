"""Feeds: RSS, Atom and JSON Feed, good and bad; one odd entry costs itself."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from crawler.discovery.documents.entries import Listed
from crawler.discovery.documents.feed import read_feed
from crawler.discovery.documents.text import RawDocument, UnreadableError
from crawler.discovery.feed import Feed
from tests.crawler.discovery.asking import HOME, Crawls, Site, asking, find

URL = f"{HOME}/feed/"
RSS = '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title>'
END = "</channel></rss>"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">'


def read(body: str | bytes) -> Listed:
    return read_feed(RawDocument(URL, body.encode() if isinstance(body, str) else body))


def urls(body: str | bytes) -> list[str]:
    return [entry.url.removeprefix(HOME) for entry in read(body).entries]


def item(number: int, inside: str = "") -> str:
    return f"<item><title>x</title><link>{HOME}/archives/{number}</link>{inside}</item>"


ODD = [
    "<item></item>",
    "<item><link/></item>",
    "<item><link>http://[bad/</link></item>",
    f"<item><link>{HOME}:99999/</link></item>",
    f"<item><link>{HOME}/{'x' * 1_000_000}</link></item>",
    "<item><link>&#xDFFF;</link><guid isPermaLink='false'>7</guid></item>",
    "<item><media:link>x</title></item>",
    "<item><title>a & b < c</title><description><p><br><link>no</link></description></item>",
    f"<item>{'<deep>' * 300}</item>",
    "<item><title>never closed <link>https://x.example",
]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_costs_itself(odd: str) -> None:
    """Those before and after it are read."""
    assert urls(f"{RSS}{item(1)}{odd}{item(2)}{END}") == ["/archives/1", "/archives/2"]


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        (f"<item><link><![CDATA[{HOME}/1?a=1&b=2]]></link></item>", "/1?a=1&b=2"),
        ("<item><link>/1?a=1&b=2</link></item>", "/1?a=1&b=2"),
        (f"<item><guid>{HOME}/1</guid></item>", "/1"),
        (f"<item><guid isPermaLink='false'>{HOME}/?p=1</guid><link>/1</link></item>", "/1"),
        (f"<item><link>https://feedproxy.example/x</link><feedburner:origLink>{HOME}/1</feedburner:origLink></item>", "/1"),
        ("<item><atom:link rel='self' href='/no'/><atom:link href='/1'/></item>", "/1"),
        ("<item><link>http://[bad/</link><guid>/1</guid></item>", "/1"),
        ("<ITEM><LINK>/1</LINK></ITEM>", "/1"),
        (f"<item rdf:about='{HOME}/1'><title/></item>", "/1"),
    ],
)
def test_where_an_entry_of_rss_has_its_address(entry: str, url: str) -> None:
    """In `link`, else where feeds without it have it."""
    assert urls(f"{RSS}{entry}{END}") == [url]


def test_an_entry_of_atom_has_its_address_in_its_alternate_link() -> None:
    """Relative to `xml:base`; links inside its content are not its own."""
    content = '<content type="xhtml"><div><a href="/no">x</a><link href="/no"/></div></content>'
    entry = f'<entry><id>urn:1</id><link rel="replies" href="/no"/>{content}<link rel="alternate" href="1"/></entry>'
    assert urls(f'<feed xml:base="{HOME}/archives/">{entry}<entry><id>{HOME}/2</id></entry></feed>') == ["/archives/1", "/2"]


@pytest.mark.parametrize(
    ("body", "dates"),
    [
        (f"{RSS}{item(1, '<pubDate>a</pubDate><dc:date>b</dc:date><atom:updated>c</atom:updated>')}{END}", ("a", "c")),
        (f"{RSS}{item(1, '<dc:date>b</dc:date><dcterms:modified>c</dcterms:modified>')}{END}", ("b", "c")),
        (f"{ATOM}<entry><link href='/1'/><updated>c</updated><published>a</published></entry></feed>", ("a", "c")),
        (f"{ATOM}<entry><link href='/1'/><issued>a</issued><modified>c</modified></entry></feed>", ("a", "c")),
        (f"{RSS}{item(1, '<media:group><pubDate>no</pubDate></media:group>')}{END}", ("", "")),
    ],
)
def test_where_an_entry_has_its_dates(body: str, dates: tuple[str, str]) -> None:
    """As they stand there."""
    (entry,) = read(body).entries
    assert (entry.published, entry.modified) == dates


@pytest.mark.parametrize("odd", [7, None, [], {}, {"url": 5}, {"url": "http://[bad/"}, {"url": ["/x"]}, {"id": {"a": 1}}])
def test_a_json_feed_is_read_and_an_odd_item_costs_itself(odd: Any) -> None:
    """JSON Feed 1.1; a notice of PHP before it does not matter."""
    items = [{"url": "/1", "date_published": "a", "date_modified": 5}, odd, {"id": "2", "external_url": f"{HOME}/2"}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items, "hubs": [{"type": "WebSub", "url": "h"}, 5]}
    listed = read(json.dumps(feed))
    assert [(each.url, each.published, each.modified) for each in listed.entries] == [
        (f"{HOME}/1", "a", ""),
        (f"{HOME}/2", "", ""),
    ]
    assert listed.links == (("hub", "h"),)


def test_a_cut_feed_gives_no_stump() -> None:
    """At whatever byte, as it stands or in gzip without a header that says so."""
    body = f"{RSS}{''.join(item(number) for number in range(5))}{END}".encode()
    for end in range(len(RSS) + 1, len(body)):
        if b"</item>" not in body[:end]:
            with pytest.raises(UnreadableError, match=r"before its first entry"):
                read(body[:end])
            continue
        listed = read(body[:end])
        assert [entry.url for entry in listed.entries] == [
            f"{HOME}/archives/{number}" for number in range(body[:end].count(b"</item>"))
        ]
        assert not listed.whole
    assert len(urls(gzip.compress(body))) == 5
    assert not read(gzip.compress(body)[:-5]).whole


@pytest.mark.parametrize(
    "body", ["<html><body>404</body></html>", "", "text", "{}", "[]", "<urlset></urlset>", '{"items": 5}', "<"]
)
def test_what_is_no_feed_is_named(body: str) -> None:
    """An error page with status 200 is not an empty feed."""
    with pytest.raises(UnreadableError, match=r"^is "):
        read(body)


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("Sun, 15 Nov 2026 10:00:00 +0300", "2026-11-15T10:00:00+03:00"),
        ("Sun, 15 Nov 2026 10:00:00 EEST", "2026-11-15T10:00:00+03:00"),
        ("2026/11/15", "2026-11-15"),
        ("15-11-2026", "2026-11-15"),
        ("15 Nov 26 10:00 GMT", "2026-11-15T10:00:00+00:00"),
        ("2026-11-15 10:00:00", "2026-11-15T10:00:00+03:00"),  # the outlet's own clock
        ("Sun, 15 Nov 2026 10:00:00 AST", None),  # Arabia's or the Atlantic's
        ("03/04/2026", None),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+03:00", None),
        ("9999-12-31T23:59:59-03:00", None),
        ("2099-01-01", None),
        ("1970-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("9" * 5_000, None),
    ],
)
def test_dates_are_judged_and_read_right_or_not_at_all(stated: str, published: str | None) -> None:
    """An entry whose date cannot be true is named all the same."""
    site = Site({URL: f"{RSS}{item(812_110, f'<pubDate>{stated}</pubDate>')}{END}".encode()})
    (found,) = find(Feed(URL), asking(site))
    assert (found.url, found.published) == (f"{HOME}/archives/812110", published)


def test_the_amp_version_of_an_article_is_asked_for_as_the_article() -> None:
    """Not where the address without it would be none."""
    site = Site({URL: f"{RSS}<item><link>/123/slug/amp/</link></item><item><link>/amp/</link></item>{END}".encode()})
    assert [found.url for found in find(Feed(URL), asking(site))] == [f"{HOME}/123/slug/", f"{HOME}/amp/"]


def test_a_date_at_which_the_articles_number_was_not_given_out_is_none() -> None:
    """As for pages: number 812110 is of 2026."""
    site = Site({URL: f"{RSS}{item(812_110, '<pubDate>2013-02-01</pubDate>')}{END}".encode()})
    assert [found.published for found in find(Feed(URL), asking(site))] == [None]


def test_a_feed_that_is_all_new_since_last_time_says_that_there_is_a_gap() -> None:
    """Some between may have come and gone."""
    crawls = Crawls(Feed(URL))
    for numbers, gaps in ((range(10), 0), (range(9, 19), 0), (range(19, 29), 1), (range(19, 30), 0)):
        crawls.crawl(Site({URL: f"{RSS}{''.join(map(item, numbers))}{END}".encode()}))
        assert len(crawls.of("source.gap")) == gaps, numbers


def test_statements_of_modification_that_move_with_every_poll_are_distrusted() -> None:
    """From the second time on, and as long as they do; what says when each entry was modified is believed."""

    def poll(stamp: str) -> list[str | None]:
        entries = "".join(f"<entry><link href='/archives/{n}'/><updated>{stamp}</updated></entry>" for n in range(5))
        return [
            found.modified for found in find(Feed(URL), asking(Site({URL: f"{ATOM}{entries}</feed>".encode()}), memory=memory))
        ]

    memory = asking(Site({})).memory
    assert None not in poll("2026-11-22T10:00:00Z")
    assert None not in poll("2026-11-22T10:00:00Z"), "they stand: somebody edited all at once"
    assert poll("2026-11-22T11:00:00Z") == [None] * 5
    assert poll("2026-11-22T11:30:00Z") == [None] * 5
