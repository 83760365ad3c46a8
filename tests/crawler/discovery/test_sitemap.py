"""Sitemaps, good and bad."""

from __future__ import annotations

import gzip

import pytest
from scrapy.http import Response

from crawler.discovery.found import SourceError
from crawler.discovery.sitemap_xml import MAX_LOCS, SitemapEntry, parse

URL = "https://example.org/sitemap.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def response(body: str | bytes) -> Response:
    return Response(URL, body=body.encode() if isinstance(body, str) else body)


def test_news_dates_are_read_and_picture_locs_are_not() -> None:
    """`<news:publication_date>` is nested, and so is `<image:loc>`, which is no page."""
    body = f"""{HEAD} xmlns:news="urn:n" xmlns:image="urn:i"><url><loc> https://example.org/a </loc>
      <news:news><news:publication_date>2026-11-01T10:00:00+03:00</news:publication_date></news:news>
      <image:image><image:loc>https://example.org/a.jpg</image:loc></image:image>
      <lastmod>2026-11-02</lastmod></url></urlset>"""
    content = parse(response(body), 1_000_000)
    assert content.entries == [SitemapEntry("https://example.org/a", "2026-11-02", "2026-11-01T10:00:00+03:00")]
    assert content.whole


def test_a_gzipped_sitemap_is_read() -> None:
    """`.xml.gz` files come without a Content-Encoding."""
    body = gzip.compress(f"{HEAD}><url><loc>https://example.org/a</loc></url></urlset>".encode())
    assert parse(response(body), 1_000_000).entries == [SitemapEntry("https://example.org/a")]


def test_a_gzip_bomb_is_refused_by_name() -> None:
    """The limit holds for what comes out, not for what came in."""
    with pytest.raises(SourceError, match=r"^https://example\.org/sitemap\.xml: cannot be gunzipped"):
        parse(response(gzip.compress(b" " * 2_000_000)), 1_000_000)


def test_a_truncated_sitemap_gives_what_it_has_and_says_so() -> None:
    """Half a sitemap is better than none, but its validators must not be trusted."""
    body = f"{HEAD}><url><loc>https://example.org/a</loc></url><url><loc>https://example.org/b</loc></url><url><loc>https://exa"
    content = parse(response(body), 1_000_000)
    assert [entry.loc for entry in content.entries] == ["https://example.org/a", "https://example.org/b"]
    assert not content.whole


def test_entities_are_refused() -> None:
    """Nested entities make a small file large; a sitemap never needs any."""
    body = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    with pytest.raises(SourceError, match="declares XML entities"):
        parse(response(body), 1_000_000)


def test_more_addresses_than_the_protocol_allows_are_refused() -> None:
    """The limit of sitemaps.org bounds what one file can cost."""
    body = f"{HEAD}>" + "<url><loc>https://example.org/a</loc></url>" * (MAX_LOCS + 1) + "</urlset>"
    with pytest.raises(SourceError, match="more than 50000 addresses"):
        parse(response(body), 10_000_000)


@pytest.mark.parametrize("body", ["<!doctype html><html><body>404</body></html>", "", "not found", "{}"])
def test_what_is_no_sitemap_is_named(body: str) -> None:
    """An error page with status 200 is not an empty sitemap."""
    with pytest.raises(SourceError, match=r"^https://example\.org/sitemap\.xml: is "):
        parse(response(body), 1_000_000)
