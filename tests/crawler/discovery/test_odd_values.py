"""Odd values in every place of feeds, sitemaps, wp-json, robots.txt, listings, headers and state: no exception but SourceError
escapes, and no entry beside the odd one is lost.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response

from crawler.discovery.asking import Source
from crawler.discovery.completeness import FILE as COMPLETENESS
from crawler.discovery.completeness import Completeness
from crawler.discovery.daily_sitemap import DailySitemap
from crawler.discovery.documents import dates
from crawler.discovery.documents.feed import read_feed
from crawler.discovery.documents.links import read_links
from crawler.discovery.documents.posts import read_posts
from crawler.discovery.documents.robots import read_robots
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.documents.text import RawDocument, UnreadableError
from crawler.discovery.feed import Feed
from crawler.discovery.found import SourceError
from crawler.discovery.listing import Listing
from crawler.discovery.memory import FILE
from crawler.discovery.sitemap import Sitemap
from crawler.discovery.wordpress import WordPress
from tests.crawler.discovery.asking import HOME, Crawls, Site

ODD_TEXTS = [
    "", " ", "\x00", "\ud800", "0000-00-00 00:00:00", "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-14:00", "29/11/2026",
    "Sun, 29 Nov 2026 10:00:00 +0300", "Sun, 31 Feb 2026 99:99:99 ZZZ", "http://[bad/", "https://h:99999/", "//", "?", "#", "&",
    "&#0;", "&#xD800;", "&#99999999;", "&nosuch;", "<", ">", "<![CDATA[", "]]>", "<!--", "-->", "</url>", "</item>", "</rss>",
    "<url>", "<item>", "<image:x>", "</urlset>", "<?xml?>", "{", "[", "]", "}", "\"", "\\", "\\ud800", "NaN", "1e999", "-0",
    "9" * 5_000, "x" * 20_000, "\u202e", "\ufeff", "عاجل", "javascript:alert(1)", "file:///etc/passwd", "https://h/\r\nX: y",
]  # fmt: skip
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=50)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
bodies = st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
headers = st.dictionaries(st.sampled_from(["X-WP-Total", "X-WP-TotalPages", "ETag", "Last-Modified"]), texts)
MARKS = st.sampled_from(["", " backlog", " route", " named", " read"])
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = [f"{HOME}/{number}/good/" for number in (812_001, 812_002)]
ENDS = ("</url>", "</item>", "</urlset>", "</rss>", "</channel>", "<!--", "<![CDATA[", "</sitemap>", "<html", "<url", "<item")
"""What ends the entry, the document, or hides what follows: then the odd value is not one of an entry any more."""


def within_an_entry(text: str) -> bool:
    """Whether an entry that holds the text is still one entry."""
    return not any(end in text.lower() for end in ENDS) and "<!" not in text


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@many
@given(st.fixed_dictionaries(dict.fromkeys(("loc", "lastmod", "publication_date", "image:loc", "xhtml:link", "x"), texts)))
def test_an_odd_entry_of_a_sitemap_costs_itself(odd: dict[str, str]) -> None:
    """Escaped, and as it stands wherever it does not end its entry."""
    for write in (escaped, lambda text: text if within_an_entry(text) else ""):
        inside = "".join(f"<{name}>{write(text)}</{name}>" for name, text in odd.items())
        entries = [f"<url><loc>{GOOD[0]}</loc></url>", f"<url>{inside}</url>", f"<url><loc>{GOOD[1]}</loc></url>"]
        body = f"<urlset>{''.join(entries)}</urlset>".encode("utf-8", "surrogatepass")
        named = Crawls(Sitemap(f"{HOME}/robots.txt", (f"{HOME}/s.xml",))).crawl(Site({f"{HOME}/s.xml": body}))
        assert set(GOOD) <= set(named)


@many
@given(st.fixed_dictionaries(dict.fromkeys(("link", "guid", "pubDate", "dc:date", "updated", "title", "x:y"), texts)))
def test_an_odd_entry_of_a_feed_costs_itself(odd: dict[str, str]) -> None:
    """Escaped, and as it stands wherever it does not end its entry."""
    for write in (escaped, lambda text: text if within_an_entry(text) else ""):
        inside = "".join(f"<{name}>{write(text)}</{name}>" for name, text in odd.items())
        items = [f"<item><link>{GOOD[0]}</link></item>", f"<item>{inside}</item>", f"<item><link>{GOOD[1]}</link></item>"]
        body = f"<rss><channel>{''.join(items)}</channel></rss>".encode("utf-8", "surrogatepass")
        assert set(GOOD) <= set(Crawls(Feed(f"{HOME}/feed/")).crawl(Site({f"{HOME}/feed/": body})))


@many
@given(
    values,
    values,
    values,
    values,
    st.dictionaries(st.sampled_from(["X-WP-Total", "X-WP-TotalPages", "ETag", "Last-Modified"]), texts),
)
def test_an_odd_post_and_odd_headers_cost_themselves(
    row: Any, link: Any, date: Any, modified: Any, headers: dict[str, str]
) -> None:
    """And what is remembered of them lets the next crawl name what is new."""
    source = WordPress(f"{HOME}/wp-json/wp/v2/posts")
    crawls = Crawls(source)
    posts = [{"link": GOOD[0]}, row, {"link": link, "date_gmt": date, "modified_gmt": modified, "id": row}, {"link": GOOD[1]}]
    sent = {name: value.encode("utf-8", "surrogatepass") for name, value in headers.items() if value.isprintable()}

    async def api(request: Request) -> Response:
        page = int(parse_qs(urlsplit(request.url).query)["page"][0])
        return Response(request.url, body=json.dumps(posts if page == 1 else []).encode(), headers=sent)

    assert set(GOOD) <= set(crawls.crawl(api))
    posts = [{"link": f"{HOME}/812003/new/", "modified_gmt": "2026-11-22T11:59:00"}]
    assert crawls.crawl(api) == [f"{HOME}/812003/new/"]


@many
@given(values, st.lists(values, max_size=3))
def test_an_odd_item_of_a_json_feed_costs_itself(odd: Any, more: list[Any]) -> None:
    """In every place of it."""
    items = [{"url": GOOD[0]}, odd, *({"url": value, "id": value, "date_published": value} for value in more), {"url": GOOD[1]}]
    feed = {"version": odd, "items": items, "hubs": odd, "feed_url": odd}
    assert set(GOOD) <= set(Crawls(Feed(f"{HOME}/f")).crawl(Site({f"{HOME}/f": json.dumps(feed).encode()})))


@many
@given(st.lists(texts.filter(str.isprintable), max_size=4))
def test_an_odd_line_of_robots_costs_itself(lines: list[str]) -> None:
    """The sitemap that the line after it names is read."""
    written = "\n".join([*(f"Sitemap: {line}" for line in lines), f"Sitemap: {HOME}/s.xml"])
    site = Site({f"{HOME}/robots.txt": written.encode("utf-8", "surrogatepass"), f"{HOME}/s.xml": GOOD[0].encode()})
    assert GOOD[0] in Crawls(Sitemap(f"{HOME}/robots.txt")).crawl(site)


@many
@given(texts)
def test_an_odd_link_of_a_listing_costs_itself(odd: str) -> None:
    """In an attribute, as it is."""
    links = "".join(f'<a href="{link}">x</a>' for link in (GOOD[0], odd.replace('"', ""), GOOD[1]))
    site = Site({f"{HOME}/news": f"<html>{links}</html>".encode("utf-8", "surrogatepass")})
    assert set(GOOD) <= set(Crawls(Listing(f"{HOME}/news")).crawl(site))


SOURCES: list[Source] = [
    Feed(f"{HOME}/d"),
    WordPress(f"{HOME}/d"),
    Listing(f"{HOME}/d", sections=True),
    Sitemap(f"{HOME}/d", (f"{HOME}/d",)),
    DailySitemap(f"{HOME}/d", f"{HOME}/d?%Y%m%d"),
]


@many
@given(bodies, st.sampled_from(SOURCES))
def test_whatever_a_server_sends_a_source_reads_it_or_fails_by_name(body: bytes, source: Source) -> None:
    """Whatever the bytes."""

    async def server(request: Request) -> Response:
        return Response(request.url, body=body)

    try:
        Crawls(source).crawl(server)
    except SourceError as error:
        named = error.url.startswith(HOME)
    else:
        named = True
    assert named


@many
@given(st.lists(bodies, max_size=4), st.sampled_from([read_feed, read_sitemap, read_posts, read_robots, read_links]))
def test_parsers_raise_nothing_but_that_they_cannot_read(pieces: list[bytes], parser: Any) -> None:
    """Of pieces that mean something to them, in any order."""
    for body in (b"<urlset><url><loc>" + b"".join(pieces), b"".join(pieces)):
        with suppress(UnreadableError):
            parser(RawDocument(f"{HOME}/d", body))


@many
@given(
    texts
    | st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d\d(:\d\d)?([+-]\d\d:\d\d|Z| [A-Z]{3,4})?)?", fullmatch=True)
)
def test_any_text_is_a_date_that_can_be_true_or_none(text: str) -> None:
    """Nothing is raised."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    published = dates.published(text, ZoneInfo("Asia/Damascus"), now)
    assert published is None or "1990" <= published[:10] <= "2026-11-24"
    modified = dates.modified(text, now)
    assert modified is None or modified.year <= 2026


