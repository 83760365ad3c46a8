"""Documents as strangers really make them: what they mean is read, and what cannot be read is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.discovery.asking import Source
from crawler.discovery.documents import dates
from crawler.discovery.documents.posts import read_posts
from crawler.discovery.documents.text import RawDocument, UnreadableError
from crawler.discovery.feed import Feed
from crawler.discovery.found import SourceError
from crawler.discovery.listing import Listing
from crawler.discovery.sitemap import Sitemap
from crawler.discovery.wordpress import WordPress
from tests.crawler.discovery.asking import HOME, Crawls, Site

A, B, C = (f"{HOME}/81200{number}/story/" for number in (1, 2, 3))
FEED = Feed(f"{HOME}/feed/")
SITEMAP = Sitemap(f"{HOME}/robots.txt", (f"{HOME}/s.xml",))


def item(url: str) -> str:
    return f"<item><link>{url}</link></item>"


def rss(*urls: str, head: str = "") -> bytes:
    return f"<rss><channel>{head}{''.join(map(item, urls))}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"\xef\xbb\xbf \n\n" + rss(A), [A]),
        (rss(A).decode().encode("utf-16-le"), [A]),
        (rss(A) + b"<br />\n<b>Warning</b>: x", [A]),
        (rss(A) + rss(B), [A, B]),
        (rss(f"{HOME}/?p=812001&amp;amp;utm=1"), [f"{HOME}/?p=812001&utm=1"]),
        (f"<rss><channel/>{item(A)}</rss>".encode(), [A]),
        (f"<rss:rss><rss:item><rss:link>{A}</rss:link></rss:item></rss:rss>".encode(), [A]),
        (f"<rss><channel><item><link>{A}</link><item><link>{B}</link></channel></rss>".encode(), [A, B]),
        (f"<rss><channel><item><link/><enclosure url='{B}'/><guid>{A}</guid></item></channel></rss>".encode(), [A]),
        (f"<feed xml:base='{HOME}/'><entry xml:base='812001/'><link href='story/'/></entry></feed>".encode(), [A]),
        (f"<feed><entry><source><link href='{B}'/></source><link href='{A}'/></entry></feed>".encode(), [A]),
        (
            f"<feed><entry><link rel='http://www.iana.org/assignments/relation/alternate' href='{A}'/></entry></feed>".encode(),
            [A],
        ),
        (json.dumps({"items": [{"id": A}, {"url": "/812002/story/"}]}).encode(), [A, B]),
        (
            f"<feed><entry><link type='application/json' href='{B}'/><link type='text/html' href='{A}'/></entry></feed>".encode(),
            [A],
        ),
        (f"<feed><entry><link type='application/json' href='{B}'/></entry></feed>".encode(), [B]),
        (rss("www.enabbaladi.net/812001/story/", f"https://{B}", f"http:{C}"), [A, B, C]),
        (f"<rss><item><link>&lt;a href='{B}'&gt;x&lt;/a&gt;</link><guid>{A}</guid></item></rss>".encode(), [A]),
    ],
)
def test_a_feed_is_read(body: bytes, named: list[str]) -> None:
    assert Crawls(FEED).crawl(Site({FEED.url: body})) == named


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (f"<urlset xmlns='http://www.google.com/schemas/sitemap/0.84'><url><loc>{A}</loc></url></urlset>", [A]),
        (f"<sm:urlset xmlns:sm='x'><sm:url><sm:loc>{A}</sm:loc></sm:url></sm:urlset>", [A]),
        (f"<sitemapindex><url><loc>{A}</loc></url><url><loc>{B}</loc></url></sitemapindex>", [A, B]),
        (f"<urlset><sitemap><loc>{HOME}/t.xml</loc></sitemap></urlset>", [C]),
        (f"<sitemapindex><sitemap><loc>{HOME}/t.xml</loc></sitemap></sitemapindex>", [C]),
        (f"url\tlastmod\n{A}\t2026-01-01\n{B},2026-01-02\n{C};2026-01", [A, B, C]),
        (f"{A}\r\n{B}\r\n", [A, B]),
        (
            f"<urlset><url><loc>www.enabbaladi.net/812001/story/</loc></url><url><loc>https://http://{B[8:]}</loc></url></urlset>",
            [A, f"http://{B[8:]}"],
        ),
    ],
)
def test_a_sitemap_is_read(body: str, named: list[str]) -> None:
    child = f"<urlset><url><loc>{C}</loc></url></urlset>".encode()
    assert Crawls(SITEMAP).crawl(Site({f"{HOME}/s.xml": body.encode(), f"{HOME}/t.xml": child})) == named


@pytest.mark.parametrize("second", ["s", "t"])
def test_an_index_that_names_itself_is_read_once_and_nothing_is_left(second: str) -> None:
    index = "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>"
    bodies = {
        f"{HOME}/s.xml": index.format(f"{HOME}/{second}.xml").encode(),
        f"{HOME}/t.xml": index.format(f"{HOME}/s.xml").encode(),
    }
    crawls, site = Crawls(SITEMAP), Site(bodies)
    assert crawls.crawl(site) == []
    assert len(site.asked) == len(set(site.asked))
    assert crawls.of("source.bounded") == []


def post(url: str) -> dict[str, Any]:
    return {"id": 1, "link": url, "date_gmt": "2026-11-20T10:00:00", "modified_gmt": "2026-11-20T10:00:00"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (json.dumps({"0": post(A), "2": post(B)}), [A, B]),
        (json.dumps({"posts": [post(A)], "total": 1}), [A]),
        (json.dumps({"success": True, "data": [post(A)]}), [A]),
        (json.dumps(post(A)) + "\n" + json.dumps(post(B)), [A, B]),
        (json.dumps(json.dumps([post(A)])), [A]),
        (f'[{{"link": "{B}", "link": "{A}", "x": NaN, "y": Infinity, "z": -0}}]', [A]),
        ("cb(" + json.dumps([post(A)]) + ");", [A]),
        (")]}',\n" + json.dumps([post(A)]), [A]),
        ("\ufeff" + json.dumps([post(A)]), [A]),
        (json.dumps([{**post(A), "link": "/812001/story/"}]), [A]),
    ],
)
def test_posts_are_read_whatever_the_array_became(text: str, named: list[str]) -> None:
    assert [each.url for each in read_posts(RawDocument(f"{HOME}/x", text.encode())).posts] == named


@pytest.mark.parametrize(
    "text",
    ["{}", "null", "false", '"x"', '{"code": "rest_no_route", "data": {"status": 404}}', '{"code": "x", "data": []}', '{"0": 1}',
     '{"a": [{"x": 1}], "b": [{"x": 1}]}', '{"errors": [{"message": "no"}]}'],
)  # fmt: skip
def test_what_is_no_list_of_posts_is_named(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_posts(RawDocument(f"{HOME}/x", text.encode()))


def test_a_listing_that_a_script_draws_is_read_from_its_linked_data() -> None:
    escaped = B.replace("/", "\\/")
    data = f'{{"@type": "ItemList", "itemListElement": [{{"url": "{A}"}}, {{"item": {{"@id": "{escaped}"}}}}]}}'
    listing = Listing(f"{HOME}/news")
    body = f"<script type='application/ld+json'>{data}</script><div id=app></div>".encode()
    assert Crawls(listing).crawl(Site({listing.first: body})) == [A, B]


LINK = f"<atom:link rel='next' href='{FEED.url}?paged=2'/>"


@pytest.mark.parametrize(
    ("second", "named", "gap"),
    [
        (rss(B, A), [C, B], False),
        (rss(B), [C, B], True),
        (None, [C], True),
        (b"<html>", [C], True),
        (rss(B, head=LINK), [C, B], True),
    ],
    ids=["reaches what was shown", "ends before", "is missing", "is no feed", "names itself"],
)
def test_a_feed_that_is_all_new_is_followed_to_what_it_showed_last(second: bytes | None, named: list[str], *, gap: bool) -> None:
    """RFC 5005: a paged feed states where its older entries are."""
    crawls = Crawls(FEED)
    crawls.crawl(Site({FEED.url: rss(A, head=LINK)}))
    bodies = {FEED.url: rss(C, head=LINK)} | ({f"{FEED.url}?paged=2": second} if second is not None else {})
    assert crawls.crawl(Site(bodies)) == named
    assert bool(crawls.of("source.gap")) is gap
    site = Site(bodies)
    assert crawls.crawl(site) == []
    assert site.asked == [FEED.url], "what follows is asked for only where there is a gap"


@pytest.mark.parametrize("body", [b"<html><body>x</body></html>", b"", b"[]", b"<opml><body/></opml>", b"\x00\x01"])
def test_what_is_no_feed_is_named(body: bytes) -> None:
    with pytest.raises(SourceError):
        Crawls(FEED).crawl(Site({FEED.url: body}))


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        (200, {}, b"<title>Just a moment...</title>", "challenge: cloudflare, is not a "),
        (403, {"cf-mitigated": "challenge"}, b"", "challenge: cloudflare (HTTP 403)"),
        (403, {"Server": "nginx"}, b"", "HTTP 403"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "challenge: aws-waf (HTTP 202)"),
        (200, {}, "<title>أنا لست برنامج روبوت</title>".encode(), "challenge: unknown sender, is not a "),
    ],
)
@pytest.mark.parametrize("source", [FEED, WordPress(f"{HOME}/wp-json/wp/v2/posts")], ids=["feed", "wp-json"])
def test_a_challenge_in_place_of_a_document_is_named(
    source: Source, status: int, headers: dict[str, str], body: bytes, reason: str
) -> None:
    async def walled(request: Request) -> Response:
        return Response(request.url, status=status, headers=headers, body=body)

    with pytest.raises(SourceError) as raised:
        Crawls(source).crawl(walled)
    assert raised.value.reason.startswith(reason.replace("is not a ", "is not "))


NOON = "2026-11-15T10:00:00+03:00"


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("الأحد، 15 نوفمبر 2026 10:00:00 +0300", NOON),
        ("15 تشرين الثاني 2026 10:00", NOON),
        ("١٥ نوفمبر ٢٠٢٦ ١٠:٠٠ ص", NOON),
        ("15 نيسان 2026", "2026-04-15"),
        ("١٥/١١/٢٠٢٦ ١٠:٠٠", NOON),
        ("2026-11-15 10:00 م", "2026-11-15T22:00:00+03:00"),
        ("Nov 15, 2026 10:00 AM", NOON),
        ("Nov 15th, 2026 at 12:00 p.m.", "2026-11-15T12:00:00+03:00"),
        ("Nov 15, 2026 12:05 AM", "2026-11-15T00:05:00+03:00"),
        ("Nov 15, 2026 13:00 PM", None),
        ("Sunday, November 15, 2026", "2026-11-15"),
        ("Sun Nov 15 10:00:00 2026", NOON),
        ("Sun Nov 15 10:00:00 UTC 2026", "2026-11-15T10:00:00+00:00"),
        ("2026/11/15 - 10:00", NOON),
        ("2026\u201111\u201115", "2026-11-15"),
        ("2026-11-15T24:00:00Z", "2026-11-16T00:00:00+00:00"),
        ("2026-11-15T25:00:00Z", None),
        ("1448/06/05", None),
        ("5 جمادى الآخرة 1448", None),
        ("15 رجب 1448 10:00", None),
        ("1763193600", None),
        ("15 Kasım 2026", None),
        ("قبل 3 ساعات", None),
        ("03/04/2026", None),
    ],
)
def test_a_date_is_read_right_or_not_at_all(stated: str, read: str | None) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert dates.published(stated, ZoneInfo("Asia/Damascus"), now) == read
