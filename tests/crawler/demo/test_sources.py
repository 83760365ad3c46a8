"""The documents in which the miniature's sites name their stories: feeds, sitemaps, wp-json, listings, robots.txt."""

from __future__ import annotations

import gzip
import json
import xml.etree.ElementTree as ET

import pytest

from crawler.demo.answer import encoded
from crawler.demo.running import Running, serve
from infra.world.worlds import World
from tests.crawler.demo.asking import BALADI, ENAB, JAZEERA, ask, follow, jazeera_feed, locs


def test_every_offer_is_really_named_by_its_source(world: World, running: Running) -> None:
    """What `world.offers` says stands in the feeds, sitemaps, REST answers and listings, so expected fates are not wishes."""
    named = {
        ("enab_baladi", "feed"): ask(running, f"{ENAB}/feed/").text,
        ("enab_baladi", "rest"): json.dumps(
            json.loads(ask(running, f"{ENAB}/wp-json/wp/v2/posts?per_page=100").body), ensure_ascii=False
        ),
        ("enab_baladi", "sitemap"): "".join(
            gzip.decompress(ask(running, f"{ENAB}/{name}").body).decode()
            for name in ("post-sitemap.xml.gz", "post-sitemap2.xml.gz")
        ),
        ("enab_baladi", "listing"): "".join(ask(running, f"{ENAB}/archives/category/online/page/{n}").text for n in (1, 2)),
        ("enab_baladi", "category"): ask(running, f"{ENAB}/category-sitemap.xml").text,
        ("al_jazeera", "sitemap"): "".join(ask(running, url).text for url in locs(ask(running, f"{JAZEERA}/sitemap.xml"))),
        ("al_jazeera", "news-sitemap"): ask(running, f"{JAZEERA}/news-sitemap.xml").text,
        ("al_jazeera", "feed"): ask(running, jazeera_feed()).text,
        ("al_jazeera", "listing"): ask(running, f"{JAZEERA}/news/").text,
        ("baladi_news", "home"): ask(running, f"{BALADI}/ar").text,
        ("baladi_news", "listing"): "".join(ask(running, f"{BALADI}/ar/articles?page={n}").text for n in (1, 2, 3)),
        ("baladi_news", "section"): "".join(ask(running, f"{BALADI}/ar/economy?page={n}").text for n in (1, 2)),
    }
    for offer in world.offers:
        if offer.source == "cdx":
            continue
        document = named[offer.outlet, offer.source]
        path = offer.url.partition("://")[2].partition("/")[2]
        short = f"/archives/{path.split('/')[0]}"  # a listing may link by the old address
        assert path in document or encoded(path) in document or short in document, offer


def test_feeds_and_sitemaps_answer_304_to_their_validators(running: Running) -> None:
    """If-None-Match and If-Modified-Since that fit get an empty 304; an ETag that differs wins over a date that fits."""
    for url in (f"{ENAB}/feed/", jazeera_feed(), f"{JAZEERA}/sitemap.xml", f"{JAZEERA}/sitemap.xml?yyyy=2026&mm=11&dd=10",
                f"{ENAB}/sitemap_index.xml", f"{ENAB}/post-sitemap.xml.gz"):  # fmt: skip
        first = ask(running, url)
        etag, changed = first.headers["etag"], first.headers["last-modified"]
        for validator in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
            again = ask(running, url, validator)
            assert (again.status, again.body) == (304, b""), (url, validator)
        assert ask(running, url, {"If-None-Match": '"other"', "If-Modified-Since": changed}).status == 200
        assert ask(running, url, {"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}).status == 200


def test_a_changed_story_changes_the_validators(world: World, running: Running) -> None:
    """After an edit the feed has another ETag and Last-Modified, the page another text, the address stays."""
    before = ask(running, f"{ENAB}/feed/")
    changed = World.miniature()
    url = world.expected["enab_baladi"][1].url
    changed.edit(url, paragraphs=["نص جديد كتبه المحرر بعد الظهر."])
    gone = world.expected["enab_baladi"][2].url
    changed.remove(gone, 410)
    with serve(changed) as later:
        again = ask(later, f"{ENAB}/feed/", {"If-None-Match": before.headers["etag"]})
        assert again.status == 200
        assert again.headers["last-modified"] != before.headers["last-modified"]
        assert "نص جديد كتبه المحرر" in follow(later, url)[1].text
        assert follow(later, gone)[1].status == 410
    assert changed.expected_fate(gone) == "gone"
    assert [article.url for article in changed.expected["enab_baladi"]][1] == url


def test_wordpress_pages_and_filters_its_posts(running: Running) -> None:
    """X-WP-Total counts all, pages end with 400 rest_post_invalid_page_number, after/before/modified_after and _fields hold."""
    posts = f"{ENAB}/wp-json/wp/v2/posts"
    first = ask(running, f"{posts}?per_page=5&_fields=id,link,modified_gmt")
    total, pages = int(first.headers["x-wp-total"]), int(first.headers["x-wp-totalpages"])
    assert pages == -(-total // 5)
    assert all(set(post) == {"id", "link", "modified_gmt"} for post in json.loads(first.body))
    seen = [
        post["id"] for page in range(1, pages + 1) for post in json.loads(ask(running, f"{posts}?per_page=5&page={page}").body)
    ]
    assert len(set(seen)) == total
    past = ask(running, f"{posts}?per_page=5&page={pages + 1}")
    assert (past.status, json.loads(past.body)["code"]) == (400, "rest_post_invalid_page_number")
    assert ask(running, f"{posts}?per_page=101").status == 400
    window = json.loads(ask(running, f"{posts}?after=2017-01-01T00:00:00&before=2020-01-01T00:00:00&order=asc").body)
    assert [post["id"] for post in window] == [149911, 187455, 352611]
    touched = json.loads(ask(running, f"{posts}?modified_after=2026-11-19T15:00:00&orderby=modified").body)
    assert [post["id"] for post in touched] == [812110]


def test_al_jazeeras_day_may_be_padded_or_not_and_lists_pictures(running: Running) -> None:
    """`mm=06` and `mm=6` are the same file; pictures stand among the locs; a day without news is an empty set."""
    padded = ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2022&mm=06&dd=14")
    assert padded.body == ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2022&mm=6&dd=14").body
    assert len(locs(padded)) == 1
    assert any(loc.endswith(".jpg") for loc in locs(ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2026&mm=11&dd=19")))
    assert locs(ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2021&mm=1&dd=1")) == []


def test_one_item_of_enabs_feed_holds_a_raw_ampersand(running: Running) -> None:
    """The feed is not well-formed, as feeds in the field are not; it carries full texts."""
    feed = ask(running, f"{ENAB}/feed/").text
    with pytest.raises(ET.ParseError):
        ET.fromstring(feed)
    assert "قراءة & كتابة" in feed
    assert "<content:encoded>" in feed


def test_robots_forbid_one_offered_story_each(world: World, running: Running) -> None:
    """Enab and Al Jazeera disallow an address that their own documents offer; Baladi has neither feed nor sitemap."""
    assert "Disallow: /810222/" in ask(running, f"{ENAB}/robots.txt").text
    assert "Disallow: /ajamonitor" in ask(running, f"{JAZEERA}/robots.txt").text
    assert world.expected_fates["enab_baladi"]["refused"] == world.expected_fates["al_jazeera"]["refused"] == 1
    assert [ask(running, BALADI + path).status for path in ("/feed", "/sitemap.xml", "/rss")] == [404, 404, 404]