@many
@given(
    st.sampled_from(SOURCES),
    st.dictionaries(st.sampled_from(["", " backlog", " route", " named", " read"]), values, max_size=3),
    values,
)
def test_state_that_cannot_be_understood_hides_and_kills_nothing(source: Source, marks: dict[str, Any], validators: Any) -> None:
    """A mark, a validator or the whole document: what the source names is named all the same."""
    crawls = Crawls(source)
    stored = {source.name + suffix: value for suffix, value in marks.items()} | {f"statements {source.name}": validators}
    data = json.dumps({"validators": {f"{HOME}/d": validators}, "marks": stored}).encode()
    try:
        FILE.parse(data)
        crawls.state = data
    except ValueError:
        pass  # `StateFile.load` begins anew
    listing = f"<a href='{GOOD[0]}'></a>".encode()
    right = {"Feed": f"<rss><item><link>{GOOD[0]}</link></item></rss>".encode(), "Listing": listing}
    posts = json.dumps([{"link": GOOD[0], "modified_gmt": "2026-11-22T11:59:59"}]).encode()
    body = right.get(type(source).__name__) or (posts if isinstance(source, WordPress) else GOOD[0].encode())

    async def server(request: Request) -> Response:
        return Response(request.url, body=b"[]" if "page=2" in request.url else body)

    assert GOOD[0] in crawls.crawl(server)


@many
@given(values | st.fixed_dictionaries({"kinds": values | st.dictionaries(texts, values), "articles": values}))
def test_completeness_that_cannot_be_understood_is_begun_anew(stored: Any) -> None:
    """And goes on from there."""
    try:
        loaded = Completeness.of(COMPLETENESS.parse(json.dumps(stored).encode()))
    except ValueError:
        loaded = Completeness()  # as `StateFile.load` begins anew
    loaded.named("feed", GOOD[0], new=True)
    loaded.answered("feed", entries=1)
    loaded.judge(timedelta(hours=3))
    dumped = COMPLETENESS.dump(loaded.document())
    assert COMPLETENESS.dump(Completeness.of(COMPLETENESS.parse(dumped)).document()) == dumped


@pytest.mark.parametrize("parser", [read_feed, read_sitemap, read_posts, read_robots, read_links])
@pytest.mark.parametrize(
    "unit",
    ["<", "<a ", "<a=", "a", "&", "&#", "&amp", "<![CDATA[", "<!--", "]]>", '<a b="', "<x>", "</x>", "<url>", "<item><link>",
     "[", "{", '{"a":[',
     '[{"a":', "sitemap:", "sitemap: \t", "\n", " ", "http", "https://h/\n", "<link rel='x' href='",
     "a=b ", "\u0660"],
)  # fmt: skip
def test_time_is_linear_in_the_length_of_adversarial_text(parser: Any, unit: str) -> None:
    """Four times the length takes no sixteen times as long: measured on the processor's clock, where it takes any time at all."""
    import time

    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        began = time.process_time()
        for root in ("<urlset><url><loc>", "<rss><item><link ", "", "["):
            try:
                parser(RawDocument(f"{HOME}/d", (root + text).encode()))
            except UnreadableError:
                continue
        return time.process_time() - began

    short = seconds(10_000)
    assert any(seconds(40_000) < 10 * max(short, 0.02) for _ in range(3))  # a collection of garbage may fall into one
